"""C interface of head.pyx."""


cdef class FieldLines:
    cdef bytes text         # "name: value\r\n" for each field, checked when it was made


cdef bytes encode(
    Py_ssize_t status,
    list fields,
    FieldLines common,
    FieldLines own,
    Py_ssize_t length_bytes,
    bytes body,
)
cdef bytes encode_answer(
    Py_ssize_t status, FieldLines common, bytes media_type, bytes payload
)
cdef int check(list fields) except -1
cdef bytes decimal(Py_ssize_t number)
