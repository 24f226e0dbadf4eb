"""HttpProtocol: one connection of HTTP/1, with the contract of uvicorn's protocol classes.

Request path: uvloop -> [here] -> http_head, http_body -> http_exchange -> http_serve -> [here]
-> uvloop.
Reference implementation: uvicorn's HttpToolsProtocol, without the faults that RFC 9112 sees.

One request is answered at a time. What a client sends beyond it stays as unparsed bytes, and
from a certain amount on in its own socket: nothing grows with the number of pipelined requests.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.contextvars cimport PyContext_Copy, PyContext_CopyCurrent
from libc.string cimport memchr

from fasterapi._speedups.chars cimport Text
from fasterapi._speedups.http_body cimport ChunkReader
from fasterapi._speedups.http_connection cimport (
    ANSWERING, CHUNKED_BODY, FIRST_BYTE, HEAD, IDLE, LENGTH_BODY, LINGERING, NEXT_BYTE,
    NO_TIMER, WHOLE_HEAD, Connection,
)
from fasterapi._speedups.http_exchange cimport HttpExchange
from fasterapi._speedups.http_head cimport RequestHead
from fasterapi._speedups.http_host cimport host_of, in_ticks
from fasterapi._speedups.http_handshake cimport (
    HandshakeFault, encoded_again, fault_of, hand_over,
)
from fasterapi._speedups.http_native cimport answer_natively
from fasterapi._speedups.http_serve cimport answer_by_app, answer_by_plan

import asyncio
from contextvars import Context

from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl

cdef enum:
    RETRY_BYTES = 4096       # of a head without an end of line, before it is looked at again
    DROPPED_BODY = 262144    # of an unread body: more is not worth the kept connection

cdef double LAST_CHANCE_S = 0.5
cdef bytes CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


cdef class HttpProtocol(Connection):
    """Protocol class for uvicorn: ``uvicorn main:app --http fasterapi.server:HttpProtocol``.

    Args:
        config: uvicorn's Config; an attribute ``http_limits`` of it holds our limits.
        server_state: uvicorn's ServerState.
        app_state: State of the lifespan, copied into each scope.
        _loop: Event loop; the running one if None.
    """

    def __init__(self, config, server_state, app_state, _loop=None):
        if not config.loaded:
            config.load()
        loop = asyncio.get_running_loop() if _loop is None else _loop
        self.host = host_of(config, server_state, app_state, loop)

    # --- called by the event loop ----------------------------------------------------------

    def connection_made(self, transport):
        """Start with an open connection."""
        if self.host is None:
            raise RuntimeError("HttpProtocol.__init__ was not called")
        self.transport = transport
        self.write = transport.write
        self.server = get_local_addr(transport)
        self.client = get_remote_addr(transport)
        self.is_tls = is_ssl(transport)
        self.scheme = "https" if self.is_tls else "http"
        # The requests get copies, so that none sees the variables of another.
        self.context = Context() if self.host.resets_context else PyContext_CopyCurrent()
        self.mode = HEAD
        self.host.connections.add(self)
        self.host.watch(self)
        self.set_timer(FIRST_BYTE, self.host.limits.header_timeout)

    def connection_lost(self, exc):
        """Let go of everything; the handler learns it from receive, or by being cancelled."""
        cdef HttpExchange x = self.exchange
        self.let_go()
        self.pending = None
        self.resume_writing()
        if x is not None:
            x.lose()
            if x.task is not None and x.is_cancelled_by_disconnect():
                x.task.cancel("client disconnected")

    def data_received(self, bytes data not None):
        """Take what the socket gave."""
        if self.mode >= LINGERING:
            return
        if self.pending is not None:
            self.pending.append(data)
            self.pending_size += len(data)
            if self.is_blocked():
                if self.pending_size > self.host.limits.body_buffer:
                    self.pause()
                return
            # PERF: a head that comes byte by byte is not read again for each of them.
            if memchr(PyBytes_AS_STRING(data), c"\n", len(data)) == NULL and \
                    self.pending_size - self.parsed_size < RETRY_BYTES:
                return
            data = b"".join(self.pending)
            self.pending = None
        self.drive(data)

    def eof_received(self):
        """Return whether to stay open: a client may stop sending and wait for its answer."""
        cdef HttpExchange x = self.exchange
        self.is_at_eof = True
        if self.is_tls or not self.has_work():
            return False
        if x is not None and x.is_cancelled_by_disconnect():
            return False
        self.look_for_life()
        return True

    def pause_writing(self):
        """The client reads more slowly than we write."""
        if self.transport is None:
            return
        self.is_write_paused = True
        self.write_mark = 0
        self.write_deadline = self.host.ticks + in_ticks(self.host.limits.write_timeout)

    def resume_writing(self):
        """There is room again."""
        waiter = self.drain_waiter
        self.is_write_paused = False
        if self.mode < LINGERING:
            self.write_deadline = 0
        self.drain_waiter = None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        if self.mode == HEAD and self.pending is not None and self.transport is not None:
            self.go_on_soon()

    # --- called by uvicorn's server --------------------------------------------------------

    def shutdown(self):
        """Close when the current answer is out; at once if none is due."""
        self.is_stopping = True
        if self.exchange is not None:
            self.exchange.keep_alive = False
        elif self.mode < LINGERING and self.requests and self.pending is None:
            self.close(False)
        elif self.mode == HEAD and not self.is_going_on:
            # Who has just connected, or sent half a head, is about to ask: let it be answered.
            self.set_timer(self.timing, LAST_CHANCE_S)

    def abort(self):
        """Drop the connection: its request does not end."""
        if self.transport is not None:
            self.transport.abort()

    @property
    def current_request(self):
        """The request being answered, as ``"GET /path endpoint"``, or None."""
        cdef HttpExchange x = self.exchange
        if x is None:
            return None
        endpoint = None
        if x.plan is not None:
            endpoint = x.plan.endpoint
        elif x.scope is not None:  # not compiled: the router has named it
            endpoint = x.scope.get("endpoint")
        endpoint = getattr(endpoint, "__qualname__", "")
        return f"{x.method} {x.scope_path!r} {endpoint}".rstrip()

    def go_on(self):
        """Read on in what has come while the last request was being answered."""
        cdef bytes data = b""
        self.is_going_on = False
        if self.mode >= ANSWERING:
            return
        if self.pending is not None:
            data = b"".join(self.pending)
            self.pending = None
        self.unpause()
        self.drive(data)
        if self.is_at_eof and self.mode < LINGERING and not self.has_work():
            self.close(False)  # whatever is there, the rest of it will not come

    # --- reading ---------------------------------------------------------------------------

    cdef int drive(self, bytes data) except -1:
        """Read requests out of *data* and answer them, until one has to wait."""
        cdef Py_ssize_t at = 0
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
        cdef HttpExchange x
        self.is_driving = True
        try:
            while at < size and not self.is_blocked():
                if self.mode == HEAD:
                    at = self.read_head(data, at)
                else:
                    at = self.read_body(data, at)
                if at < 0:
                    break
                x = self.exchange
                if x is not None and not x.is_begun and (at == size or self.mode == ANSWERING):
                    self.dispatch(x)
            if 0 <= at < size and self.mode < LINGERING:
                self.keep(data, at)
        finally:
            self.is_driving = False
            self.flush()
            self.write_held()
        return 0

    cdef bint is_blocked(self) noexcept:
        """Return whether nothing may be read now: an answer comes first, or the client reads."""
        return self.mode >= ANSWERING or self.mode == HEAD and self.is_write_paused

    cdef bint has_work(self) noexcept:
        """Return whether there is a whole request to answer, or there may be one."""
        if self.mode == HEAD:
            return self.is_going_on or self.is_write_paused and self.pending is not None
        return self.mode == ANSWERING

    cdef Py_ssize_t read_head(self, bytes data, Py_ssize_t at) except -2:
        """Read a head; return where its body begins, or -1 if nothing can be done now."""
        cdef RequestHead head = self.host.head
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data) - at
        cdef Py_ssize_t used = head.parse(
            <Text>PyBytes_AS_STRING(data) + at, size, self.host.limits
        )
        if used < 0:
            self.is_head_refused = head.method == "HEAD"
            self.refuse(head.status, head.reason)
            return -1
        if used == 0:
            if self.timing != WHOLE_HEAD:
                self.set_timer(WHOLE_HEAD, self.host.limits.header_timeout)
            self.keep(data, at)
            return -1
        if head.has_upgrade and head.upgrade is not None:
            if b"websocket" in head.upgrade and self.host.websocket_class is not None and \
                    head.method == "GET" and head.content_length <= 0 and not head.is_chunked:
                self.upgrade(head, data, at + used)
                return -1
            self.host.logger.warning("Unsupported upgrade request.")
        self.begin(head)
        return -1 if self.mode >= LINGERING else at + used

    cdef int begin(self, RequestHead head) except -1:
        """Make the exchange of a head, and find out how its body ends."""
        cdef HttpExchange x = HttpExchange.__new__(HttpExchange)
        cdef long long most = self.host.limits.body
        self.deadline = 0
        self.timing = NO_TIMER
        self.requests += 1
        x.link = self
        x.host = self.host
        x.client = self.client
        x.server = self.server
        x.scheme = self.scheme
        x.method = head.method
        x.raw_path = head.raw_path
        x.scope_path = self.host.root_path + head.path if self.host.root_path else head.path
        x.query_string = head.query_string
        x.headers = head.headers
        x.minor = head.minor
        x.is_forwarded = head.is_forwarded
        x.expects_continue = head.expects_continue
        x.keep_alive = not head.wants_close and not self.is_stopping and not (
            0 < self.host.limits.keep_alive_requests <= self.requests
        )
        self.exchange = x
        self.body_size = 0
        self.body_ticks = 0
        if self.host.is_overloaded():
            return self.refuse(503, "Service Unavailable")
        if head.is_chunked:
            self.chunks = ChunkReader(self.host.limits)
            self.mode = CHUNKED_BODY
        elif head.content_length > 0:
            if 0 < most < head.content_length and \
                    0 < self.host.body_limit() < head.content_length:
                return self.refuse(413, "request body too large")
            self.body_left = head.content_length
            self.mode = LENGTH_BODY
        else:
            x.expects_continue = False
            self.end_of_body()
            return 0
        self.set_timer(NEXT_BYTE, self.host.limits.body_timeout)
        return 0

    cdef Py_ssize_t read_body(self, bytes data, Py_ssize_t at) except -2:
        """Read a piece of the body; return where it ends, -1 if it was refused."""
        cdef HttpExchange x = self.exchange
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data) - at
        cdef Py_ssize_t used = 0
        cdef long long most = self.host.limits.body
        cdef bytes piece
        cdef bint is_done
        if self.mode == LENGTH_BODY:
            used = <Py_ssize_t>min(self.body_left, <long long>size)
            piece = data if used == len(data) else data[at:at + used]
            self.body_left -= used
            is_done = self.body_left == 0
        else:
            piece = self.chunks.feed(<Text>PyBytes_AS_STRING(data) + at, size, &used)
            if self.chunks.status:
                self.refuse(self.chunks.status, self.chunks.reason)
                return -1
            is_done = self.chunks.is_done
        self.body_size += len(piece)
        self.deadline = self.host.ticks + in_ticks(self.host.limits.body_timeout)
        if 0 < most < self.body_size and 0 < self.host.body_limit() < self.body_size:
            self.refuse(413, "request body too large")
            return -1
        if x is not None and not x.is_finished:
            x.expects_continue = False
            if piece:
                x.take_piece(piece)
            if x.waiting > self.host.limits.body_buffer and not is_done:
                self.pause()
        elif self.body_size > DROPPED_BODY and not is_done:
            self.close(True)
            return -1
        if is_done:
            self.end_of_body()
        return at + used

    cdef int end_of_body(self) except -1:
        """Go on with the answer; with the next request if that was given already."""
        cdef HttpExchange x = self.exchange
        self.chunks = None
        self.deadline = 0
        self.timing = NO_TIMER
        if x is None:
            self.mode = HEAD
            self.set_timer(IDLE, self.host.keep_alive_s)
            return 0
        self.mode = ANSWERING
        if not x.is_begun:
            # It has come whole before anybody asked for it.
            x.body = b"" if x.chunks is None else b"".join(x.chunks)
            x.chunks = None
            x.waiting = 0
        return x.end_body()

    cdef int dispatch(self, HttpExchange x) except -1:
        """Start the handler; a compiled route needs nothing but the exchange."""
        cdef object coroutine = None
        x.is_begun = True
        x.dispatcher = self.host.door()
        if x.dispatcher is not None and x.raw_path[0] == c"/":
            x.plan = x.dispatcher.find(
                x, x.scope_path[len(self.host.root_path):] if self.host.root_path
                else x.scope_path
            )
        if x.plan is not None and x.plan.native is not None and answer_natively(x):
            return 0
        coroutine = answer_by_app(x) if x.plan is None else answer_by_plan(x)
        task = self.host.start(coroutine, PyContext_Copy(self.context))
        if not x.is_over:
            x.task = task
            self.host.tasks.add(task)
            task.add_done_callback(self.host.tasks.discard)
        return 0

    cdef int keep(self, bytes data, Py_ssize_t at) except -1:
        """Put what cannot be read now aside."""
        cdef bytes rest = data[at:] if at else data
        self.pending = [rest]
        self.pending_size = self.parsed_size = len(rest)
        if self.is_blocked() and self.pending_size > self.host.limits.body_buffer:
            self.pause()
        return 0

    # --- called by the exchange ------------------------------------------------------------

    cdef int want_body(self, HttpExchange x) except -1:
        if x.is_read:
            return 0
        if x.expects_continue and not x.has_head:
            x.expects_continue = False
            self.put(CONTINUE)
        return self.unpause()

    cdef bint will_close(self, HttpExchange x) except -1:
        # A client that waits for "100 Continue" may send the body or not: nobody can tell
        # where its next request begins (RFC 9110 section 10.1.1).
        return x.expects_continue or self.mode == LENGTH_BODY and self.body_left > DROPPED_BODY

    cdef int finished(self, HttpExchange x) except -1:
        self.host.count()
        if self.exchange is not x:
            return 0
        self.exchange = None
        if not x.keep_alive or self.is_stopping:
            return self.close(self.mode != ANSWERING or self.pending is not None)
        if self.mode == ANSWERING:
            self.mode = HEAD
            self.set_timer(IDLE, self.host.keep_alive_s)
        else:
            self.body_size = 0  # of what is dropped from now on
        # While requests are read on the stack, `drive` itself goes on; but not with reading.
        if self.is_read_paused or not self.is_driving and (
            self.pending is not None or self.is_at_eof
        ):
            self.go_on_soon()
        return 0

    # --- WebSockets ------------------------------------------------------------------------

    cdef int upgrade(self, RequestHead head, bytes data, Py_ssize_t at) except -1:
        """Hand the connection to uvicorn's WebSocket class, which reads the head again."""
        cdef object transport = self.transport
        cdef HandshakeFault fault = fault_of(head)
        if fault is not None:
            return self.refuse(fault.status, fault.reason)
        self.flush()
        self.let_go()
        protocol = self.host.websocket_class(
            config=self.host.config,
            server_state=self.host.server_state,
            app_state=self.host.app_state,
        )
        hand_over(transport, protocol, encoded_again(head), data[at:])
        return 0
