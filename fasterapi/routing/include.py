"""Included routers: live views of another router under a prefix."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from starlette import routing
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, NoMatchFound, compile_path
from starlette.types import Receive, Scope, Send

import fasterapi.routing as names
from fasterapi import params
from fasterapi._body_limit import get_body_size_limit, validate_max_body_size
from fasterapi._form_limits import _FormLimits, _validate_form_limits
from fasterapi._speedups.ranges import file_scope
from fasterapi.datastructures import Default, DefaultPlaceholder
from fasterapi.routing.context import RouteContext, _EffectiveRouteContext
from fasterapi.routing.frontend import _FrontendRouteGroup
from fasterapi.routing.paths import match_route
from fasterapi.routing.rejection import is_rejected_context, rejectable_path
from fasterapi.routing.route import APIRoute, APIWebSocketRoute
from fasterapi.routing.scope import (
    _FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY,
    _FASTAPI_INCLUDED_ROUTER_KEY,
    _apply_router_form_limits,
    _get_fastapi_scope,
    scope_entry,
)
from fasterapi.utils import generate_unique_id, get_value_or_default

if TYPE_CHECKING:
    from fasterapi.routing.router import APIRouter

Candidate = "_EffectiveRouteContext | _IncludedRouter"
Matched = tuple[Match, Scope, BaseRoute | None, _EffectiveRouteContext | None]


class _RouteWithPath(Protocol):
    """Any route that has a path."""

    path: str


@dataclass
class _RouterIncludeContext:
    """What ``include_router`` adds to each route of the included router."""

    included_router: "APIRouter"
    prefix: str = ""
    tags: list[str | Enum] = field(default_factory=list)
    dependencies: list[params.Depends] = field(default_factory=list)
    default_response_class: type[Response] | DefaultPlaceholder = field(
        default_factory=lambda: Default(JSONResponse)
    )
    responses: dict[int | str, dict[str, Any]] = field(default_factory=dict)
    callbacks: list[BaseRoute] = field(default_factory=list)
    deprecated: bool | None = None
    include_in_schema: bool = True
    generate_unique_id_function: Callable[[APIRoute], str] | DefaultPlaceholder = field(
        default_factory=lambda: Default(generate_unique_id)
    )
    strict_content_type: bool | DefaultPlaceholder = field(default_factory=lambda: Default(True))
    dependency_overrides_provider: Any | None = None
    max_body_size: int | None = None
    form_limits: _FormLimits = field(default_factory=_FormLimits)
    shared_parts: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """Analysed dependencies and fields of this include, used by all of its routes."""

    @classmethod
    def for_include(
        cls,
        *,
        parent_router: "APIRouter",
        included_router: "APIRouter",
        prefix: str = "",
        tags: list[str | Enum] | None = None,
        dependencies: Sequence[params.Depends] | None = None,
        default_response_class: type[Response] | DefaultPlaceholder = Default(JSONResponse),
        responses: dict[int | str, dict[str, Any]] | None = None,
        callbacks: list[BaseRoute] | None = None,
        deprecated: bool | None = None,
        include_in_schema: bool = True,
        generate_unique_id_function: Callable[[APIRoute], str] | DefaultPlaceholder = Default(
            generate_unique_id
        ),
        max_body_size: int | None = None,
        form_limits: _FormLimits | None = None,
    ) -> "_RouterIncludeContext":
        """Return the context of ``parent_router.include_router(included_router, ...)``."""
        validate_max_body_size(max_body_size)
        parent = parent_router
        return cls(
            included_router=included_router,
            prefix=parent.prefix + prefix,
            tags=[*parent.tags, *(tags or [])],
            dependencies=[*parent.dependencies, *(dependencies or [])],
            default_response_class=get_value_or_default(
                default_response_class, parent.default_response_class
            ),
            responses={**parent.responses, **(responses or {})},
            callbacks=[*parent.callbacks, *(callbacks or [])],
            deprecated=deprecated or parent.deprecated,
            include_in_schema=parent.include_in_schema and include_in_schema,
            generate_unique_id_function=get_value_or_default(
                generate_unique_id_function, parent.generate_unique_id_function
            ),
            strict_content_type=parent.strict_content_type,
            dependency_overrides_provider=parent.dependency_overrides_provider,
            max_body_size=get_body_size_limit(
                included_router.max_body_size, max_body_size, parent.max_body_size
            ),
            form_limits={**_validate_form_limits(form_limits), **included_router.form_limits},
        )

    def combine(self, child_context: "_RouterIncludeContext") -> "_RouterIncludeContext":
        """Return the context of a router that is included in the included router."""
        child = child_context
        return _RouterIncludeContext(
            included_router=child.included_router,
            prefix=self.prefix + child.prefix,
            tags=[*self.tags, *child.tags],
            dependencies=[*self.dependencies, *child.dependencies],
            default_response_class=get_value_or_default(
                child.default_response_class, self.default_response_class
            ),
            responses={**self.responses, **child.responses},
            callbacks=[*self.callbacks, *child.callbacks],
            deprecated=self.deprecated or child.deprecated,
            include_in_schema=self.include_in_schema and child.include_in_schema,
            generate_unique_id_function=get_value_or_default(
                child.generate_unique_id_function, self.generate_unique_id_function
            ),
            strict_content_type=get_value_or_default(
                child.strict_content_type, self.strict_content_type
            ),
            dependency_overrides_provider=self.dependency_overrides_provider,
            max_body_size=get_body_size_limit(child.max_body_size, self.max_body_size),
            form_limits=child.form_limits,
        )

    def path_for(self, route: _RouteWithPath) -> str:
        """Return the path of *route* with all prefixes."""
        return self.prefix + route.path


def _placed_route(route: BaseRoute, include: _RouterIncludeContext) -> BaseRoute | None:
    """Return a copy of *route*, no path operation, for the place it is included at.

    Returns:
        None for kinds of routes that cannot be placed; they are not included.
    """
    if isinstance(route, APIWebSocketRoute):
        return APIWebSocketRoute(
            include.path_for(route),
            endpoint=route.endpoint,
            name=route.name,
            dependencies=[*include.dependencies, *route.dependencies],
            dependency_overrides_provider=include.dependency_overrides_provider,
        )
    if isinstance(route, routing.Route):
        return routing.Route(
            include.path_for(route),
            endpoint=route.endpoint,
            methods=list(route.methods or []),
            name=route.name,
            include_in_schema=route.include_in_schema,
        )
    if isinstance(route, routing.WebSocketRoute):
        return routing.WebSocketRoute(include.path_for(route), route.endpoint, name=route.name)
    if isinstance(route, routing.Mount):
        return _placed_mount(route, include)
    if isinstance(route, routing.Host):
        app = route.app
        if include.prefix:
            app = routing.Router(routes=[routing.Mount(include.prefix, app=app)])
        return routing.Host(route.host, app=app, name=route.name)
    return None


def _placed_mount(route: routing.Mount, include: _RouterIncludeContext) -> routing.Mount:
    # A copy, not a new Mount: it keeps the middleware and the class of the original.
    mount = copy.copy(route)
    mount.path = include.path_for(route).rstrip("/")
    compiled = compile_path(mount.path + "/{path:path}")
    mount.path_regex, mount.path_format, mount.param_convertors = compiled
    return mount


@dataclass
class _IncludedRouter(BaseRoute):
    """One inclusion of a router, a single entry among the routes of the including one.

    It follows changes of the included router: effective routes are built when they are first
    needed, and again after a change.
    """

    original_router: "APIRouter"
    include_context: _RouterIncludeContext
    _effective_routes_lock: Any = field(default_factory=threading.Lock, repr=False, compare=False)
    _effective_candidates: "list[_EffectiveRouteContext | _IncludedRouter]" = field(
        default_factory=list
    )
    _effective_candidates_version: int | None = None
    _effective_low_priority_routes: list[_EffectiveRouteContext] = field(default_factory=list)
    _effective_low_priority_routes_version: int | None = None

    def effective_candidates(self) -> "list[_EffectiveRouteContext | _IncludedRouter]":
        """Return the effective routes in order of matching, nested includes as themselves."""
        version = self.original_router._get_routes_version()
        if version == self._effective_candidates_version:
            return self._effective_candidates
        with self._effective_routes_lock:
            version = self.original_router._get_routes_version()
            if version != self._effective_candidates_version:
                self._effective_candidates = list(self._build_candidates())
                self._effective_candidates_version = version
            return self._effective_candidates

    def _build_candidates(self) -> "Iterator[_EffectiveRouteContext | _IncludedRouter]":
        for route in self.original_router.routes:
            if isinstance(route, _IncludedRouter):
                yield self._branch(route)
            else:
                context = self._build_effective_context(route)
                if context is not None:
                    yield context

    def _branch(self, nested: "_IncludedRouter") -> "_IncludedRouter":
        return _IncludedRouter(
            original_router=nested.original_router,
            include_context=self.include_context.combine(nested.include_context),
        )

    def effective_low_priority_routes(self) -> list[_EffectiveRouteContext]:
        """Return the effective routes that are tried after all others, nested ones too."""
        version = self.original_router._get_routes_version()
        if version == self._effective_low_priority_routes_version:
            return self._effective_low_priority_routes
        with self._effective_routes_lock:
            version = self.original_router._get_routes_version()
            if version != self._effective_low_priority_routes_version:
                self._effective_low_priority_routes = list(self._build_low_priority())
                self._effective_low_priority_routes_version = version
            return self._effective_low_priority_routes

    def _build_low_priority(self) -> Iterator[_EffectiveRouteContext]:
        limit = self.include_context.max_body_size
        for route in self.original_router._low_priority_routes:
            context = self._build_effective_context(route)
            if context is None:
                continue
            if not isinstance(route, APIRoute):
                placed = context.starlette_route or route
                context.app = names.wrap_app_with_body_limit(placed.handle, limit)
            yield context
        for route in self.original_router.routes:
            if isinstance(route, _IncludedRouter):
                yield from self._branch(route).effective_low_priority_routes()

    def _build_effective_context(self, route: BaseRoute) -> _EffectiveRouteContext | None:
        include = self.include_context
        if isinstance(route, APIRoute):
            return _EffectiveRouteContext.from_api_route(
                original_route=route, include_context=include
            )
        if isinstance(route, _FrontendRouteGroup):
            return _EffectiveRouteContext.from_frontend_route_group(
                original_route=route, include_context=include
            )
        placed = _placed_route(route, include)
        if placed is None:
            return None
        return _EffectiveRouteContext(original_route=route, starlette_route=placed)

    def _match(self, scope: Scope) -> Matched:
        """Return the first full match, else the first partial one.

        Returns:
            The match, what it adds to the scope, the route, and its context if it is a route.
        """
        partial: Matched | None = None
        path = rejectable_path(scope)
        for candidate in self.effective_candidates():
            if path is not None and is_rejected_context(candidate, path):
                continue
            matched = match_candidate(candidate, scope)
            if matched[0] == Match.FULL:
                return matched
            if matched[0] == Match.PARTIAL and partial is None:
                partial = matched
        return partial or (Match.NONE, {}, None, None)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether one of the routes matches; the scope is filled in later."""
        with scope_entry(scope, _FASTAPI_INCLUDED_ROUTER_KEY, self):
            # By way of the router, whose class may override it.
            match, _ = self.original_router.matches(scope)
        return match, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the included router answer, which comes back to `_handle_selected`."""
        _apply_router_form_limits(scope, self.include_context.form_limits)
        _get_fastapi_scope(scope)[_FASTAPI_INCLUDED_ROUTER_KEY] = self
        await self.original_router.handle(scope, receive, send)

    async def _handle_selected(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the route that matches."""
        limit = self.include_context.max_body_size
        _, child_scope, route, context = self._match(scope)
        if route is None:
            default = names.wrap_app_with_body_limit(self.original_router.default, limit)
            await default(scope, receive, send)
            return
        names._update_scope(scope, child_scope)
        if isinstance(route, _IncludedRouter):
            await route.handle(scope, receive, send)
            return
        if context is not None:
            placed_format = getattr(context.starlette_route, "path_format", None)
            names._route_selected(
                scope=scope,
                path=placed_format or context.path_format,
                mount=isinstance(route, routing.Mount),
            )
            _get_fastapi_scope(scope)[_FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY] = context
            if isinstance(context.original_route, APIRoute):
                # Its app has the limit already.
                scope["route"] = context.original_route
                await context.original_route.handle(scope, receive, send)
                return
        handle = names.wrap_app_with_body_limit(route.handle, limit)
        await handle(file_scope(route, scope), receive, send)

    def effective_route_contexts(self) -> Iterator[_EffectiveRouteContext]:
        """Yield the effective routes, those of nested includes too."""
        for candidate in self.effective_candidates():
            if isinstance(candidate, _IncludedRouter):
                yield from candidate.effective_route_contexts()
            else:
                yield candidate

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        """Return the path of the first route with this name and these parameters.

        Raises:
            NoMatchFound: There is none.
        """
        for context in self.effective_route_contexts():
            try:
                return context.url_path_for(name, **path_params)
            except NoMatchFound:
                continue
        raise NoMatchFound(name, path_params)


