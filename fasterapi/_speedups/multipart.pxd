"""C interface of multipart.pyx."""

from fasterapi._speedups.chars cimport Text


cdef list multipart_items(
    bytes body, bytes content_type, Py_ssize_t max_files, Py_ssize_t max_fields,
    Py_ssize_t max_part_size,
)
cdef bint has_letters(Text start, Text stop, bytes lower_case) except -1
