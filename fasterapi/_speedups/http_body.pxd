"""Layout of the reader of chunked bodies."""

from fasterapi._speedups.chars cimport Text
from fasterapi._speedups.http_limits cimport Limits


cdef class ChunkReader:
    cdef int state
    cdef long long left          # bytes of the current chunk that are still to come
    cdef Py_ssize_t line         # bytes of the current chunk line or trailer field
    cdef Py_ssize_t extensions   # bytes of all extensions so far
    cdef Py_ssize_t trailers     # bytes of all trailers so far
    cdef Py_ssize_t fields       # number of trailers so far
    cdef bytearray name          # beginning of the current trailer's name, in lower case
    cdef readonly bint is_done
    cdef readonly int status     # of the refusal
    cdef readonly str reason
    cdef Limits limits

    cdef bytes feed(self, Text data, Py_ssize_t size, Py_ssize_t* used)
    cdef int step(self, unsigned char c) except -1
    cdef int step_size(self, unsigned char c) except -1
    cdef int end_item(self, unsigned char c, str reason) except -1
    cdef int step_extension(self, unsigned char c) except -1
    cdef int step_trailer(self, unsigned char c) except -1
    cdef int step_name(self, unsigned char c) except -1
    cdef int count_trailer(self) except -1
    cdef int refuse(self, int status, str reason) noexcept
