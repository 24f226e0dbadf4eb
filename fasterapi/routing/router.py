"""APIRouter: a collection of routes that can be included in another."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from starlette import routing
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send
from typing_extensions import deprecated as deprecated_parameter

import fasterapi.routing as names
from fasterapi import params
from fasterapi._body_limit import validate_max_body_size, wrap_app_with_body_limit
from fasterapi._form_limits import _FormLimits, _validate_form_limits
from fasterapi._speedups.ranges import file_scope
from fasterapi.datastructures import Default
from fasterapi.exceptions import FastAPIError
from fasterapi.executors import Executor, check_executor
from fasterapi.routing.context import _EffectiveRouteContext
from fasterapi.routing.declaring import RouteDeclarations
from fasterapi.routing.include import Matched, _IncludedRouter, _RouterIncludeContext
from fasterapi.routing.lifespan import _merge_lifespan_context, lifespan_for
from fasterapi.routing.matching import (
    first_match,
    is_more_specific,
    low_priority_match,
    slash_redirect,
)
from fasterapi.routing.native_app import check_include
from fasterapi.routing.paths import require
from fasterapi.routing.route import APIRoute
from fasterapi.routing.scope import (
    _FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY,
    _apply_router_form_limits,
    _get_fastapi_scope,
    _get_scope_included_router,
)
from fasterapi.routing.version import ROUTES_VERSION, RouteList
from fasterapi.utils import generate_unique_id

if TYPE_CHECKING:
    from fasterapi.routing.frontend import _FrontendRouteGroup

__all__ = ("ROUTES_DEPRECATED", "APIRouter", "check_prefix", "effective_paths")

ROUTES_DEPRECATED: Final = (
    "You normally wouldn't use this parameter, it is inherited from Starlette and supported "
    "for compatibility. Use the decorators like `app.get()` and `router.post()` instead."
)


def check_prefix(prefix: str) -> None:
    """Raise AssertionError if *prefix* cannot be put before the paths of routes."""
    if prefix:
        require(prefix.startswith("/"), "A path prefix must start with '/'")
        require(
            not prefix.endswith("/"),
            "A path prefix must not end with '/', as the routes will start with '/'",
        )


def effective_paths(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and route of everything in *routes*, included routers too.

    Nothing is built for that, unlike by `iter_route_contexts`.
    """
    for route in routes:
        if isinstance(route, _IncludedRouter):
            below = prefix + route.include_context.prefix
            yield from effective_paths(route.original_router.routes, below)
        elif (path := getattr(route, "path", None)) is not None:
            yield prefix + path, route


