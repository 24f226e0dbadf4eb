"""Layout of what all connections of one server share, and of a connection as seen from it."""

from fasterapi._speedups.dispatch cimport Dispatcher
from fasterapi._speedups.head cimport FieldLines
from fasterapi._speedups.http_head cimport RequestHead
from fasterapi._speedups.http_limits cimport Limits


cdef class Host:
    cdef object config
    cdef object server_state
    cdef readonly object app            # what the server was given, uvicorn's layers included
    cdef object inner_app               # the same without the layer for X-Forwarded-*
    cdef object own_app                 # the FasterAPI application in it, or None
    cdef dict own_vars                  # its attributes
    cdef object proxy                   # uvicorn's layer for X-Forwarded-*, or None
    cdef dict app_state                 # of the lifespan
    cdef object loop
    cdef readonly Limits limits
    cdef RequestHead head               # read into by all connections, one at a time
    cdef object logger
    cdef object access_logger           # None if requests are not logged
    cdef object websocket_class
    cdef str root_path
    cdef str asgi_version
    cdef object limit_concurrency
    cdef double keep_alive_s
    cdef bint is_eager                  # tasks take their first step at once
    cdef dict task_options              # what tasks are made with
    cdef bint resets_context
    cdef set connections                # uvicorn's, for its shut-down
    cdef set tasks                      # uvicorn's
    cdef set watched                    # connections with a clock
    cdef long long largest_body         # of all limits of the application, -1 if not known
    cdef long largest_tick              # when that was looked for
    cdef long ticks                     # since the start, half a second each
    cdef object timer
    cdef long uncounted                 # requests that uvicorn's counter does not know yet
    cdef bint counts_at_once            # the counter has somebody who looks
    cdef bint has_fresh_lines           # made in this tick
    cdef object default_headers         # that `lines` were made of
    cdef FieldLines lines               # Date, Server and the configured ones
    cdef FieldLines closing_lines       # the same and Connection: close

    cdef int refresh_lines(self) except -1
    cdef Dispatcher door(self)
    cdef bint is_overloaded(self) except -1
    cdef long long body_limit(self) except -1
    cdef int count(self) except -1
    cdef int watch(self, Watched link) except -1
    cdef object start(self, object coroutine, object context)
    cdef object forwarded(self, dict scope)


cdef class Watched:
    cdef int tick(self, long now) except -1


cdef Host host_of(object config, object server_state, object app_state, object loop)
cdef long in_ticks(double seconds) noexcept
