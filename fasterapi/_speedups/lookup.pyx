"""Lookup: from the method and path of a request to the plan that answers it.

Request path: dispatch -> [here] -> router -> [here] -> dispatch.
A route is compiled when its first request comes: a program may have thousands, and each of its
processes answers few of them in its first seconds.
Reference implementation: starlette.routing.Router.app, which tries the routes one by one.
"""

from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.plan cimport EndpointPlan
from fasterapi._speedups.variables cimport attribute
from fasterapi._speedups.router cimport RouteEntry

from asyncio import _get_running_loop

from starlette._utils import get_route_path
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY

cdef str LIMIT_KEY = MAX_BODY_SIZE_SCOPE_KEY
cdef dict NO_VARIABLES = {}


cdef class Lookup:
    """The routes of an application, compiled again whenever they have changed.

    Args:
        app: The application, which must have ``dependency_overrides``.
        version: Object whose ``value`` grows with every change of routes.
        compile: Function without arguments returning a `fasterapi.routing.table.CompiledTable`.
        middleware: Function middleware around the routes; only whether there is any counts.
        handlers: Exception handlers by class and by status, as ExceptionMiddleware holds them.
    """

    def __init__(self, *, object app, object version, object compile, tuple middleware not None,
                 tuple handlers not None):
        self.app = app
        self.version = version
        self.compile = compile
        self.middleware = middleware
        self.app_vars = getattr(app, "__dict__", NO_VARIABLES)
        self.handlers = handlers
        self.compiled_version = -1

    def prepare(self):
        """Lay out the routes now, so that the first request need not wait for it."""
        self.refresh()

    cdef EndpointPlan find_in_scope(self, Exchange x, dict scope):
        """Fill in the request from an ASGI scope and return its plan, or None."""
        cdef EndpointPlan plan
        if LIMIT_KEY in scope or scope.get("path_params"):
            return None
        if scope.get("fastapi.telemetry") is not None:
            return None  # only the reference path reports to OpenTelemetry
        path, method = scope.get("path"), scope.get("method")
        query, headers = scope.get("query_string"), scope.get("headers")
        if type(path) is not str or type(method) is not str or type(query) is not bytes or \
                headers is None:
            return None  # a scope as no server makes it: Starlette says what it is worth
        x.scope_path = path
        if scope.get("root_path"):
            path = get_route_path(scope)
        x.method = method
        plan = self.find(x, path)
        if plan is None:
            return None
        if type(headers) is not list:
            scope["headers"] = headers = list(headers)
        x.headers = headers
        x.query_string = query
        x.scope = scope
        if "starlette.exception_handlers" in scope:
            x.is_scope_shown = True  # another application, in which this one is mounted, has it
        self.describe(x, plan)
        return plan

    cdef EndpointPlan find(self, Exchange x, str path):
        """Return the plan for the exchange's method and *path*, its captured values filled in.

        None where the reference path must answer.
        """
        cdef RouteEntry entry
        cdef EndpointPlan plan
        if self.version.value != self.compiled_version:
            self.refresh()
        if path is None or x.method is None:
            return None
        if attribute(self.app_vars, self.app, "dependency_overrides"):
            return None
        x.path_values = []
        entry = self.trie.find(x.method, path, x.path_values)
        x.is_refused = entry is None
        plan = self.refusal(x, path) if entry is None else plan_of(entry)
        if plan is None:
            return None
        if plan.needs_stacks and self.middleware and _get_running_loop() is None:
            return None  # not asyncio: `inner_task` knows no other
        if entry is not None:
            x.path_names = entry.param_names
        return plan

    cdef EndpointPlan refusal(self, Exchange x, str path):
        """Return the plan that answers 405 or 404, or None where Python must find out."""
        cdef RouteEntry entry
        cdef EndpointPlan plan
        if self.table.not_found is None or self.router.default != self.table.default:
            return None
        entry = self.trie.find_partial(path, x.path_values)
        if entry is not None:
            x.path_names = entry.param_names
            plan = plan_of(entry)
            return None if plan is None else self.table.not_allowed(plan)
        if self.table.redirects and path != "/":
            toggled = path.rstrip("/") if path.endswith("/") else path + "/"
            if self.trie.find_partial(toggled, x.path_values) is not None:
                return None
        x.path_values = []
        x.path_names = ()
        return self.table.not_found

    cdef int describe(self, Exchange x, EndpointPlan plan) except -1:
        """Put into a new scope what FastAPI's router puts there, if nobody sees it before."""
        if self.middleware:
            return 0  # COMPAT: the router is behind it; see `describe_inside`
        return self.describe_inside(x, plan)

    cdef int describe_inside(self, Exchange x, EndpointPlan plan) except -1:
        """Put into the scope what FastAPI's router puts there."""
        cdef dict scope = x.get_scope()
        if "router" not in scope:
            scope["router"] = self.router
        x.handlers = self.handlers
        x.may_lend = True
        x.lent = None
        x.cleanup = None
        if x.is_scope_shown:
            x.lend_stacks()
        if plan.included is not None:
            self.describe_inclusion(scope, plan.included)
        if plan.route is None:
            return 0  # no route has matched
        values = scope.get("path_params")
        scope["path_params"] = {**values, **x.path_params()} if values else x.path_params()
        scope["endpoint"] = plan.endpoint
        scope["route"] = plan.original
        return 0

    cdef int describe_inclusion(self, dict scope, dict state) except -1:
        """Put into the scope what including routers leave there."""
        former = scope.get("fastapi")
        if type(former) is not dict:
            scope["fastapi"] = state.copy()
            return 0
        limits = former.get("form_limits")
        former.update(state)
        if limits and "form_limits" in state:  # those of an app that this one is mounted in
            former["form_limits"] = {**limits, **state["form_limits"]}
        return 0

    cdef int refresh(self) except -1:
        """Compile the routes again if any have changed."""
        cdef long long value = self.version.value
        if value == self.compiled_version:
            return 0
        self.table = self.compile()
        self.trie = self.table.trie
        self.router = self.table.router
        self.compiled_version = value
        return 0


cdef inline EndpointPlan plan_of(RouteEntry entry):
    """Return the plan of a route, compiled now if nobody has asked for it; or None."""
    # What is set stays: another thread may be reading it.
    if entry.plan is None and entry.value is not None:
        entry.plan = entry.value()
    return entry.plan
