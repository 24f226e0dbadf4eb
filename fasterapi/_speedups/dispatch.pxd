"""Layout of the dispatcher, for the doors."""

from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.plan cimport EndpointPlan
from fasterapi._speedups.router cimport RouteTrie


cdef class Dispatcher:
    cdef readonly object app
    cdef object version
    cdef object compile
    cdef readonly object compatible
    cdef readonly tuple middleware
    cdef dict exception_handlers
    cdef dict status_handlers
    cdef object server_errors
    cdef object routes
    cdef object collect
    cdef object encoded_response
    cdef object lost_response
    cdef object inner_task
    cdef object guarded_send
    cdef object exit_error
    cdef RouteTrie trie
    cdef object table            # CompiledTable, the rest of what `compile` gave
    cdef object router
    cdef long long compiled_version
    cdef EndpointPlan find_in_scope(self, Exchange x, dict scope)
    cdef EndpointPlan find(self, Exchange x, str path)
    cdef EndpointPlan refusal(self, Exchange x, str path)
    cdef int describe(self, Exchange x, EndpointPlan plan) except -1
    cdef int refresh(self) except -1
    cdef object handler_of(self, object error)
    cdef object after_start(self, Exchange x, object error)
    cdef bint is_rewritten(self, Exchange x) except -1
    cdef EndpointPlan find_again(self, Exchange x)
    cdef object as_response(self, Exchange x)
    cdef object shown(self, Exchange x, object response)
