"""Layout shared with encoder.pyx: model instances to JSON bytes."""

from cpython.object cimport PyObject


cdef struct Part:
    const char* start        # comma or brace, key, colon
    Py_ssize_t size
    PyObject* name
    PyObject* writer


cdef struct Buffer:
    char* data
    Py_ssize_t size
    Py_ssize_t room
    bint is_jsonable         # as `jsonable_encoder` and `json.dumps` write it
    bint is_copied           # what is written stands for a copy that `copy.deepcopy` makes


cdef class Writer:
    cdef int kind            # one of the WRITES_ constants of json_writer.pyx
    cdef Writer item         # element of a list, value of a dict, inside of a nullable
    cdef object kind_of      # class that the value must have exactly
    cdef object convert      # other: bound `to_json` of the field alone
    cdef dict known          # enum: members by their address, to JSON
    cdef tuple owned         # keeps alive what `parts` borrows
    cdef Part* parts
    cdef Py_ssize_t count
    cdef Py_ssize_t expected  # bytes that the last answer had

    cdef bytes write_value(self, object value)


cdef int open_buffer(Buffer* out, Py_ssize_t room) except -1
cdef int put(Buffer* out, const char* data, Py_ssize_t size) except -1
cdef bint write(Writer writer, Buffer* out, object value, int depth) except -1
cdef bint write_text(Buffer* out, object text) except -1
cdef bint write_int(Buffer* out, object value) except -1
cdef bint write_float(Buffer* out, double value) except -1
