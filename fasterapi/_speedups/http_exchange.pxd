"""Layout of an exchange of the HTTP door, and what it needs of its connection."""

from fasterapi._speedups.dispatch cimport Dispatcher
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.head cimport FieldLines
from fasterapi._speedups.http_host cimport Host, Watched
from fasterapi._speedups.plan cimport EndpointPlan


cdef class Link(Watched):
    cdef Host host
    cdef tuple client
    cdef tuple server
    cdef str scheme
    cdef bint is_write_paused
    cdef int put(self, object data) except -1
    cdef int hold(self, HttpExchange x) except -1
    cdef object drained(self)
    cdef int want_body(self, HttpExchange x) except -1
    cdef bint will_close(self, HttpExchange x) except -1
    cdef int finished(self, HttpExchange x) except -1
    cdef int broken(self) except -1


cdef class HttpExchange(Exchange):
    cdef Link link               # None once the answer is out or the client gone
    cdef Host host
    cdef tuple client
    cdef tuple server
    cdef str scheme
    cdef bytes raw_path
    cdef int minor               # of the HTTP version
    cdef Dispatcher dispatcher   # None for other people's apps
    cdef EndpointPlan plan
    cdef object task             # None unless the request had to wait
    cdef bint is_forwarded
    # The request's body.
    cdef list chunks             # read, not yet received by the app
    cdef Py_ssize_t waiting      # bytes of these
    cdef bint is_read            # the body has arrived whole
    cdef bint is_received        # and the app has received its end
    cdef bint expects_continue
    cdef bint is_gone            # the client is, or the program is told so
    cdef int silence             # looks of a half-closed link since something was sent
    cdef list waiters            # futures of `receive_message`
    # The answer.
    cdef bint keep_alive
    cdef bint has_head           # status and fields are set
    cdef bint is_head_out        # and written
    cdef bint is_finished
    cdef list trailers           # lines of them; None unless they were announced
    cdef bint is_body_out        # all of the body, and trailers follow
    cdef bint is_begun           # the coroutine has been started
    cdef bint is_over            # and has ended
    cdef bint is_bodiless
    cdef int framing
    cdef long long left          # of the announced content length
    cdef Py_ssize_t streak       # bytes sent since the app last waited for the client
    cdef bint says_close         # the app has sent Connection: close itself

    cdef int take_piece(self, bytes piece) except -1
    cdef int end_body(self) except -1
    cdef int lose(self) except -1
    cdef int wake(self) except -1
    cdef dict take_message(self)
    cdef int begin(self, int status, object headers) except -1
    cdef int notice_fields(self, int status) except -1
    cdef FieldLines common_lines(self)
    cdef bytes head_bytes(self, long long length, bytes body)
    cdef int send_now(self, object message) except -1
    cdef bint is_cancelled_by_disconnect(self) except -1
    cdef int write_head(self) except -1
    cdef int write_body(self, object body, bint has_more) except -1
    cdef int take_trailers(self, str kind, object message) except -1
    cdef int write_first(self, bytes body, bint has_more) except -1
    cdef int write_piece(self, bytes body, bint has_more) except -1
    cdef int write_answer(self) except -1
    cdef int write_hint(self, object links) except -1
    cdef int finish(self) except -1
    cdef bint probe(self) except -1
    cdef int log(self) except -1
