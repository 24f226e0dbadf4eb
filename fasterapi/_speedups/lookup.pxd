"""Layout of the route lookup, for the dispatcher."""

from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.plan cimport EndpointPlan
from fasterapi._speedups.router cimport RouteTrie


cdef class Lookup:
    cdef readonly object app
    cdef dict app_vars               # its attributes
    cdef object version
    cdef object compile
    cdef readonly tuple middleware
    cdef RouteTrie trie
    cdef object table                # CompiledTable, the rest of what `compile` gave
    cdef tuple handlers              # for scope["starlette.exception_handlers"]
    cdef object router               # for scope["router"]
    cdef long long compiled_version
    cdef EndpointPlan find_in_scope(self, Exchange x, dict scope)
    cdef EndpointPlan find(self, Exchange x, str path)
    cdef EndpointPlan refusal(self, Exchange x, str path)
    cdef int describe(self, Exchange x, EndpointPlan plan) except -1
    cdef int describe_inside(self, Exchange x, EndpointPlan plan) except -1
    cdef int describe_inclusion(self, dict scope, dict state) except -1
    cdef int refresh(self) except -1
