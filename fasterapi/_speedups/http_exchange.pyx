"""HttpExchange: one request of the HTTP door, its body as it comes and its answer as bytes.

Request path: http1 (head, body) -> [here] -> plan, or an ASGI application -> [here] -> http1.
Reference implementation: uvicorn's RequestResponseCycle.

The ASGI scope, `receive` and `send` are made when somebody asks; a compiled route that
answers with plain data never does.
"""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from fasterapi._speedups.chars cimport same_letters
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.head cimport check as check_fields
from fasterapi._speedups.head cimport FieldLines, encode, encode_answer
from fasterapi._speedups.http_authority cimport length_of
from fasterapi._speedups.http_head cimport tokens_of
from fasterapi._speedups.http_host cimport Watched
from fasterapi._speedups.http_log cimport log_request
from fasterapi._speedups.http_ready cimport NOTHING, ready

from asyncio import sleep

cdef enum:
    UNFRAMED = 0       # neither Content-Length nor Transfer-Encoding given
    BY_LENGTH = 1
    BY_CHUNKS = 2
    BY_CLOSE = 3       # HTTP/1.0 without a length
    LAST_PROBE = 2048  # looks: ten zeros in eight minutes
    FAIR_BYTES = 262144    # of a stream that need not wait, before others have their turn
    MESSAGE_COST = 512     # what a message counts beside its bytes
    RESET_CONTENT = 205    # a status
    COPIED_BYTES = 65536   # a larger body is written beside its head, not copied behind it

cdef dict DISCONNECT = {"type": "http.disconnect"}
cdef tuple CHUNKED_FIELD = (b"transfer-encoding", b"chunked")
cdef tuple VERSIONS = ("1.0", "1.1")
# RFC 9110 section 6.5.1: what frames, routes or authenticates a message.
cdef frozenset NO_TRAILERS = frozenset([
    b"content-length", b"transfer-encoding", b"trailer", b"connection", b"host", b"content-type",
    b"content-encoding", b"content-range", b"set-cookie", b"location", b"www-authenticate",
])


cdef class Link(Watched):
    """A connection, as exchanges see it."""

    cdef int put(self, object data) except -1:
        """Write *data*, at once or with what else this turn of the loop writes."""
        raise NotImplementedError

    cdef int hold(self, HttpExchange x) except -1:
        """Have the head of *x* written soon, unless its first body comes before."""
        raise NotImplementedError

    cdef object drained(self):
        """Return a future that is done when the client has read enough."""
        raise NotImplementedError

    cdef int want_body(self, HttpExchange x) except -1:
        """Read on: the app waits for the body."""
        raise NotImplementedError

    cdef bint will_close(self, HttpExchange x) except -1:
        """Return whether an unread body keeps the connection from going on."""
        raise NotImplementedError

    cdef int finished(self, HttpExchange x) except -1:
        """Go on to the next request: all of the answer was put."""
        raise NotImplementedError

    cdef int broken(self) except -1:
        """Close: the answer cannot be completed."""
        raise NotImplementedError


