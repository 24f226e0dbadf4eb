"""Where the arguments of a call come from; one class for each source."""

from fasterapi._speedups.exchange cimport Exchange

cdef object FAILED


cdef class Argument:
    cdef Py_ssize_t position     # where in the call's argument list the value goes
    cdef object take(self, Exchange x)


cdef class ValidatedArgument(Argument):
    cdef object validate         # bound `validate_python`
    cdef object missing          # function giving the error of a missing value, or None
    cdef object default          # the default, or a function giving it
    cdef bint default_is_constant
    cdef object absent(self, Exchange x)
    cdef object validated(self, Exchange x, object value, tuple location)


cdef int note(Exchange x, object error) except -1
cdef int note_errors(Exchange x, object error, tuple location) except -1
