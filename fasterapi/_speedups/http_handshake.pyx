"""WebSocket handshakes: what is judged here, before a WebSocket library reads them again.

Request path: http1 -> [here] -> uvicorn's WebSocket protocol class.
"""

cimport cython
from fasterapi._speedups.http_head cimport RequestHead

from asyncio import get_running_loop

cdef enum:
    MOST_WAITING = 65536     # bytes of frames that have come too early


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


cdef bytes encoded_again(RequestHead head):
    """Return the bytes of *head*, in which of several protocols the chosen one is left."""
    cdef list lines = [head.method.encode("ascii"), b" ", head.raw_path]
    cdef bint is_chosen = False
    if head.query_string:
        lines += [b"?", head.query_string]
    lines.append(b" HTTP/1.1\r\n")
    for name, value in head.headers:
        if name == b"upgrade":
            if is_chosen:
                continue
            is_chosen = True  # where the first one stood: programs see the order of fields
            if value.lower() != b"websocket":
                value = b"websocket"
        lines += [name, b": ", value, b"\r\n"]
    lines.append(b"\r\n")
    return b"".join(lines)


cdef int hand_over(object transport, object protocol, bytes handshake, bytes rest) except -1:
    """Give a connection to a WebSocket protocol; *rest* came behind the handshake."""
    cdef Handshake waiting
    app = getattr(protocol, "app", None)
    protocol.connection_made(transport)
    if app is None:  # not one of uvicorn's classes
        protocol.data_received(handshake + rest)
        transport.set_protocol(protocol)
        return 0
    waiting = Handshake.__new__(Handshake)
    waiting.transport = transport
    waiting.protocol = protocol
    waiting.app = app
    waiting.frames = []
    protocol.app = waiting
    transport.set_protocol(waiting)
    protocol.data_received(handshake)
    if rest:
        waiting.take(rest)
    return 0


@cython.final
cdef class Handshake:
    """A connection whose handshake the application has not answered: frames wait for that.

    uvicorn's classes would read them at once, and write a pong or a close frame before the
    answer that makes the connection one of WebSockets (RFC 6455 section 4.2.2).
    """

    def __call__(self, scope, receive, send):
        """Call the application, in whose place this object stands."""
        self.send = send
        return self.app(scope, receive, self.send_message)

    def send_message(self, message):
        """ASGI send of the application."""
        return self.send(message) if self.is_answered else self.answer(message)

    async def answer(self, message):
        """Send the first message; after `websocket.accept` the frames may come."""
        await self.send(message)
        if message["type"] == "websocket.accept" and not self.is_answered:
            self.is_answered = True
            get_running_loop().call_soon(self.hand_on)

    def hand_on(self):
        """Leave the connection to the WebSocket class, and what has come meanwhile."""
        transport, protocol = self.transport, self.protocol
        if transport is None or transport.is_closing():
            return
        self.transport = self.protocol = None
        transport.set_protocol(protocol)
        if self.waiting > MOST_WAITING:
            transport.resume_reading()
        if self.frames:
            protocol.data_received(b"".join(self.frames))
            self.frames = None

    def data_received(self, bytes data not None):
        """Keep frames that come too early; who sends many has to wait."""
        self.take(data)

    cdef int take(self, bytes data) except -1:
        cdef bint had_room = self.waiting <= MOST_WAITING
        self.frames.append(data)
        self.waiting += len(data)
        if had_room and self.waiting > MOST_WAITING:
            self.transport.pause_reading()
        return 0

    def connection_lost(self, exc):
        """Tell the WebSocket class, which is the one that knows what to do."""
        protocol = self.protocol
        self.transport = self.protocol = None
        protocol.connection_lost(exc)

    def eof_received(self):
        """Return what the WebSocket class does."""
        return self.protocol.eof_received()

    def pause_writing(self):
        """Hand on that the client reads slowly."""
        self.protocol.pause_writing()

    def resume_writing(self):
        """Hand on that there is room again."""
        self.protocol.resume_writing()
