"""Layout shared with plan.pyx: JSON bytes to model instances."""

from cpython.object cimport PyObject


cdef struct Field:
    const char* key          # in JSON, ASCII without escapes
    Py_ssize_t size
    PyObject* name
    PyObject* reader
    int missing              # one of the IF_MISSING_ constants of json_reader.pyx


cdef class Reader:
    cdef int kind            # one of the READS_ constants of json_reader.pyx
    cdef Reader item         # element of a list, value of a dict, inside of a nullable
    cdef dict known          # literal: the texts that are allowed
    cdef object convert      # text: bound `validate_json` of the field alone
    cdef Py_ssize_t least_size, most_size
    cdef long long least, most
    cdef double low, high
    cdef bint is_low_open, is_high_open
    # A model: its class, what is constant of a new instance's dict, and the fields in order.
    cdef object model
    cdef bint skips_unknown
    cdef dict template
    cdef set names
    cdef tuple owned         # keeps alive what `fields` borrows
    cdef Field* fields
    cdef Py_ssize_t count
    cdef unsigned long long every

    cdef object read_bytes(self, bytes data)


cdef object MISMATCH
cdef object read_any(bytes data)
