"""Layout of a parsed request head."""

from fasterapi._speedups.chars cimport Text
from fasterapi._speedups.http_limits cimport Limits


cdef class RequestHead:
    cdef readonly str method
    cdef readonly bytes raw_path         # path of the target as sent
    cdef readonly str path               # decoded
    cdef readonly bytes query_string
    cdef readonly list headers           # (name in lower case, value) pairs
    cdef readonly int minor              # of the version: 0 or 1
    cdef readonly long long content_length   # -1 if there is no such field
    cdef readonly bint is_chunked
    cdef readonly bint wants_close       # Connection: close
    cdef readonly bint has_upgrade       # Connection: upgrade
    cdef readonly list upgrade           # protocols in lower case, or None
    cdef readonly bint expects_continue
    cdef readonly bint is_forwarded      # a field that only a proxy sends
    cdef readonly int status             # of the refusal
    cdef readonly str reason             # of the refusal, for the log and the answer
    cdef bytes authority                 # of an absolute target, which replaces Host
    cdef bytes host
    cdef bytes known_host                # the last one that was right
    cdef int host_count
    cdef int length_count
    cdef int coding_count

    cdef Py_ssize_t parse(self, Text data, Py_ssize_t size, Limits limits) except -2
    cdef int clear(self) except -1
    cdef Py_ssize_t refuse(self, int status, str reason) noexcept
    cdef Py_ssize_t read_line(self, Text start, Py_ssize_t size, Limits limits) except -2
    cdef Py_ssize_t read_version(self, Text at, Text stop) except -2
    cdef Py_ssize_t read_target(self, Text start, Text stop) except -2
    cdef Py_ssize_t read_absolute(self, Text start, Text stop) except -2
    cdef Py_ssize_t set_path(self, Text start, Text stop) except -2
    cdef Py_ssize_t read_fields(self, Text start, Text stop, Limits limits) except -2
    cdef int notice(self, bytes name, bytes value) except -1
    cdef int notice_connection(self, bytes value) except -1
    cdef Py_ssize_t check(self) except -2


cdef list tokens_of(bytes value)
cdef Text value_end(Text at, Text stop) noexcept nogil
