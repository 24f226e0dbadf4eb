"""Layout of the dispatcher, for the doors."""

from fasterapi._speedups.error_answers cimport ErrorAnswers
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.lookup cimport Lookup
from fasterapi._speedups.plan cimport EndpointPlan


cdef class Dispatcher(Lookup):
    cdef readonly object compatible
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
    cdef ErrorAnswers error_answers
    cdef object handler_of(self, object error)
    cdef object after_start(self, Exchange x, object error)
    cdef bint is_rewritten(self, Exchange x) except -1
    cdef EndpointPlan find_again(self, Exchange x)
    cdef object as_response(self, Exchange x)
    cdef object close(self, Exchange x)
    cdef object shown(self, Exchange x, object response)
