"""WebSocket handshakes: what is judged here, before a WebSocket library reads them again.

Request path: http1 -> [here] -> uvicorn's WebSocket protocol class.
"""

cimport cython
from fasterapi._speedups.http_head cimport RequestHead


@cython.final
cdef class HandshakeFault:
    """Why a handshake is refused."""


cdef HandshakeFault fault_of(RequestHead head):
    """Return what is wrong with a handshake whatever library answers it, or None."""
    for name, value in head.headers:
        if name == b"sec-websocket-version" and value != b"13":
            return fault(426, "unsupported WebSocket version")
        # SECURITY: some WebSocket libraries fail on these instead of refusing them.
        if name.startswith(b"sec-websocket-") and not value.isascii():
            return fault(400, "invalid WebSocket handshake")
    return None


cdef HandshakeFault fault(int status, str reason):
    cdef HandshakeFault made = HandshakeFault.__new__(HandshakeFault)
    made.status = status
    made.reason = reason
    return made


cdef bytes encoded_again(RequestHead head, bytes rest):
    """Return the bytes of *head*, and what came behind it."""
    cdef list lines = [head.method.encode("ascii"), b" ", head.raw_path]
    if head.query_string:
        lines += [b"?", head.query_string]
    lines.append(b" HTTP/1.1\r\n")
    for name, value in head.headers:
        lines += [name, b": ", value, b"\r\n"]
    lines += [b"\r\n", rest]
    return b"".join(lines)
