"""Layout shared with plan.pyx: how a handler's value becomes JSON bytes."""

from cpython.object cimport PyObject


cdef class Shape:
    cdef int kind            # one of the KIND_ constants of body.pyx
    cdef Shape item          # element of a list, value of a dict, inside of a nullable
    cdef tuple names         # model: field names in their order
    cdef tuple fields        # model: a Shape for each name
    cdef object model        # model: the pydantic class


cdef bint fits(Shape shape, object value, int depth) except -1
cdef bint is_json_native(object value, int depth) except -1
cdef bytes encode_fitting(Shape shape, object value)
cdef bytes encode_native(object value)
cdef bint is_sqlalchemy_key(PyObject* key) noexcept
cdef bint is_lasting(object value, int depth) except -1
