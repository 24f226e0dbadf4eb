"""Layout of a request's trip to a worker thread, shared with the plan."""

from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.plan cimport EndpointPlan, Step
from fasterapi._speedups.threads cimport Job


cdef class Hop(Job):
    cdef EndpointPlan plan
    cdef Exchange x
    cdef Step step               # what is called next
    cdef list arguments          # its arguments
    cdef Py_ssize_t index        # of the first step that is still to do
    cdef bint has_value          # the endpoint has returned `value`
    cdef bint is_answered        # and the answer is in the exchange
    cdef bint is_invalid         # the endpoint must not be called: there are errors
    cdef object value
    cdef bint find_step(self) except -1
    cdef bint find_endpoint(self) except -1
    cdef int call_step(self) except -1


cdef Hop make_hop(EndpointPlan plan, Exchange x, Py_ssize_t index, Step step, list arguments)
cdef object cross(Hop hop)
