"""Layout of the HTTP door's limits, read on every request."""


cdef class Limits:
    cdef readonly Py_ssize_t request_line
    cdef readonly Py_ssize_t header_block
    cdef readonly Py_ssize_t header_field
    cdef readonly Py_ssize_t header_count
    cdef readonly Py_ssize_t chunk_line
    cdef readonly Py_ssize_t chunk_extensions
    cdef readonly long long body
    cdef readonly double header_timeout
    cdef readonly double body_timeout
    cdef readonly double body_rate
    cdef readonly double write_timeout
    cdef readonly Py_ssize_t body_buffer
    cdef readonly Py_ssize_t connections
    cdef readonly Py_ssize_t keep_alive_requests
    cdef readonly bint cancel_on_disconnect
