"""Layout of the encoders, shared with the plan."""

from fasterapi._speedups.jsonable cimport Jsonable


cdef class Encoder:
    cdef int status              # of a normal answer
    cdef bytes media_type
    cdef bytes encode(self, object value)


cdef class ResponseMaker:
    cdef object response_class
    cdef object status           # of the route, or None
    cdef object end              # function (response, injected response)
    cdef Jsonable jsonable
    cdef object validate         # of the response field, or None
    cdef object to_python
    cdef tuple option_names
    cdef list option_values
    cdef object make(self, object value, object background, object injected)
