"""Exit stacks of a request, for the dispatcher."""

from fasterapi._speedups.exchange cimport Exchange


cdef int keep_task(Exchange x, object background) except -1
