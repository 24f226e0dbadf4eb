"""Body parameters whose values lie in parsed JSON, shared with plan.pyx."""

from fasterapi._speedups.exchange cimport Exchange

cdef bint holds_json(Exchange x, bint is_embedded) except -1
cdef list take_from_json(Exchange x, tuple body_arguments, list arguments)
cdef bint has_long_number(bytes body) except -1