def match_candidate(candidate: Any, scope: Scope) -> Matched:
    """Return how *candidate*, an effective route or any other one, matches."""
    if not isinstance(candidate, _EffectiveRouteContext):
        return (*match_route(candidate, scope), candidate, None)
    original = candidate.original_route
    if not isinstance(original, APIRoute):
        return (*match_route(candidate, scope), candidate.starlette_route or original, candidate)
    with scope_entry(scope, _FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY, candidate):
        # By way of the route, whose class may override it.
        return (*match_route(original, scope), original, candidate)


def _iter_routes_with_context(
    routes: Sequence[BaseRoute],
) -> Iterator[tuple[BaseRoute, _EffectiveRouteContext | None]]:
    """Yield all routes, included ones with their context."""
    for route in routes:
        if isinstance(route, _IncludedRouter):
            for context in route.effective_route_contexts():
                yield context.original_route, context
        else:
            yield route, None


def _iter_included_route_candidates(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    """Yield all routes, those made for their place instead of their originals."""
    for route, context in _iter_routes_with_context(routes):
        placed = None if context is None else context.starlette_route
        yield route if placed is None else placed


def iter_route_contexts(routes: Sequence[BaseRoute | RouteContext]) -> Iterator[RouteContext]:
    """Yield every route of *routes*, included ones too, in its effective form.

    Args:
        routes: As of ``app.routes``; contexts among them are passed on.
    """
    for route in routes:
        if isinstance(route, RouteContext):
            yield route
            continue
        for original, context in _iter_routes_with_context([route]):
            yield RouteContext(original, context)
