"""Shared with encoder.pyx: values without a response model to JSON bytes."""

from fasterapi._speedups.json_writer cimport Writer


cdef class Kind:
    cdef int kind            # one of the KIND_ constants of jsonable.pyx
    cdef object encoder      # what the table of encoders must have for the class
    cdef tuple names         # dataclass: the fields
    cdef Writer writer       # model: writes an instance, or None
    cdef object serializer   # model: the class's own


cdef class Options:
    cdef object rest         # for Python
    cdef bint exclude_none
    cdef bint sqlalchemy_safe


cdef class Jsonable:
    cdef dict encoders       # type -> encoder, which programs may change
    cdef dict kinds          # class -> Kind, as far as they have been met
    cdef object describe
    cdef object encode_other
    cdef Options defaults

    cdef bytes write_value(self, object value)
    cdef object encode_value(self, object value)
    cdef Kind kind_of(self, object cls)
