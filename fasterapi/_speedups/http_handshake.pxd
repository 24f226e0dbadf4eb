"""WebSocket handshakes, on their way to uvicorn's class for them."""

from fasterapi._speedups.http_head cimport RequestHead


cdef class HandshakeFault:
    cdef int status
    cdef str reason


cdef HandshakeFault fault_of(RequestHead head)
cdef bytes encoded_again(RequestHead head, bytes rest)