@cython.final
cdef class HttpExchange(Exchange):
    """One request that came by our own HTTP door."""

    cdef dict get_scope(self):
        cdef dict scope
        if self.scope is not None:
            return self.scope
        self.open()
        root = self.host.root_path
        self.scope = scope = {
            "type": "http",
            "asgi": {"version": self.host.asgi_version, "spec_version": "2.3"},
            "http_version": VERSIONS[self.minor],
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": root,
            "headers": self.headers,
            "state": self.host.app_state.copy(),
            "method": self.method,
            "path": self.scope_path,
            "raw_path": root.encode("ascii") + self.raw_path if root else self.raw_path,
            "query_string": self.query_string,
            "extensions": {"http.response.early_hint": {}, "http.response.trailers": {}},
        }
        if self.plan is not None:
            if self.is_forwarded and self.host.proxy is not None:
                self.host.forwarded(scope)
            scope["app"] = self.host.own_app
            self.dispatcher.describe(self, self.plan)
        return scope

    cdef int open(self) except -1:
        """Make the ASGI callables; `finish` drops them, for they refer back to this object."""
        if self.receive is None:
            self.receive = self.receive_message
            self.send = self.send_message
        return 0

    # --- the request's body ----------------------------------------------------------------

    cdef int take_piece(self, bytes piece) except -1:
        """Add a piece of the body that has come."""
        if self.chunks is None:
            self.chunks = []
        self.chunks.append(piece)
        self.waiting += len(piece)
        return self.wake()

    cdef int end_body(self) except -1:
        """Note that the body is complete."""
        self.is_read = True
        return self.wake()

    cdef int lose(self) except -1:
        """Note that the client is gone; what is sent from now on is dropped."""
        self.is_gone = True
        self.link = None
        return self.wake()

    cdef int wake(self) except -1:
        """Let everybody look again who waits for a message."""
        cdef list waiters = self.waiters
        if waiters is not None:
            self.waiters = None
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)
        return 0

    def receive_message(self):
        """ASGI receive: the next piece of the body, or the news that the client is gone."""
        message = self.take_message()
        return self.receive_later() if message is None else ready(message)

    async def receive_later(self):
        """Wait for a message."""
        while True:
            message = self.take_message()
            if message is not None:
                return message
            if self.link is None:
                return DISCONNECT.copy()
            self.link.want_body(self)
            waiter = self.host.loop.create_future()
            if self.waiters is None:
                self.waiters = []
            self.waiters.append(waiter)
            try:
                await waiter
            except BaseException:
                if self.waiters is not None and waiter in self.waiters:
                    self.waiters.remove(waiter)
                raise

    cdef dict take_message(self):
        """Return the next message, None if it has not come yet."""
        if self.is_finished or self.is_gone and not self.is_read or self.is_received:
            return DISCONNECT.copy() if (
                self.is_finished or self.is_gone or self.link is None
            ) else None
        if not self.is_read and not self.chunks:
            return None
        if self.body is not None:
            body = self.body
        else:
            body = b"".join(self.chunks) if self.chunks else b""
        self.chunks = None
        self.waiting = 0
        self.is_received = self.is_read
        if not self.is_read and self.link is not None:
            self.link.want_body(self)
        return {"type": "http.request", "body": body, "more_body": not self.is_read}

    # --- the answer ------------------------------------------------------------------------

    def send_message(self, message):
        """ASGI send; what must wait for nothing is done when this returns."""
        if self.link is None or self.link.is_write_paused:
            return self.send_later(message)
        self.send_now(message)
        if self.streak > FAIR_BYTES:
            # Also the news that the client is gone takes a turn of the loop.
            self.streak = 0
            return sleep(0)
        return NOTHING

    async def send_later(self, message):
        """Wait while the client reads too slowly, then send."""
        while self.link is not None and self.link.is_write_paused:
            self.streak = 0
            await self.link.drained()
        if self.link is None and not self.is_finished:
            # SECURITY: a stream that waits for nothing else would hold the loop for good, and
            # keep whoever listens for the disconnect from ending it.
            await sleep(0)
            return
        self.send_now(message)

    cdef int send_now(self, object message) except -1:
        """Do what *message* asks for; the connection takes it."""
        kind = message["type"]
        self.silence = 0
        if self.is_finished:
            raise RuntimeError(
                f"Unexpected ASGI message {kind!r} sent, after response already completed."
            )
        if kind == "http.response.early_hint" and not self.has_head:
            return self.write_hint(message.get("links", ()))
        if not self.has_head:
            if kind != "http.response.start":
                raise RuntimeError(
                    f"Expected ASGI message 'http.response.start', but got {kind!r}."
                )
            self.begin(message["status"], message.get("headers", ()))
            if message.get("trailers", False):
                self.trailers = []
            return self.link.hold(self)
        if self.is_body_out:
            return self.take_trailers(kind, message)
        if kind != "http.response.body":
            raise RuntimeError(
                f"Expected ASGI message 'http.response.body', but got {kind!r}."
            )
        body = message.get("body") or b""
        self.write_body(body, message.get("more_body", False))
        self.streak += len(body) + MESSAGE_COST
        return 0

    cdef bint is_cancelled_by_disconnect(self) except -1:
        """Return whether the handler is not wanted any more when the client has gone.

        The route says it, else the application, else the server's option.
        """
        app, route = self.host.own_app, None
        if self.plan is not None:
            route = self.plan.original
        elif self.scope is not None:  # not compiled: the router has named it
            app, route = self.scope.get("app"), self.scope.get("route")
        for owner in (route, app):
            said = getattr(owner, "cancel_on_disconnect", None)
            if said is not None:
                return said is True
        return self.host.limits.cancel_on_disconnect

    cdef int begin(self, int status, object headers) except -1:
        """Set status and fields; raise, before anything was written, if they cannot be sent."""
        cdef list fields = headers if type(headers) is list else list(headers)
        if not 200 <= status <= 999:
            raise ValueError(f"status must be 200 to 999, got {status}")
        check_fields(fields)
        self.head = fields
        self.notice_fields(status)
        self.status = status
        self.has_head = True
        self.started = True
        return 0

    cdef int notice_fields(self, int status) except -1:
        """Read framing and Connection out of the app's fields (RFC 9112 section 6)."""
        cdef bytes name
        cdef bytes value
        cdef Py_ssize_t size
        cdef bint has_length = False
        cdef bint is_chunked = False
        cdef bint has_other_coding = False
        self.is_bodiless = status == 204 or status == 304 or self.method == "HEAD"
        for field in self.head:
            name = as_bytes(field[0])
            size = PyBytes_GET_SIZE(name)
            if size == 14 and same_letters(name, b"content-length", size):
                value = as_bytes(field[1]).strip(b" \t")
                self.left = length_of(value)
                if self.left < 0 or has_length:
                    if has_length or not value.isdigit():
                        raise ValueError(f"Content-Length must be one number, got {field[1]!r}")
                    self.left = int(value)
                has_length = True
            elif size == 17 and same_letters(name, b"transfer-encoding", size):
                is_chunked = as_bytes(field[1]).lower() == b"chunked"
                has_other_coding |= not is_chunked
            elif size == 10 and same_letters(name, b"connection", size):
                if b"close" in tokens_of(as_bytes(field[1])):
                    self.keep_alive = False
                    self.says_close = True
        if has_other_coding or is_chunked and (
            has_length or self.minor == 0 or self.is_bodiless
        ):
            # Never both (section 6.2), no chunks for clients of HTTP/1.0, no other coding.
            self.head = without(self.head, b"transfer-encoding")
        elif is_chunked:
            self.framing = BY_CHUNKS
        if has_length and (status == 204 or status == RESET_CONTENT):
            self.head = without(self.head, b"content-length")
        elif has_length:
            self.framing = BY_LENGTH
        return 0

    cdef FieldLines common_lines(self):
        """Return the server's own fields for the head that goes out now, and log it."""
        if self.host.access_logger is not None:
            self.log()
        self.host.refresh_lines()
        self.is_head_out = True
        if not self.is_read and self.link.will_close(self):
            self.keep_alive = False
        if not self.keep_alive and not self.says_close:
            return self.host.closing_lines
        return self.host.lines

    cdef bytes head_bytes(self, long long length, bytes body):
        """Return the encoded head, with a Content-Length unless *length* is -1."""
        return encode(self.status, self.head, self.common_lines(), None, length, body)

    cdef int write_head(self) except -1:
        """Write the head alone, before it is known how long the body will be."""
        if not self.has_head or self.is_head_out or self.link is None:
            return 0
        if self.framing == UNFRAMED and not self.is_bodiless:
            if self.minor == 1:
                self.framing = BY_CHUNKS
                self.head = [*self.head, CHUNKED_FIELD]
            else:
                self.framing = BY_CLOSE
                self.keep_alive = False
        return self.link.put(self.head_bytes(-1, None))

    cdef int write_body(self, object given, bint has_more) except -1:
        """Write a piece of the body; the last one ends the answer."""
        cdef bytes body = as_bytes(given)
        if not has_more and self.trailers is not None and not self.is_body_out:
            if self.framing == BY_LENGTH and len(body) != self.left and not self.is_bodiless:
                raise RuntimeError("Response content does not have its Content-Length")
            self.is_body_out = True
            return self.write_body(body, True)
        if self.is_bodiless:
            if body and self.method != "HEAD" and not self.is_head_out:
                self.host.logger.warning(
                    "body dropped, status %d has none, %s %s",
                    self.status, self.method, self.scope_path,
                )
            if self.framing == UNFRAMED and not has_more and self.method == "HEAD" and body:
                self.link.put(self.head_bytes(len(body), None))
            else:
                self.write_head()
        else:
            if self.status == RESET_CONTENT:
                body = b""  # RFC 9110 section 15.3.6: it has a length, which is 0
            if self.framing == BY_LENGTH:
                if len(body) > self.left:
                    raise RuntimeError("Response content longer than Content-Length")
                if not has_more and len(body) < self.left:
                    raise RuntimeError("Response content shorter than Content-Length")
                self.left -= len(body)
            if self.is_head_out:
                self.write_piece(body, has_more)
            else:
                self.write_first(body, has_more)
        return 0 if has_more else self.finish()

    cdef int take_trailers(self, str kind, object message) except -1:
        """Add trailers; write the last ones, which end the answer, where there are chunks.

        Elsewhere they are dropped, as RFC 9110 section 6.5.1 has it.
        """
        if kind != "http.response.trailers":
            raise RuntimeError(
                f"Expected ASGI message 'http.response.trailers', but got {kind!r}."
            )
        self.trailers += trailer_lines(list(message.get("headers", ())))
        if message.get("more_trailers", False):
            return 0
        self.write_head()
        if self.framing == BY_CHUNKS:
            self.link.put(b"0\r\n%b\r\n" % b"".join(self.trailers))
        return self.finish()

    cdef int write_first(self, bytes body, bint has_more) except -1:
        """Write the head and the first piece."""
        cdef long long length = -1
        if self.framing == UNFRAMED and not has_more:
            length = len(body)
            self.framing = BY_LENGTH
        if self.framing == BY_LENGTH and len(body) <= COPIED_BYTES:
            return self.link.put(self.head_bytes(length, body))
        if length >= 0:
            self.link.put(self.head_bytes(length, None))
        else:
            self.write_head()
        return self.write_piece(body, has_more)

    cdef int write_piece(self, bytes body, bint has_more) except -1:
        if self.framing != BY_CHUNKS:
            return self.link.put(body) if body else 0
        if len(body) > COPIED_BYTES:
            self.link.put(b"%x\r\n" % len(body))
            self.link.put(body)
            return self.link.put(b"\r\n" if has_more else b"\r\n0\r\n\r\n")
        if body:
            end = b"\r\n" if has_more else b"\r\n0\r\n\r\n"
            return self.link.put(b"%x\r\n%b%b" % (len(body), body, end))
        return 0 if has_more else self.link.put(b"0\r\n\r\n")

    cdef int write_answer(self) except -1:
        """Write the answer of a plan: one piece of bytes, its length among its fields."""
        if self.link is None:
            return 0
        if self.sub_response is not None or self.method == "HEAD" or \
                len(self.payload) > COPIED_BYTES:
            self.begin(self.status, self.get_head())
            return self.write_body(self.payload, False)
        self.started = True
        self.has_head = True
        self.link.put(
            encode_answer(self.status, self.common_lines(), self.media_type, self.payload)
        )
        return self.finish()

    cdef bint probe(self) except -1:
        """Send something that means nothing, if there is such a thing; else return false.

        Who has gone refuses it, and the connection breaks. Between two chunks it is a zero in
        front of the next one's size (RFC 9112 section 7.1). Ever more seldom, for parsers know
        only so many digits.
        """
        if self.framing != BY_CHUNKS or not self.is_head_out or self.link is None:
            return False
        if self.silence < LAST_PROBE and self.silence & (self.silence - 1) == 0:
            self.link.put(b"0")
        return True

    cdef int write_hint(self, object links) except -1:
        """Write a 103 answer (RFC 8297), which HTTP/1.0 clients must not see."""
        cdef list fields = [(b"link", as_bytes(value)) for value in links]
        if self.minor == 1 and fields:
            self.link.put(encode(103, fields, None, None, -1, None))
        return 0

    cdef int finish(self) except -1:
        """Hand the connection on; the app may still be running, but has nothing to say."""
        cdef Link link = self.link
        self.is_finished = True
        self.link = None
        self.wake()
        return link.finished(self)

    cdef int log(self) except -1:
        """Log the request, its client as a trusted proxy tells it."""
        scope = self.get_scope() if self.is_forwarded else self.scope
        return log_request(
            self.host.access_logger,
            self.client if scope is None else scope["client"],
            self.method,
            self.scope_path if scope is None else scope["path"],
            self.query_string,
            VERSIONS[self.minor],
            self.status,
        )


cdef list trailer_lines(list fields):
    """Return trailers as they are written; refuse those that would frame the message."""
    check_fields(fields)
    for name, _ in fields:
        if bytes(name).lower() in NO_TRAILERS:
            raise ValueError(f"{name!r} may not be a trailer")
    return [b"%b: %b\r\n" % (name, value) for name, value in fields]


cdef inline bytes as_bytes(object given):
    """Return bytes of anything like bytes; of a number or a list there are none."""
    return <bytes>given if type(given) is bytes else bytes(memoryview(given))


cdef list without(list fields, bytes lower_name):
    """Return *fields* but those of one name."""
    return [field for field in fields if bytes(field[0]).lower() != lower_name]
