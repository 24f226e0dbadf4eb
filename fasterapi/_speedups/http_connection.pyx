"""Connection: writing with few calls, timers, refusals and the end of a connection.

Request path: http_exchange (bytes) -> [here] -> uvloop.
"""

from fasterapi._speedups.head cimport encode
from fasterapi._speedups.http_exchange cimport HttpExchange, Link
from fasterapi._speedups.http_host cimport in_ticks

cdef enum:
    CORKED_BYTES = 65536    # written together at most
    RATE_TICKS = 20         # before the rate of a body is looked at: ten seconds

cdef double TICK_S = 0.5
cdef double LINGER_S = 2.0
cdef double HALF_CLOSED_S = 0.25
cdef tuple PLAIN_TEXT = (b"content-type", b"text/plain; charset=utf-8")
cdef tuple RETRY_LATER = (b"retry-after", b"1")
# With 426 a server says what it would upgrade to (RFC 9110 section 15.5.22, RFC 6455 4.4).
cdef list OTHER_VERSION = [
    (b"connection", b"upgrade"), (b"upgrade", b"websocket"), (b"sec-websocket-version", b"13"),
]


cdef class Connection(Link):
    """What a connection does besides reading requests; `HttpProtocol` does that."""

    def __cinit__(self, *_args, **_options):
        # Closed until `connection_made`: also what a subclass that forgets `__init__` is.
        self.mode = CLOSED

    # --- writing ---------------------------------------------------------------------------

    cdef int put(self, object data) except -1:
        if self.write is None:
            return 0
        if not self.is_driving:
            self.write(data)
            return 0
        # Answers to pipelined requests leave together.
        if self.out is None:
            self.out = data
            self.out_size = len(data)
            return 0
        if type(self.out) is not list:
            self.out = [self.out]
        (<list>self.out).append(data)
        self.out_size += len(data)
        if self.out_size > CORKED_BYTES:
            self.flush()
            if self.transport.is_closing():
                # SECURITY: the client has gone; it asked for more that nobody will read.
                self.mode = CLOSED
        return 0

    cdef int flush(self) except -1:
        """Write what was put while requests were being read."""
        out = self.out
        if out is None or self.write is None:
            return 0
        self.out = None
        if type(out) is not list:
            self.write(out)
        elif self.out_size <= CORKED_BYTES:
            self.write(b"".join(out))
        else:
            self.transport.writelines(out)
        return 0

    cdef int hold(self, HttpExchange x) except -1:
        self.held = x
        if not self.is_driving and not self.is_flush_planned:
            self.is_flush_planned = True
            self.host.loop.call_soon(self.write_out)
        return 0

    def write_out(self):
        """Write a head that was held back for the rest of a turn of the loop."""
        self.is_flush_planned = False
        self.write_held()

    cdef int write_held(self) except -1:
        cdef HttpExchange x = self.held
        self.held = None
        return 0 if x is None else x.write_head()

    cdef object drained(self):
        if self.drain_waiter is None:
            self.drain_waiter = self.host.loop.create_future()
        return wait_for(self.drain_waiter)

    # --- reading ---------------------------------------------------------------------------

    cdef int go_on_soon(self) except -1:
        """Have `go_on` called, after what else is to be done in this turn of the loop."""
        if not self.is_going_on:
            self.is_going_on = True
            self.host.loop.call_soon(self.go_on)
        return 0

    def look_for_life(self):
        """Tell a program that has nothing to say that its half-closed client is gone.

        A client that has only ended its side and one that has gone altogether look alike
        until something is sent to it. So an answer that is being sent goes on, and breaks when
        the other side refuses it; where nothing can be sent, a program that only waits is told
        that nobody does.
        """
        cdef HttpExchange x = self.exchange
        if self.mode >= LINGERING:
            return
        if x is not None and not self.is_write_paused:
            if x.silence and not x.probe():
                x.is_gone = True
                x.wake()
            x.silence += 1
        self.host.loop.call_later(HALF_CLOSED_S, self.look_for_life)

    cdef int pause(self) except -1:
        """Stop reading from the socket; time does not count against the client then."""
        if not self.is_read_paused and self.transport is not None:
            self.is_read_paused = True
            self.deadline = 0
            self.transport.pause_reading()
        return 0

    cdef int unpause(self) except -1:
        if self.is_read_paused and self.transport is not None:
            self.is_read_paused = False
            if self.timing == NEXT_BYTE:
                self.set_timer(NEXT_BYTE, self.host.limits.body_timeout)
            self.transport.resume_reading()
        return 0

    # --- the end ---------------------------------------------------------------------------

    cdef int refuse(self, int status, str reason) except -1:
        """Answer with an error, if the current request has no answer yet, and close."""
        cdef HttpExchange x = self.exchange
        cdef bint is_begun = x is not None and x.has_head
        # The rest of a body whose request was answered without it: nobody asks any more.
        cdef bint is_answered = x is None and self.mode in (LENGTH_BODY, CHUNKED_BODY)
        self.host.logger.warning(
            "Invalid HTTP request received. status=%d reason=%r client=%r"
            if status != 503 else "Exceeded concurrency limit. status=%d reason=%r client=%r",
            status, reason, self.client,
        )
        if is_begun:
            self.write_held()
        self.exchange = None
        if x is not None:
            self.is_head_refused = x.method == "HEAD"
            x.lose()
        if not is_begun and not is_answered:
            self.write_refusal(status, reason)
        return self.close(True)

    cdef int write_refusal(self, int status, str reason) except -1:
        cdef list fields = [PLAIN_TEXT]
        cdef bytes body = reason.encode("ascii")
        if status == 503:
            fields.append(RETRY_LATER)
        elif status == 426:
            fields += OTHER_VERSION
        self.host.refresh_lines()
        if self.is_head_refused:
            # RFC 9110 section 9.3.2. And no length: not everybody knows that no body follows.
            return self.put(encode(status, fields, self.host.closing_lines, None, -1, None))
        return self.put(
            encode(status, fields, self.host.closing_lines, None, len(body), body)
        )

    cdef int broken(self) except -1:
        self.exchange = None
        self.write_held()
        return self.close(False)

    cdef int close(self, bint has_unread) except -1:
        """Close once everything is written.

        Closing a socket that has unread bytes resets it, and the client may lose our last
        words. Then only our side is closed at first (RFC 9112 section 9.6).
        """
        self.flush()
        if self.transport is None or self.mode >= LINGERING:
            return 0
        self.write_deadline = self.host.ticks + in_ticks(self.host.limits.write_timeout)
        self.write_mark = 0
        if not has_unread or self.is_tls or not self.transport.can_write_eof():
            self.mode = CLOSED
            self.deadline = 0
            self.transport.close()
            return 0
        self.mode = LINGERING
        self.unpause()
        self.set_timer(LAST_WORDS, LINGER_S)
        self.transport.write_eof()
        return 0

    cdef int let_go(self) except -1:
        """Drop all references, so that no cycle keeps the connection."""
        if self.host is None:
            return 0
        self.host.connections.discard(self)
        self.host.watched.discard(self)
        self.mode = CLOSED
        self.timing = NO_TIMER
        self.deadline = self.write_deadline = 0
        self.out = None
        self.held = None
        self.exchange = None
        self.write = None
        self.transport = None
        return 0

    # --- timers ----------------------------------------------------------------------------

    cdef int set_timer(self, int timing, double seconds) except -1:
        self.timing = timing
        self.deadline = self.host.ticks + in_ticks(seconds)
        return 0

    cdef int tick(self, long now) except -1:
        """Look at the clock."""
        if self.write_deadline and now >= self.write_deadline:
            size = self.transport.get_write_buffer_size()
            if self.write_mark and size >= self.write_mark or not size:
                self.transport.abort()
                return 0
            self.write_mark = size
            self.write_deadline = now + in_ticks(self.host.limits.write_timeout)
        if self.timing == NEXT_BYTE and not self.is_read_paused:
            self.body_ticks += 1
            if self.body_ticks > RATE_TICKS and \
                    self.body_size < self.host.limits.body_rate * TICK_S * self.body_ticks:
                return self.refuse(408, "request body too slow")
        if self.deadline and now >= self.deadline:
            return self.on_deadline()
        return 0

    cdef int on_deadline(self) except -1:
        cdef int timing = self.timing
        self.deadline = 0
        if timing == WHOLE_HEAD:
            return self.refuse(408, "request head took too long")
        if timing == NEXT_BYTE:
            return self.refuse(408, "request body took too long")
        if timing == LAST_WORDS:
            self.transport.abort()
            return 0
        return self.close(False)


async def wait_for(future):
    """Wait for a future that others wait for too: a cancelled one would be cancelled for all."""
    from asyncio import shield

    await shield(future)
