"""Layout of the protocol class."""

from fasterapi._speedups.http_body cimport ChunkReader
from fasterapi._speedups.http_connection cimport Connection
from fasterapi._speedups.http_exchange cimport HttpExchange
from fasterapi._speedups.http_head cimport RequestHead


cdef class HttpProtocol(Connection):
    cdef object context          # copied for each request
    cdef list pending            # bytes read, not yet parsed
    cdef Py_ssize_t pending_size
    cdef Py_ssize_t parsed_size  # of these when a head was last tried
    cdef ChunkReader chunks      # of a chunked body
    cdef long long body_left     # of a body with a length
    cdef long long requests      # so far

    cdef int drive(self, bytes data) except -1
    cdef bint is_blocked(self) noexcept
    cdef bint has_work(self) noexcept
    cdef Py_ssize_t read_head(self, bytes data, Py_ssize_t at) except -2
    cdef int begin(self, RequestHead head) except -1
    cdef Py_ssize_t read_body(self, bytes data, Py_ssize_t at) except -2
    cdef int end_of_body(self) except -1
    cdef int dispatch(self, HttpExchange x) except -1
    cdef int keep(self, bytes data, Py_ssize_t at) except -1
    cdef int upgrade(self, RequestHead head, bytes data, Py_ssize_t at) except -1
