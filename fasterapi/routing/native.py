"""Native handlers: routes whose answer is frozen at start-up, or made by a compiled function.

A route has a `Native` if it was declared with ``handler_type="native"`` or ``native=``. The
`Native` takes the place of the route's handler, so that every door, middleware and server gets
the same bytes; through our own HTTP door the compiled half of it answers without running Python
code (`fasterapi._speedups.http_native`).
"""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

import dis
import inspect
from collections.abc import Callable, Iterator
from functools import partial, wraps
from types import CodeType
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from fasterapi._speedups.native import CompiledHandler, CompiledSlot
from fasterapi.dependencies.models import Dependant, call_kind
from fasterapi.encoded import EncodedResponse
from fasterapi.exceptions import UsageError
from fasterapi.routing.native_freeze import Handler
from fasterapi.routing.native_registry import Entry, check_interval, find_native
from fasterapi.routing.native_state import FrozenRoute
from fasterapi.routing.rules import resolved
from fasterapi.routing.scope import _get_scope_effective_route_context

__all__ = ("Native", "bind_native", "native_of")

_REQUEST: Final = "_request_of_the_native_route"
_MARK: Final = "_native_entry"
# All that the compiler makes of a body of `pass`, `...`, a docstring, or any of them together.
_EMPTY_OPERATIONS: Final = frozenset(
    (
        *("RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "RETURN_GENERATOR"),
        *("POP_TOP", "CALL_INTRINSIC_1", "RERAISE", "CACHE", "COPY_FREE_VARS"),
    )
)
_PARAMETERS: Final = ("path", "query", "header", "cookie", "body")


def bind_native(endpoint: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    """Return what a route calls: *endpoint*, or what its empty body stands for.

    Args:
        endpoint: The user's function.
        options: Options of the route.

    Raises:
        UsageError: The options contradict each other or the function, or a name is unknown.
    """
    kind, name = options["handler_type"], options["native"]
    check_interval(options["refresh_every"])
    if kind not in (None, "python", "native", "cpp"):
        raise UsageError(f"handler_type must be 'python', 'native' or 'cpp', got {kind!r}")
    if name is None and kind in (None, "python"):
        if options["refresh_every"] is not None:
            raise UsageError("refresh_every is for routes with handler_type='native'")
        return endpoint
    if kind == "python":
        raise UsageError(f"native={name!r} and handler_type='python' contradict each other")
    if getattr(endpoint, _MARK, None) is not None:
        return endpoint  # an included or short-style route binds twice
    is_empty = _is_empty(endpoint)
    if name is None and not is_empty:
        return endpoint
    shown = getattr(endpoint, "__qualname__", repr(endpoint))
    if not is_empty:
        raise UsageError(
            f"native={name!r}: the body of {shown!r} would never run; leave it out (...)"
        )
    if isinstance(name, CompiledHandler):
        entry = Entry(name, None)
    else:
        entry = find_native(name or getattr(endpoint, "__name__", ""))
    bound = (_compiled if isinstance(entry.handler, CompiledHandler) else _named)(endpoint, entry)
    setattr(bound, _MARK, entry)
    return bound


def _is_empty(endpoint: Callable[..., Any]) -> bool:
    """Return whether the function does nothing: ``pass``, ``...``, or a docstring alone."""
    # SECURITY: not unwrapped. What a decorator does around an empty function must not be lost.
    code = getattr(endpoint, "__code__", None)
    if not isinstance(code, CodeType):
        return False
    names = {item.opname for item in dis.get_instructions(code)}
    values = [item.argval for item in dis.get_instructions(code) if item.opname.endswith("_CONST")]
    return names <= _EMPTY_OPERATIONS and all(value is None for value in values)


def _named(stub: Callable[..., Any], entry: Entry) -> Callable[..., Any]:
    """Return the registered function in the guise of *stub*, coroutine function if it is one."""
    function: Any = entry.handler
    if call_kind(function).is_coroutine:

        @wraps(stub)
        async def answer_async() -> Any:
            return await function()

        return answer_async

    def answer() -> Any:
        return function()

    answer.__dict__.update(vars(stub))
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__"):
        setattr(answer, attribute, getattr(stub, attribute))
    # Not `wraps`: an `async def` stub would make a coroutine function of it.
    answer.__signature__ = inspect.signature(stub)  # type: ignore[attr-defined]
    return answer


def _compiled(stub: Callable[..., Any], _entry: Entry) -> Callable[..., Any]:
    """Return an endpoint for ordinary requests, after parameters and dependencies of *stub*."""

    @wraps(stub)
    async def answer(**values: Any) -> Response:
        request: Request = values[_REQUEST]
        route = request.scope["route"]
        context = _get_scope_effective_route_context(request.scope)
        is_included = context is not None and context.original_route is route
        native: Native = route._native
        return await native.call(context if is_included else route, request)

    own = inspect.signature(stub)
    hidden = inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    parameters = [*own.parameters.values(), hidden]
    answer.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return answer


def native_of(endpoint: Callable[..., Any], options: dict[str, Any]) -> "Native | None":
    """Return the native side of a route, None for ordinary ones.

    Args:
        endpoint: As `bind_native` has returned it.
        options: Options of the route.
    """
    entry: Entry | None = getattr(endpoint, _MARK, None)
    if entry is None and options["handler_type"] not in ("native", "cpp"):
        return None
    handler: Any = None if entry is None else entry.handler
    compiled = handler if isinstance(handler, CompiledHandler) else None
    refresh_every = options["refresh_every"]
    if compiled is not None and refresh_every is not None:
        raise UsageError(f"{compiled!r} answers each request: there is nothing to refresh")
    if entry is not None and refresh_every is None:
        refresh_every = entry.refresh_every
    return Native(compiled, refresh_every)


class Native:
    """The native side of one declared route, wherever it is included.

    Attributes:
        handler: The compiled function; None if the answer is frozen.
    """

    __slots__ = ("_frozen", "_refresh_every", "handler")

    def __init__(self, handler: CompiledHandler | None, refresh_every: float | None) -> None:
        self.handler = handler
        self._refresh_every = refresh_every
        self._frozen: list[tuple[str, Any, FrozenRoute]] = []

    @property
    def kind(self) -> str:
        """In a word, for lists of routes."""
        return "frozen" if self.handler is None else "compiled"

    def handler_for(self, route: Any, handler: Handler) -> Handler:
        """Return what answers ordinary requests of *route*.

        Args:
            route: The APIRoute, or its effective context where it came by an included router.
            handler: What would answer if the route were not native.
        """
        if self.handler is not None:
            return handler
        _check_frozen(route)
        frozen = self.frozen_of(route)
        if frozen is None:
            frozen = FrozenRoute(route.path, handler, self._refresh_every)
            self._frozen.append((route.path, route.dependency_overrides_provider, frozen))
        frozen.use(handler)
        return frozen.serve

    def frozen_of(self, route: Any) -> FrozenRoute | None:
        """Return the frozen answer of *route*, an effective route, of its application."""
        for path, provider, frozen in self._frozen:
            if path == route.path and provider is route.dependency_overrides_provider:
                return frozen
        return None

    def slot_of(self, route: Any, failing: Any) -> Any:
        """Return what a plan of *route* may answer by, None if it must walk its steps."""
        if self.handler is None:
            frozen = self.frozen_of(route)
            return None if frozen is None else frozen.slot
        if any(_needs(route.dependant)):
            return None
        return self._compiled_slot(route, failing)

    def answer_of(self, route: Any) -> Handler:
        """Return what answers a request of *route*, which has no parameters."""
        frozen = self.frozen_of(route)
        return partial(self.call, route) if frozen is None else frozen.serve

    async def call(self, route: Any, request: Request) -> Response:
        """Answer an ordinary request by the compiled function."""
        body = await request.body()
        scope = request.scope
        status, fields, payload = self._compiled_slot(route, None).respond(
            request.method,
            scope["path"],
            scope["query_string"],
            list(scope["headers"]),
            dict(scope.get("path_params") or {}),
            body,
        )
        return EncodedResponse(status, fields, payload, None)

    def _compiled_slot(self, route: Any, failing: Any) -> CompiledSlot:
        if self.handler is None:
            raise AssertionError("a frozen answer has no function")
        media_type = resolved(route.response_class).media_type or "application/octet-stream"
        if media_type.startswith("text/"):
            media_type += "; charset=utf-8"
        return CompiledSlot(
            self.handler,
            path=route.path,
            status=route.status_code or 200,
            media_type=media_type.encode(),
            failing=failing,
        )


def _needs(dependant: Dependant) -> Iterator[str]:
    """Yield what a function asks of each request, in words."""
    for kind in _PARAMETERS:
        for parameter in getattr(dependant, f"{kind}_params"):
            yield f"the {kind} parameter {parameter.alias!r}"
    for child in dependant.dependencies:
        # The short style's `req` is one, of a plain function.
        if not getattr(child.call, "__module__", "").startswith("fasterapi.short."):
            yield f"the dependency {getattr(child.call, '__qualname__', child.call)!r}"
    for name, noun in (
        (dependant.background_tasks_param_name, "background tasks"),
        (dependant.security_scopes_param_name, "security scopes"),
        (dependant.websocket_param_name, "a WebSocket"),
        (dependant.http_connection_param_name, "a connection"),
    ):
        if name:
            yield noun


def _check_frozen(route: Any) -> None:
    """Raise UsageError if the answer of *route* cannot be the same for every request."""
    reason = next(_needs(route.dependant), None)
    if reason is None and route.param_convertors:
        reason = f"the path parameter {next(iter(route.param_convertors))!r}"
    if reason is not None:
        raise UsageError(
            f"route {route.path!r}: a native handler is called at start-up, without a request, so "
            f"it cannot have {reason}; use an ordinary route, or a middleware for what "
            "concerns all of them"
        )
    if not route.methods <= {"GET", "HEAD"}:
        raise UsageError(
            f"route {route.path!r}: a native handler answers GET, got {sorted(route.methods)}"
        )
    if call_kind(route.dependant.call).is_any_generator:
        raise UsageError(
            f"route {route.path!r}: a native handler returns its answer, it cannot yield"
        )
