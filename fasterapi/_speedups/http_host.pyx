"""What all connections of one server share: the app, the limits, the clock, common fields.

Request path: uvicorn's Config and ServerState -> [here] -> http1, http_exchange.
"""

cimport cython
from fasterapi._speedups.dispatch cimport Dispatcher
from fasterapi._speedups.head cimport FieldLines
from fasterapi._speedups.http_head cimport RequestHead
from fasterapi._speedups.http_limits cimport Limits
from fasterapi._speedups.variables cimport attribute

import asyncio
import logging
import sys

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

cdef extern from "Python.h":
    object PyObject_Call(object callable, tuple arguments, dict options)

cdef double TICK_S = 0.5
cdef str HOST_NAME = "_fasterapi_host"
cdef object Task = asyncio.Task
cdef bint HAS_EAGER_TASKS = sys.version_info >= (3, 12)
cdef dict MODULES = sys.modules
cdef str OPENTELEMETRY = "opentelemetry"
cdef long long LARGEST_BODY = <long long>1 << 62
cdef tuple CLOSE_FIELD = (b"connection", b"close")


cdef class Watched:
    """A connection that wants to know how time passes."""

    cdef int tick(self, long now) except -1:
        raise NotImplementedError


@cython.final
cdef class Host:
    """One server's settings and clock; made with its first connection."""

    def __init__(self, config, server_state, app_state, loop):
        self.config = config
        self.server_state = server_state
        self.app = config.loaded_app
        self.app_state = app_state if type(app_state) is dict else dict(app_state or {})
        self.loop = loop
        self.limits = getattr(config, "http_limits", None) or limits_of(config)
        self.head = RequestHead()
        self.logger = logging.getLogger("uvicorn.error")
        access = logging.getLogger("uvicorn.access")
        self.access_logger = access if access.hasHandlers() and config.access_log else None
        self.websocket_class = config.ws_protocol_class
        self.root_path = config.root_path
        self.asgi_version = config.asgi_version
        self.limit_concurrency = config.limit_concurrency
        self.keep_alive_s = config.timeout_keep_alive
        self.is_eager = HAS_EAGER_TASKS and loop.get_task_factory() is None
        self.task_options = {"loop": loop, "context": None, "eager_start": True}
        self.resets_context = getattr(config, "reset_contextvars", False)
        self.connections = server_state.connections
        self.tasks = server_state.tasks
        self.watched = set()
        self.largest_body = -1
        self.counts_at_once = config.limit_max_requests is not None
        inner = self.app
        if type(inner) is ProxyHeadersMiddleware:
            self.proxy = ProxyHeadersMiddleware(nothing, "")
            self.proxy.trusted_hosts = inner.trusted_hosts
            inner = inner.app
        self.inner_app = inner
        if answers_itself(inner):
            self.own_app = inner
            self.own_vars = inner.__dict__

    cdef int refresh_lines(self) except -1:
        """Encode the server's common fields again if uvicorn has new ones: every second."""
        if self.has_fresh_lines:
            return 0
        self.has_fresh_lines = True
        headers = self.server_state.default_headers
        if headers is not self.default_headers:
            self.lines = FieldLines(list(headers))
            self.closing_lines = FieldLines([*headers, CLOSE_FIELD])
            self.default_headers = headers
        return 0

    cdef Dispatcher door(self):
        """Return the dispatcher that may answer without an ASGI scope, or None."""
        if self.own_app is None or OPENTELEMETRY in MODULES:
            return None
        if attribute(self.own_vars, self.own_app, "root_path"):
            return None
        door = attribute(self.own_vars, self.own_app, "_door")
        return <Dispatcher>door if type(door) is Dispatcher else None

    cdef bint is_overloaded(self) except -1:
        """Return whether there is no room for one more request."""
        if self.limits.connections and len(self.watched) > self.limits.connections:
            return True
        if self.limit_concurrency is None:
            return False
        most = self.limit_concurrency
        return len(self.connections) >= most or len(self.tasks) >= most

    cdef long long body_limit(self) except -1:
        """Return the largest body in bytes, 0 for no limit.

        A larger limit that the application, or one of its routes, asks for wins: who has
        set one there relies on it, and it is checked there again.
        """
        if self.limits.body == 0 or self.own_app is None:
            return self.limits.body
        if self.largest_body < 0 or self.largest_tick != self.ticks:
            # PERF: for each piece of a body that is larger than the server's limit.
            self.largest_body = max(self.limits.body, largest_limit(self.own_app))
            self.largest_tick = self.ticks
        return self.largest_body

    cdef int count(self) except -1:
        """Count one request, for uvicorn at the latest when the clock ticks."""
        self.uncounted += 1
        if self.counts_at_once:
            self.report()
        return 0

    def report(self):
        """Tell uvicorn how many requests there were."""
        self.server_state.total_requests += self.uncounted
        self.uncounted = 0

    cdef int watch(self, Watched link) except -1:
        """Have `tick` called on *link* while it is in `watched`."""
        self.watched.add(link)
        if self.timer is None:
            self.has_fresh_lines = False
            self.timer = self.loop.call_later(TICK_S, self.on_tick)
        return 0

    def on_tick(self):
        """Let half a second have passed; one timer serves all connections."""
        cdef Watched link
        self.ticks += 1
        self.timer = None
        self.has_fresh_lines = False
        self.report()
        for link in list(self.watched):
            try:
                link.tick(self.ticks)
            except Exception:
                self.logger.exception("timer of a connection failed")
        if self.watched:
            self.timer = self.loop.call_later(TICK_S, self.on_tick)

    cdef object start(self, object coroutine, object context):
        """Return a task of *coroutine*, its first step taken where Python can do that."""
        if self.is_eager:
            # PERF: 700 instructions less than with a dict of its own for each call.
            self.task_options["context"] = context
            task = PyObject_Call(Task, (coroutine,), self.task_options)
            self.task_options["context"] = None
            return task
        return self.loop.create_task(coroutine, context=context)

    cdef object forwarded(self, dict scope):
        """Let uvicorn's layer put a trusted proxy's client and scheme into *scope*."""
        coroutine = self.proxy(scope, None, None)
        try:
            coroutine.send(None)
        except StopIteration:
            return None
        coroutine.close()


