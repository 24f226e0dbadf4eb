"""The ways to add routes and handlers to a router."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from enum import Enum
from typing import Any, Final

from starlette import routing
from starlette._utils import is_async_callable
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.websockets import WebSocket
from typing_extensions import Unpack
from typing_extensions import deprecated as deprecated_method

import fasterapi.routing as names
from fasterapi import params
from fasterapi._body_limit import get_body_size_limit
from fasterapi.datastructures import Default
from fasterapi.executors import Executor
from fasterapi.executors.placing import is_plain_function
from fasterapi.routing.frontend import (
    _FrontendRouteGroup,
    _join_frontend_paths,
    _normalize_frontend_path,
)
from fasterapi.routing.frontend_files import (
    CheckDir,
    Directory,
    Fallback,
    _resolve_frontend_check_dir,
)
from fasterapi.routing.native_app import add_head_route
from fasterapi.routing.options import RegistrationOptions, RouteOptions, complete, show_options
from fasterapi.routing.paths import require
from fasterapi.routing.route import APIRoute
from fasterapi.routing.verbs import OPTION_DEFAULTS, VERB_SIGNATURE, VerbDecorators
from fasterapi.routing.version import RouteList
from fasterapi.types import DecoratedCallable
from fasterapi.utils import get_value_or_default

__all__ = ("ON_EVENT_DEPRECATED", "REGISTRATION_DEFAULTS", "RouteDeclarations")

# COMPAT: blanks and all, since filters of warnings match it from its beginning.
ON_EVENT_DEPRECATED: Final = """
        on_event is deprecated, use lifespan event handlers instead.

        Read more about it in the
        [FastAPI docs for Lifespan Events](https://fastapi.tiangolo.com/advanced/events/).
        """

_EXTRA_OPTIONS: Final = {
    "methods": None,
    "route_class_override": None,
    "strict_content_type": Default(True),
}
_LATE_OPTIONS: Final = (
    *("form_limits", "executor", "cancel_on_disconnect"),
    *("handler_type", "native", "refresh_every"),
)

REGISTRATION_DEFAULTS: Final = OPTION_DEFAULTS | _EXTRA_OPTIONS
"""Every keyword of ``add_api_route`` and its default."""

Decorator = Callable[[DecoratedCallable], DecoratedCallable]


class RouteDeclarations(VerbDecorators):
    """What `APIRouter` offers for declaring routes; it provides the attributes used here."""

    routes: Any
    prefix: str
    tags: list[str | Enum]
    dependencies: list[params.Depends]
    responses: dict[int | str, dict[str, Any]]
    callbacks: list[BaseRoute]
    deprecated: bool | None
    include_in_schema: bool
    default_response_class: Any
    generate_unique_id_function: Any
    strict_content_type: Any
    max_body_size: int | None
    executor: Executor | None
    cancel_on_disconnect: bool | None
    route_class: type[APIRoute]
    dependency_overrides_provider: Any | None
    on_startup: list[Callable[[], Any]]
    on_shutdown: list[Callable[[], Any]]
    _low_priority_routes: list[BaseRoute]
    _frontend_routes: _FrontendRouteGroup | None

    def _mark_routes_changed(self) -> None:
        raise NotImplementedError

    def _append_route(self, route: BaseRoute) -> None:
        self.routes.append(route)
        # A list of our own has reported the change already.
        if not (isinstance(self.routes, RouteList) and self.routes.belongs_to(self)):
            self._mark_routes_changed()

    def _declare(self, method: str, path: str, options: RouteOptions) -> Decorator[Any]:
        if not self._registers_itself():
            # By way of `api_route`, which subclasses override to change all decorators.
            return self.api_route(path=path, methods=[method], **options)

        # PERF: thirty options handed on by name four times are a sixth of declaring a route.
        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self._register(path, func, {**REGISTRATION_DEFAULTS, **options, "methods": [method]})
            return func

        return decorator

    def _registers_itself(self) -> bool:
        """Return whether nobody has put something else in the place of `add_api_route`."""
        kind = type(self)
        return (
            (kind.api_route, kind.add_api_route) == _REGISTERING  # by identity, for functions
            and "add_api_route" not in vars(self)
            and "api_route" not in vars(self)
        )

    @show_options(VERB_SIGNATURE, _EXTRA_OPTIONS)
    def add_api_route(
        self, path: str, endpoint: Callable[..., Any], **options: Unpack[RegistrationOptions]
    ) -> None:
        """Register *endpoint* for *path*, with this router's prefix, tags, dependencies, ...

        Args:
            path: Path below the router's prefix.
            endpoint: The function that answers.
            options: Those of the decorators, and ``methods`` (GET unless given),
                ``route_class_override`` and ``strict_content_type``.
        """
        given = complete(options, REGISTRATION_DEFAULTS, "APIRouter.add_api_route")
        self._register(path, endpoint, given)

    def _register(self, path: str, endpoint: Callable[..., Any], given: dict[str, Any]) -> None:
        """Add the route; *given* has all options, and is changed."""
        route_class = given.pop("route_class_override") or self.route_class
        if given["executor"] is None and self.executor and is_plain_function(endpoint):
            given["executor"] = self.executor
        if given["cancel_on_disconnect"] is None:
            given["cancel_on_disconnect"] = self.cancel_on_disconnect
        for option in _LATE_OPTIONS:
            if given[option] is None:
                # Classes of routes that override __init__ need not know the option.
                del given[option]
        given |= {
            "tags": [*self.tags, *(given["tags"] or [])],
            "dependencies": [*self.dependencies, *(given["dependencies"] or [])],
            "callbacks": [*self.callbacks, *(given["callbacks"] or [])],
            "responses": {**self.responses, **(given["responses"] or {})},
            "deprecated": given["deprecated"] or self.deprecated,
            "include_in_schema": given["include_in_schema"] and self.include_in_schema,
            "max_body_size": get_body_size_limit(given["max_body_size"], self.max_body_size),
        }
        for option, of_router in (
            ("response_class", self.default_response_class),
            ("generate_unique_id_function", self.generate_unique_id_function),
            ("strict_content_type", self.strict_content_type),
        ):
            given[option] = get_value_or_default(given[option], of_router)
        route = route_class(
            self.prefix + path,
            endpoint=endpoint,
            dependency_overrides_provider=self.dependency_overrides_provider,
            **given,
        )
        self._append_route(route)
        add_head_route(self, route)

    @show_options(VERB_SIGNATURE, {"methods": None})
    def api_route(self, path: str, **options: Unpack[RegistrationOptions]) -> Decorator[Any]:
        """Return a decorator that registers a function for *path* and ``methods``."""
        if not options.keys() <= REGISTRATION_DEFAULTS.keys():
            complete(options, REGISTRATION_DEFAULTS, "APIRouter.api_route")  # says which
        given: Any = {**OPTION_DEFAULTS, "methods": None, **options}

        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self.add_api_route(path, func, **given)
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
        """Register *endpoint* for WebSockets at *path*, after this router's dependencies."""
        route = names.APIWebSocketRoute(
            self.prefix + path,
            endpoint=endpoint,
            name=name,
            dependencies=[*self.dependencies, *(dependencies or [])],
            dependency_overrides_provider=self.dependency_overrides_provider,
        )
        self._append_route(route)

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

    def add_route(
        self,
        path: str,
        endpoint: Callable[[Request], Awaitable[Response] | Response],
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> None:
        """Register a function of the request: no parameters, no dependencies."""
        route = routing.Route(
            path,
            endpoint=endpoint,
            methods=methods,
            name=name,
            include_in_schema=include_in_schema,
        )
        self._append_route(route)

    def route(
        self,
        path: str,
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> Decorator[Any]:
        """Return a decorator for `add_route`."""

        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self.add_route(
                path, func, methods=methods, name=name, include_in_schema=include_in_schema
            )
            return func

        return decorator

    def add_websocket_route(
        self,
        path: str,
        endpoint: Callable[[WebSocket], Awaitable[None]],
        name: str | None = None,
    ) -> None:
        """Register a function of the WebSocket: no parameters, no dependencies."""
        self._append_route(routing.WebSocketRoute(path, endpoint=endpoint, name=name))

    def websocket_route(self, path: str, name: str | None = None) -> Decorator[Any]:
        """Return a decorator for `add_websocket_route`."""

        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self.add_websocket_route(path, func, name=name)
            return func

        return decorator

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
            path: Path below the router's prefix.
            directory: Root of the files, the output of the frontend's build.
            fallback: Page for paths without a file: ``index.html`` for routing in the
                browser, ``404.html``, None, or what the directory has ("auto").
            check_dir: Whether the directory must exist now; "auto": unless in development.

        Raises:
            RuntimeError: Directory or fallback page are missing.
        """
        checks = _resolve_frontend_check_dir(directory=directory, check_dir=check_dir)
        normalized = _normalize_frontend_path(path)
        if self._frontend_routes is None:
            self._frontend_routes = _FrontendRouteGroup(
                dependencies=self.dependencies,
                dependency_overrides_provider=self.dependency_overrides_provider,
            )
            self._low_priority_routes.append(self._frontend_routes)
        self._frontend_routes.add_frontend_route(
            _join_frontend_paths(self.prefix, normalized),
            directory=directory,
            fallback=fallback,
            check_dir=checks,
        )
        self._mark_routes_changed()

    async def _startup(self) -> None:
        await _run_all(self.on_startup)

    async def _shutdown(self) -> None:
        await _run_all(self.on_shutdown)

    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Run *func* at "startup" or "shutdown"."""
        require(event_type in ("startup", "shutdown"), "event must be 'startup' or 'shutdown'")
        (self.on_startup if event_type == "startup" else self.on_shutdown).append(func)

    @deprecated_method(ON_EVENT_DEPRECATED)
    def on_event(self, event_type: str) -> Decorator[Any]:
        """Return a decorator for `add_event_handler`."""

        def decorator(func: DecoratedCallable) -> DecoratedCallable:
            self.add_event_handler(event_type, func)
            return func

        return decorator


_REGISTERING: Final = (RouteDeclarations.api_route, RouteDeclarations.add_api_route)


async def _run_all(handlers: list[Callable[[], Any]]) -> None:
    for handler in handlers:
        if is_async_callable(handler):
            await handler()
        else:
            handler()
