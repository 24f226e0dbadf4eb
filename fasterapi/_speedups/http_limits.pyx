"""Limits of the HTTP door: how much of what a client may send, and how slowly.

Request path: server options -> [here] -> http_head, http_body, http1.
"""

cimport cython


@cython.final
cdef class Limits:
    """Bounds of one server; every one of them holds however the bytes are split.

    Args:
        request_line: Bytes of the request line; over it 414.
        header_block: Bytes of all header lines, trailers counted apart; over it 431.
        header_field: Bytes of one value; over it 431.
        header_count: Number of header lines; over it 431.
        chunk_line: Bytes of a chunk's first line; over it 400.
        chunk_extensions: Bytes of all chunk extensions of a body; over it 400.
        body: Bytes of a request body after chunked decoding; over it 413. 0 is no limit.
        header_timeout: Seconds from the first byte to the end of the head; over it 408.
        body_timeout: Seconds without a byte of an awaited body; over it 408.
        body_rate: Bytes a second that a body must come with after ten seconds; else 408.
        write_timeout: Seconds without progress of a client that reads; over it the
            connection is dropped.
        body_buffer: Bytes of unread body and pipelined requests that are kept before
            reading from the socket stops.
        connections: Open connections of this process; over it 503. 0 is no limit.
        keep_alive_requests: Requests on one connection before it is closed. 0 is no limit.
        cancel_on_disconnect: Whether a handler is cancelled when its client goes away.

    Raises:
        ValueError: A bound is negative, or too small to serve anything.

    Source: RFC 9112 sections 3 (request lines of 8000 bytes) and 7.1.1, RFC 9110 section 5.4.
    """

    def __init__(self, *, Py_ssize_t request_line=8192, Py_ssize_t header_block=32768,
                 Py_ssize_t header_field=8192, Py_ssize_t header_count=100,
                 Py_ssize_t chunk_line=256, Py_ssize_t chunk_extensions=16384,
                 long long body=10 * 1024 * 1024, double header_timeout=10.0,
                 double body_timeout=30.0, double body_rate=500.0, double write_timeout=60.0,
                 Py_ssize_t body_buffer=65536, Py_ssize_t connections=10_000,
                 Py_ssize_t keep_alive_requests=0, bint cancel_on_disconnect=False):
        self.request_line = at_least("request_line", request_line, 16)
        self.header_block = at_least("header_block", header_block, 16)
        self.header_field = at_least("header_field", header_field, 16)
        self.header_count = at_least("header_count", header_count, 1)
        self.chunk_line = at_least("chunk_line", chunk_line, 16)
        self.chunk_extensions = at_least("chunk_extensions", chunk_extensions, 0)
        self.body = at_least("body", body, 0)
        self.header_timeout = positive("header_timeout", header_timeout)
        self.body_timeout = positive("body_timeout", body_timeout)
        self.body_rate = body_rate
        self.write_timeout = positive("write_timeout", write_timeout)
        self.body_buffer = at_least("body_buffer", body_buffer, 1024)
        self.connections = at_least("connections", connections, 0)
        self.keep_alive_requests = at_least("keep_alive_requests", keep_alive_requests, 0)
        self.cancel_on_disconnect = cancel_on_disconnect


cdef long long at_least(str name, long long value, long long least) except -1:
    """Return *value*, which may not be below *least*."""
    if value < least:
        raise ValueError(f"{name} must be {least} or more, got {value}")
    return value


cdef double positive(str name, double value) except -1:
    """Return *value*, a number of seconds above 0."""
    if not value > 0:
        raise ValueError(f"{name} must be more than 0 seconds, got {value}")
    return value
