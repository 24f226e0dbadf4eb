"""WebSocket handshakes, on their way to uvicorn's class for them."""

from fasterapi._speedups.http_head cimport RequestHead


cdef class HandshakeFault:
    cdef int status
    cdef str reason


cdef class Handshake:
    cdef object transport
    cdef object protocol         # uvicorn's, which gets the connection in the end
    cdef object app              # what the protocol would have called
    cdef object send
    cdef list frames             # that have come before the answer
    cdef Py_ssize_t waiting      # bytes of these
    cdef bint is_answered

    cdef int take(self, bytes data) except -1


cdef HandshakeFault fault_of(RequestHead head)
cdef bytes encoded_again(RequestHead head)
cdef int hand_over(object transport, object protocol, bytes handshake, bytes rest) except -1
