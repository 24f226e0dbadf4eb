"""The layers around the routes of an application, with compiled dispatch where it can be.

Two stacks are made of the same objects. The compatible one is what FastAPI builds, ASGI
application in ASGI application. A `Dispatcher` stands in it before the routes, and answers
compiled routes there; where nothing but function middleware lies further out, a second one
stands before everything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fasterapi._body_limit import AppBodyLimitMiddleware
from fasterapi._guard import GuardedSend, ResponseGuard, handler_exit
from fasterapi._speedups.dispatch import Dispatcher
from fasterapi._speedups.error_answers import ErrorAnswers
from fasterapi._speedups.router import RouteTrie
from fasterapi.encoded import EncodedResponse, collect_response
from fasterapi.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
)
from fasterapi.exceptions import FastAPIError, RequestValidationError
from fasterapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fasterapi.middleware.function_layer import FunctionLayer
from fasterapi.middleware.inner_task import InnerTask
from fasterapi.middleware.pristine import replaced_parts
from fasterapi.routing.sessions import RESPONSE_NOT_AWAITED
from fasterapi.routing.table import CompiledTable, RouteTable
from fasterapi.routing.version import ROUTES_VERSION
from fasterapi.telemetry._asgi import ExceptionTelemetryMiddleware

__all__ = ("Stack", "build_stack")

Handlers = dict[Any, Callable[..., Any]]

_ERROR_ANSWERS = ErrorAnswers(
    http_handler=http_exception_handler,
    invalid_handler=request_validation_exception_handler,
    invalid=RequestValidationError,
    response_class=EncodedResponse,
)


class Stack(NamedTuple):
    """What answers the requests of one application.

    Attributes:
        compatible: The stack as FastAPI builds it.
        door: The dispatcher before everything, or None if something must run before it.
        inner: The dispatcher before the routes, or None if nothing may be compiled.
    """

    compatible: ASGIApp
    door: Dispatcher | None
    inner: Dispatcher | None

    def door_of(self, stack: ASGIApp) -> Dispatcher | None:
        """Return `door` for an application that answers by *stack*.

        None if that is not the one built here, or if parts of Starlette have been replaced
        since then.
        """
        return self.door if stack is self.compatible and not replaced_parts() else None


def build_stack(app: Any, *, is_compiled: bool = True) -> Stack:
    """Build the layers of *app*.

    Args:
        app: The FasterAPI application; its middleware, exception handlers and routes count as
            they are now, later routes are noticed by the dispatchers.
        is_compiled: Whether to put dispatchers in; without them the layers are those of
            FastAPI, which tests compare with.
    """
    handlers: Handlers = dict(app.exception_handlers)
    # COMPAT: the later of the two keys wins, as in Starlette's loop over them.
    failure_handlers = [handlers.pop(key) for key in list(handlers) if key in (500, Exception)]
    failure_handler = failure_handlers[-1] if failure_handlers else None
    inside = _wrap(AsyncExitStackMiddleware, app.router)
    routes = _wrap(ExceptionMiddleware, inside, handlers=handlers, debug=app.debug)
    replaced = replaced_parts()
    outer, functions = _split(app.user_middleware)
    compatible: ASGIApp = routes
    chain: list[Any] = []
    for entry in reversed(functions):
        compatible = entry.cls(compatible, *entry.args, **entry.kwargs)
        chain.insert(0, compatible.dispatch_func)  # type: ignore[attr-defined]
    make = _DispatcherMaker(app, routes, tuple(chain), _Tables(app, app.router))
    inner = make(compatible, server_errors=None) if is_compiled and not replaced else None
    compatible = inner or compatible
    for entry in reversed(outer):
        layer: Any = entry.cls(compatible, *entry.args, **entry.kwargs)
        compatible = FunctionLayer(layer) if inner is not None and _is_function(entry) else layer
    compatible = _wrap(AppBodyLimitMiddleware, compatible, max_body_size=app.max_body_size)
    compatible = _wrap(ExceptionTelemetryMiddleware, compatible)
    failures = _wrap(ServerErrorMiddleware, compatible, handler=failure_handler, debug=app.debug)
    if inner is None or outer or app.max_body_size is not None:
        return Stack(failures, None, inner)
    answer_failure = _FailureAnswer(failure_handler, app.debug)
    door = make(ResponseGuard(failures), server_errors=answer_failure)
    return Stack(failures, door, inner)


def _wrap(cls: Any, app: ASGIApp, **options: Any) -> Any:
    """Return *app* in one of the layers that every application has.

    COMPAT: by way of an entry, where monitoring packages look for the classes they patch.
    """
    entry = Middleware(cls, **options)
    return entry.cls(app, *entry.args, **entry.kwargs)


def _split(middleware: list[Middleware]) -> tuple[list[Middleware], list[Middleware]]:
    """Return the entries that need ASGI, and the functions inside all of them."""
    count = len(middleware)
    while count and _is_function(middleware[count - 1]):
        count -= 1
    return middleware[:count], middleware[count:]


def _is_function(entry: Middleware) -> bool:
    """Return whether the middleware is a function ``(request, call_next)`` at heart."""
    cls: Any = entry.cls
    return (
        isinstance(cls, type)
        and issubclass(cls, BaseHTTPMiddleware)
        and cls.__call__ is BaseHTTPMiddleware.__call__
    )


class _DispatcherMaker(NamedTuple):
    app: Any
    routes: ExceptionMiddleware
    functions: tuple[Any, ...]
    tables: "_Tables"

    def __call__(self, compatible: ASGIApp, *, server_errors: Any) -> Dispatcher:
        return Dispatcher(
            app=self.app,
            version=ROUTES_VERSION,
            compile=self.tables,
            compatible=compatible,
            middleware=self.functions,
            exception_handlers=self.routes._exception_handlers,  # noqa: SLF001
            status_handlers=self.routes._status_handlers,  # noqa: SLF001
            server_errors=server_errors,
            routes=self.routes,
            collect=collect_response,
            encoded_response=EncodedResponse,
            lost_response=_lost_response,
            inner_task=InnerTask,
            guarded_send=GuardedSend,
            exit_error=handler_exit,
            error_answers=_ERROR_ANSWERS,
        )


@dataclass(slots=True)
class _Tables:
    """The compiled routes of an application, one table for both dispatchers.

    A request that the first one has no plan for comes to the second.
    """

    app: Any
    router: Any  # the one that the layers lead to, whichever the application has by now
    known: tuple[int, CompiledTable] | None = None

    def __call__(self) -> CompiledTable:
        """Return the compiled routes; none of them once parts of Starlette were replaced.

        They are looked for when routes have changed. The next request then enters by what
        took the place of Starlette's own.
        """
        version = ROUTES_VERSION.value
        known = self.known
        if known is None or known[0] != version:
            known = self.known = (version, RouteTable(self.router).compile())
        table = known[1]
        if replaced_parts():
            self.app._door = None  # noqa: SLF001
            return table._replace(trie=RouteTrie([]), not_found=None)
        return table


def _lost_response() -> FastAPIError:
    """Return the exception for a request whose exception a dependency swallowed."""
    return FastAPIError(RESPONSE_NOT_AWAITED)


class _FailureAnswer(NamedTuple):
    """Answers exceptions nobody handled, through Starlette's own class for that."""

    handler: Any
    debug: bool

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, error: Exception, started: bool
    ) -> None:
        """Send the 500 unless something was sent already, and raise *error* again."""

        async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise error

        answer = ServerErrorMiddleware(fail, handler=self.handler, debug=self.debug)
        # The handler is called in any case: programs use it for their reports.
        await answer(scope, receive, _discard if started else send)


async def _discard(_message: Message) -> None:
    """Send nothing."""
