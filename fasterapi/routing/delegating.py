"""The ways to add routes to an app, which hands them on to its router."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import BaseRoute
from starlette.websockets import WebSocket
from typing_extensions import Unpack, deprecated

from fasterapi import params
from fasterapi._speedups.native import Server
from fasterapi.routing.declaring import ON_EVENT_DEPRECATED, Decorator
from fasterapi.routing.frontend_files import (
    CheckDir,
    Directory,
    Fallback,
    _resolve_frontend_check_dir,
)
from fasterapi.routing.native_app import find_frozen, native_server
from fasterapi.routing.native_state import FrozenRoute
from fasterapi.routing.options import (
    IncludeOptions,
    RegistrationOptions,
    RouteOptions,
    show_options,
)
from fasterapi.routing.paths import check_leading_slash
from fasterapi.routing.router import APIRouter, effective_paths
from fasterapi.routing.verbs import VERB_SIGNATURE, Verb, VerbDecorators
from fasterapi.types import DecoratedCallable

__all__ = ("AppDeclarations",)

_INCLUDE_SIGNATURE = inspect.signature(APIRouter.include_router)


class AppDeclarations(VerbDecorators):
    """What an app offers for declaring routes; ``router`` may be any `APIRouter`."""

    router: APIRouter
    add_middleware: Callable[..., None]
    add_exception_handler: Callable[..., None]

    def _check_path(self, path: str, endpoint: Any) -> None:
        # Only the app can tell: a router may get its slash from a prefix.
        check_leading_slash(self.router.prefix + path, endpoint)

    def native(self, name: str) -> FrozenRoute:
        """Return the frozen answer of a native route, to refresh it.

        Args:
            name: The route's name, which is its function's unless given, or its path.

        Raises:
            UsageError: There is no such route.
        """
        return find_frozen(self, name)

    @property
    def native_server(self) -> Server:
        """What compiled modules add their routes with; see `fasterapi/native.pxd`."""
        return native_server(self)

    def _declare(self, method: str, path: str, options: RouteOptions) -> Decorator[Any]:
        name, router = method.lower(), self.router
        if type(getattr(type(router), name, None)) is Verb and name not in vars(router):
            register = router._declare(method, path, options)  # noqa: SLF001  the same class
        else:
            register = getattr(router, name)(path, **options)

        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self._check_path(path, func)
            registered: DecoratedCallable = register(func)
            return registered

        return decorator

    @show_options(VERB_SIGNATURE, {"methods": None})
    def add_api_route(
        self, path: str, endpoint: Callable[..., Any], **options: Unpack[RegistrationOptions]
    ) -> None:
        """Register *endpoint* for *path*.

        Args:
            path: URL path, starting with a slash.
            endpoint: The function that answers.
            options: Those of the decorators, and ``methods`` (GET unless given).
        """
        self._check_path(path, endpoint)
        self.router.add_api_route(path, endpoint=endpoint, **options)

    @show_options(VERB_SIGNATURE, {"methods": None})
    def api_route(self, path: str, **options: Unpack[RegistrationOptions]) -> Decorator[Any]:
        """Return a decorator that registers a function for *path* and ``methods``."""

        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self._check_path(path, func)
            self.router.add_api_route(path, func, **options)
            return func

        return decorator

    def add_api_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        *,
        dependencies: Sequence[params.Depends] | None = None,
    ) -> None:
        """Register *endpoint* for WebSockets at *path*."""
        self._check_path(path, endpoint)
        self.router.add_api_websocket_route(path, endpoint, name=name, dependencies=dependencies)

    def websocket(
        self,
        path: str,
        name: str | None = None,
        *,
        dependencies: Sequence[params.Depends] | None = None,
    ) -> Decorator[Any]:
        """Return a decorator that registers a function for WebSockets at *path*."""

        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self.add_api_websocket_route(path, func, name=name, dependencies=dependencies)
            return func

        return decorator

    def add_websocket_route(
        self,
        path: str,
        route: Callable[[WebSocket], Awaitable[None]],
        name: str | None = None,
    ) -> None:
        """Register a function of the WebSocket: no parameters, no dependencies."""
        self.router.add_websocket_route(path, route, name=name)

    def websocket_route(self, path: str, name: str | None = None) -> Decorator[Any]:
        """Return a decorator for `add_websocket_route`."""

        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self.router.add_websocket_route(path, func, name=name)
            return func

        return decorator

    @show_options(_INCLUDE_SIGNATURE)
    def include_router(self, router: APIRouter, **options: Unpack[IncludeOptions]) -> None:
        """Serve the routes of *router* here, also those it gets later.

        Args:
            router: A router.
            options: Those of `APIRouter.include_router`, which documents them.
        """
        prefix = self.router.prefix + options.get("prefix", "")
        _check_leading_slashs(router.routes, prefix)
        self.router.include_router(router, **options)

    def frontend(
        self,
        path: str,
        *,
        directory: Directory,
        fallback: Fallback = "auto",
        check_dir: CheckDir = "auto",
    ) -> None:
        """Serve a browser application's files below *path*, where no route matches.

        Args:
            path: URL path, starting with a slash.
            directory: Root of the files, the output of the frontend's build.
            fallback: Page for paths without a file, see `APIRouter.frontend`.
            check_dir: Whether the directory must exist now; "auto": unless in development.
        """
        checks = _resolve_frontend_check_dir(directory=directory, check_dir=check_dir)
        self.router.frontend(path, directory=directory, fallback=fallback, check_dir=checks)

    @deprecated(ON_EVENT_DEPRECATED)
    def on_event(self, event_type: str) -> Decorator[Any]:
        """Return a decorator that runs a function at "startup" or "shutdown"."""
        return self.router.on_event(event_type)

    def middleware(self, middleware_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Return a decorator that adds a function ``(request, call_next)`` as middleware.

        Args:
            middleware_type: "http"; there is no other.
        """

        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self.add_middleware(BaseHTTPMiddleware, dispatch=func)
            return func

        return decorator

    def exception_handler(
        self, exc_class_or_status_code: int | type[Exception]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Return a decorator for `add_exception_handler`."""

        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self.add_exception_handler(exc_class_or_status_code, func)
            return func

        return decorator


def _check_leading_slashs(routes: list[BaseRoute], prefix: str) -> None:
    for path, route in effective_paths(routes, prefix):
        check_leading_slash(path, getattr(route, "endpoint", route))
