"""Layout of a connection: writing, timers, the end."""

from fasterapi._speedups.http_exchange cimport HttpExchange, Link

cdef enum:           # Connection.mode: what the next bytes are
    HEAD = 0         # a request line, or more of a head
    LENGTH_BODY = 1
    CHUNKED_BODY = 2
    ANSWERING = 3    # not looked at: the request is complete, its answer is not
    LINGERING = 4    # dropped, so that the client can read our last words
    CLOSED = 5

cdef enum:           # Connection.timing: what its deadline is for
    NO_TIMER = 0
    FIRST_BYTE = 1
    WHOLE_HEAD = 2
    NEXT_BYTE = 3    # of the body
    IDLE = 4
    LAST_WORDS = 5


cdef class Connection(Link):
    cdef object transport
    cdef object write            # bound method of the transport
    cdef HttpExchange exchange   # the request that is being answered, or None
    cdef int mode
    cdef bint is_driving         # requests are being read and answered further up the stack
    cdef bint is_read_paused
    cdef bint is_stopping        # the server is shutting down
    cdef bint is_tls
    cdef bint is_head_refused    # of a HEAD request: the refusal has no body
    cdef bint is_at_eof          # the client sends nothing any more
    cdef bint is_going_on        # `go_on` will be called by the loop
    # Writing.
    cdef object out              # bytes, or a list of them, not yet written
    cdef Py_ssize_t out_size
    cdef HttpExchange held       # its head waits for the first piece of the body
    cdef bint is_flush_planned
    cdef object drain_waiter     # future of everybody who waits for the client to read
    # Timers, in ticks of the host's clock; 0 for none.
    cdef int timing
    cdef long deadline
    cdef long write_deadline
    cdef Py_ssize_t write_mark   # bytes that were unwritten at the last look
    cdef long body_ticks         # that the current body was waited for
    cdef long long body_size     # bytes of it so far

    cdef int flush(self) except -1
    cdef int write_held(self) except -1
    cdef int refuse(self, int status, str reason) except -1
    cdef int write_refusal(self, int status, str reason) except -1
    cdef int close(self, bint has_unread) except -1
    cdef int let_go(self) except -1
    cdef int set_timer(self, int timing, double seconds) except -1
    cdef int on_deadline(self) except -1
    cdef int go_on_soon(self) except -1
    cdef int pause(self) except -1
    cdef int unpause(self) except -1
