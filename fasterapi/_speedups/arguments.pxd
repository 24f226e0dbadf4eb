"""Where the arguments of a call come from; one class for each source."""

from fasterapi._speedups.exchange cimport Exchange

cdef object FAILED


cdef class Argument:
    cdef Py_ssize_t position     # where in the call's argument list the value goes
    cdef object take(self, Exchange x)


cdef int note(Exchange x, object error) except -1
cdef int note_errors(Exchange x, object error, tuple location) except -1