async def nothing(scope, receive, send):
    """Answer nothing: the application behind uvicorn's layer where only its scope counts."""


cdef Host host_of(object config, object server_state, object app_state, object loop):
    """Return the host of *server_state*, the same one for all of its connections."""
    host = getattr(server_state, HOST_NAME, None)
    if host is None or (<Host>host).config is not config or (<Host>host).loop is not loop:
        host = Host(config, server_state, app_state, loop)
        setattr(server_state, HOST_NAME, host)
    return host


cdef bint answers_itself(object app) except -1:
    """Return whether *app* is a FasterAPI application whose `__call__` is our own."""
    # Layers above this one; and a server of somebody else's app needs none of it.
    applications = MODULES.get("fasterapi.applications")
    if applications is None:
        return False
    cls = applications.FasterAPI
    return isinstance(app, cls) and type(app).__call__ is cls.__call__


cdef long long largest_limit(object app) except -1:
    """Return the largest ``max_body_size`` of *app*, its routes, included routers and mounts."""
    cdef list found = [app]
    cdef set seen = set()
    cdef long long most = 0
    for owner in found:  # grows meanwhile
        if id(owner) in seen:
            continue
        seen.add(id(owner))
        own = getattr(owner, "max_body_size", None)
        if type(own) is int and most < own <= LARGEST_BODY:
            most = own
        for name in ("include_context", "original_router", "app"):
            inner = getattr(owner, name, None)
            if inner is not None:
                found.append(inner)
        routes = getattr(owner, "routes", None)
        if isinstance(routes, list):
            found.extend(routes)
    return most


cdef Limits limits_of(object config):
    """Return the limits that our command was given, or the environment of another's."""
    from fasterapi.server.limits import limits_from_environment

    return limits_from_environment(getattr(config, "http_limit_options", None))


cdef long in_ticks(double seconds) noexcept:
    """Return how many ticks are at least *seconds*, given that one has begun already."""
    return <long>(seconds / TICK_S + 0.999) + 1
