"""Exit stacks of a request, for the dispatcher."""

from fasterapi._speedups.exchange cimport Exchange


cdef int raise_unchanged(object error) except -1
cdef int keep_task(Exchange x, object background) except -1
cdef int drop_tasks(Exchange x, Py_ssize_t kept) except -1