class APIRouter(RouteDeclarations, routing.Router):
    """A collection of routes with common options.

    Args:
        prefix: Path before all routes; begins with a slash and does not end with one.
        tags: OpenAPI tags of all routes.
        dependencies: Dependencies of all routes, before their own.
        default_response_class: Class that answers unless a route has its own.
        responses: Further OpenAPI responses of all routes.
        callbacks: OpenAPI callbacks of all routes.
        routes: Routes to begin with.
        redirect_slashes: Whether a path that only matches with (or without) a final slash is
            redirected there; "relative": without the host, which else the client chooses.
        default: ASGI app for requests without route; 404 unless given.
        dependency_overrides_provider: The app whose ``dependency_overrides`` hold.
        route_class: Class of the routes that the decorators make.
        on_startup: Functions to run at start.
        on_shutdown: Functions to run at stop.
        lifespan: Async context manager function around the app's life, instead of both.
        deprecated: Whether OpenAPI marks all routes as deprecated.
        include_in_schema: Whether OpenAPI lists the routes.
        generate_unique_id_function: Makes the operation id from the route.
        strict_content_type: Whether JSON must be declared as such to be parsed.
        max_body_size: Largest request body in bytes; over it 413. None: no limit here.
        form_limits: Limits of form parsing; each one not given is inherited.
        executor: Where the routes' plain functions run, unless a route says it itself.
        cancel_on_disconnect: Whether a handler is cancelled when its client is gone.
    """

    _routes_version = 0
    _known_version = (-1, 0)

    relative_redirects: bool = False
    """Whether slash redirects leave out scheme and host, from ``redirect_slashes="relative"``."""

    def __init__(
        self,
        *,
        prefix: str = "",
        tags: list[str | Enum] | None = None,
        dependencies: Sequence[params.Depends] | None = None,
        default_response_class: type[Response] = Default(JSONResponse),
        responses: dict[int | str, dict[str, Any]] | None = None,
        callbacks: list[BaseRoute] | None = None,
        routes: Annotated[list[BaseRoute] | None, deprecated_parameter(ROUTES_DEPRECATED)] = None,
        redirect_slashes: bool | Literal["relative"] = True,
        default: ASGIApp | None = None,
        dependency_overrides_provider: Any | None = None,
        route_class: type[APIRoute] = APIRoute,
        on_startup: Sequence[Callable[[], Any]] | None = None,
        on_shutdown: Sequence[Callable[[], Any]] | None = None,
        # the app's type is not known here
        lifespan: Lifespan[Any] | None = None,
        deprecated: bool | None = None,
        include_in_schema: bool = True,
        generate_unique_id_function: Callable[[APIRoute], str] = Default(generate_unique_id),
        strict_content_type: bool = Default(True),
        max_body_size: int | None = None,
        form_limits: _FormLimits | None = None,
        executor: Executor | None = None,
        cancel_on_disconnect: bool | None = None,
    ) -> None:
        validate_max_body_size(max_body_size)
        check_executor(executor)
        self.lifespan_context = lifespan_for(self, lifespan)
        super().__init__(
            routes=routes,
            redirect_slashes=bool(redirect_slashes),
            default=default,
            lifespan=self.lifespan_context,
            middleware=None
            if max_body_size is None
            else [Middleware(wrap_app_with_body_limit, max_body_size=max_body_size)],
        )
        check_prefix(prefix)
        self.relative_redirects = redirect_slashes == "relative"
        self.on_startup = list(on_startup or [])
        self.on_shutdown = list(on_shutdown or [])
        self.prefix = prefix
        self.tags = tags or []
        self.dependencies = list(dependencies or [])
        self.deprecated = deprecated
        self.include_in_schema = include_in_schema
        self.responses = responses or {}
        self.callbacks = callbacks or []
        self.dependency_overrides_provider = dependency_overrides_provider
        self.route_class = route_class
        self.default_response_class = default_response_class
        self.generate_unique_id_function = generate_unique_id_function
        self.form_limits = _validate_form_limits(form_limits)
        self.strict_content_type = strict_content_type
        self.max_body_size = max_body_size
        self.executor = executor
        self.cancel_on_disconnect = cancel_on_disconnect
        self._routes_version = 0
        self._low_priority_routes: list[BaseRoute] = []
        self._frontend_routes: _FrontendRouteGroup | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "redirect_slashes":  # the compiled table has a copy
            ROUTES_VERSION.bump()

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes in order of matching; changing the list takes effect at once."""
        routes: list[BaseRoute] = self.__dict__["routes"]
        return routes

    @routes.setter
    def routes(self, routes: Iterable[BaseRoute]) -> None:
        # `router.routes += [...]` ends here with the list it began with.
        if not (isinstance(routes, RouteList) and routes.belongs_to(self)):
            routes = RouteList(routes, self)
        self.__dict__["routes"] = routes
        self._mark_routes_changed()

    def _mark_routes_changed(self) -> None:
        self._routes_version += 1
        ROUTES_VERSION.bump()

    def _get_routes_version(self, seen: set[int] | None = None) -> int:
        """Return a number that grows with every change here and in included routers."""
        if seen is not None:
            return self._count_changes(seen)
        # Asked on every request to an included router: counted again only after a change.
        now = ROUTES_VERSION.value
        if self._known_version[0] != now:
            self._known_version = (now, self._count_changes(set()))
        return self._known_version[1]

    def _count_changes(self, seen: set[int]) -> int:
        version = self._routes_version
        if id(self) in seen:
            return version
        seen.add(id(self))
        included = (route for route in self.routes if isinstance(route, _IncludedRouter))
        return version + sum(route.original_router._get_routes_version(seen) for route in included)

    def _contains_router(self, router: "APIRouter", seen: set[int] | None = None) -> bool:
        """Return whether *router* is included here, directly or not."""
        seen = set() if seen is None else seen
        if id(self) in seen:
            return False
        seen.add(id(self))
        included = [r.original_router for r in self.routes if isinstance(r, _IncludedRouter)]
        return any(other is router or other._contains_router(router, seen) for other in included)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the first route that matches, else redirect, frontend, default."""
        require(scope["type"] in ("http", "websocket", "lifespan"), "unknown type of scope")
        _apply_router_form_limits(scope, self.form_limits)
        scope.setdefault("router", self)
        if scope["type"] == "lifespan":
            await self.lifespan(scope, receive, send)
            return
        found = first_match(self.routes, scope)
        if found is not None:
            route, child_scope = found
            names._update_scope(scope, child_scope)
            names._route_selected(
                scope=scope,
                path=getattr(route, "path_format", None),
                mount=isinstance(route, routing.Mount),
            )
            await route.handle(file_scope(route, scope), receive, send)
        elif (redirect := slash_redirect(self, scope)) is not None:
            await redirect(scope, receive, send)
        else:
            await self._handle_low_priority(scope, receive, send)

    async def _handle_low_priority(self, scope: Scope, receive: Receive, send: Send) -> None:
        _, child_scope, route, context = self._match_low_priority(scope)
        if route is None:
            await self.default(scope, receive, send)
            return
        names._update_scope(scope, child_scope)
        names._route_selected(scope=scope, path=getattr(context or route, "path_format", None))
        if context is None:
            await route.handle(scope, receive, send)
            return
        _get_fastapi_scope(scope)[_FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY] = context
        if isinstance(context.original_route, APIRoute):
            scope["route"] = context.original_route
            await context.original_route.handle(scope, receive, send)
        elif context.app is not None:
            await context.app(scope, receive, send)

    def _asking_include(self, scope: Scope) -> _IncludedRouter | None:
        """Return the inclusion on whose behalf this router is asked."""
        include = _get_scope_included_router(scope)
        if isinstance(include, _IncludedRouter) and include.original_router is self:
            return include
        return None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that matched, as an included router or as an app."""
        include = self._asking_include(scope)
        if include is None:
            await self.app(scope, receive, send)
        else:
            await include._handle_selected(scope, receive, send)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a route matches where this router is included."""
        include = self._asking_include(scope)
        return (Match.NONE, {}) if include is None else include._match(scope)[:2]

    def _iter_low_priority_routes(self) -> Iterator[BaseRoute | _EffectiveRouteContext]:
        yield from self._low_priority_routes
        for route in self.routes:
            if isinstance(route, _IncludedRouter):
                yield from route.effective_low_priority_routes()

    def _match_low_priority(self, scope: Scope) -> Matched:
        return low_priority_match(self, scope)

    def _frontend_match_is_more_specific(
        self, child_scope: Scope, previous_child_scope: Scope
    ) -> bool:
        return is_more_specific(child_scope, previous_child_scope)

    def include_router(
        self,
        router: "APIRouter",
        *,
        prefix: str = "",
        tags: list[str | Enum] | None = None,
        dependencies: Sequence[params.Depends] | None = None,
        default_response_class: type[Response] = Default(JSONResponse),
        responses: dict[int | str, dict[str, Any]] | None = None,
        callbacks: list[BaseRoute] | None = None,
        deprecated: bool | None = None,
        include_in_schema: bool = True,
        generate_unique_id_function: Callable[[APIRoute], str] = Default(generate_unique_id),
        max_body_size: int | None = None,
        form_limits: _FormLimits | None = None,
    ) -> None:
        """Serve the routes of *router* here, also those it gets later.

        Args:
            router: Another router; neither this one nor one that includes it.
            prefix: Path before that router's own prefix.
            tags: OpenAPI tags before those of its routes.
            dependencies: Dependencies that run before those of its routes.
            default_response_class: Class that answers unless route or router have one.
            responses: Further OpenAPI responses.
            callbacks: OpenAPI callbacks.
            deprecated: Whether OpenAPI marks the routes as deprecated.
            include_in_schema: Whether OpenAPI lists the routes.
            generate_unique_id_function: Makes operation ids unless route or router have one.
            max_body_size: Largest request body in bytes, unless route or router have one.
            form_limits: Limits of form parsing, under those of the router.

        Raises:
            AssertionError: The routers include each other, or the prefix is wrong.
            FastAPIError: A route would have an empty path.
        """
        require(
            self is not router,
            "Cannot include the same APIRouter instance into itself. "
            "Did you mean to include a different router?",
        )
        require(
            not router._contains_router(self),
            "Cannot include an APIRouter instance that already includes this router. "
            "Did you mean to include a different router?",
        )
        check_prefix(prefix)
        if not prefix:
            _reject_empty_paths(router)
        context = _RouterIncludeContext.for_include(
            parent_router=self,
            included_router=router,
            prefix=prefix,
            tags=tags,
            dependencies=dependencies,
            default_response_class=default_response_class,
            responses=responses,
            callbacks=callbacks,
            deprecated=deprecated,
            include_in_schema=include_in_schema,
            generate_unique_id_function=generate_unique_id_function,
            max_body_size=max_body_size,
            form_limits=form_limits,
        )
        check_include(router.routes, context.dependencies, context.prefix)
        self._append_route(_IncludedRouter(original_router=router, include_context=context))
        for handler in router.on_startup:
            self.add_event_handler("startup", handler)
        for handler in router.on_shutdown:
            self.add_event_handler("shutdown", handler)
        self.lifespan_context = _merge_lifespan_context(
            self.lifespan_context, router.lifespan_context
        )


def _reject_empty_paths(router: APIRouter) -> None:
    for path, route in effective_paths(router.routes):
        if not path:
            name = getattr(route, "name", "unknown")
            raise FastAPIError(f"Prefix and path cannot be both empty (path operation: {name})")
