"""Effective routes: what a route becomes where its router is included."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from starlette import routing
from starlette.datastructures import URLPath
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Scope

import fasterapi.routing as names
from fasterapi import params
from fasterapi._body_limit import get_body_size_limit
from fasterapi._compat import ModelField
from fasterapi.datastructures import Default, DefaultPlaceholder
from fasterapi.dependencies.models import Dependant
from fasterapi.routing.frontend import (
    _frontend_dependency_endpoint,
    _FrontendRouteGroup,
)
from fasterapi.routing.paths import LazyPathRegex
from fasterapi.routing.route import APIRoute, build_app
from fasterapi.routing.scope import _effective_route_context_var
from fasterapi.routing.state import assign_state, build_tree
from fasterapi.types import IncEx
from fasterapi.utils import generate_unique_id, get_value_or_default

if TYPE_CHECKING:
    from fasterapi.routing.include import _RouterIncludeContext

_TAKEN_OPTIONS = (
    "response_model",
    "status_code",
    "summary",
    "description",
    "response_description",
    "methods",
    "operation_id",
    "response_model_include",
    "response_model_exclude",
    "response_model_by_alias",
    "response_model_exclude_unset",
    "response_model_exclude_defaults",
    "response_model_exclude_none",
    "name",
    "openapi_extra",
)
"""Options that an include leaves as they are."""


def _effective_options(route: APIRoute, include: "_RouterIncludeContext") -> dict[str, Any]:
    """Return the options of *route* as changed by being included."""
    router = include.included_router
    options = {option: getattr(route, option) for option in _TAKEN_OPTIONS}
    options["tags"] = [*include.tags, *route.tags]
    options["dependencies"] = [*include.dependencies, *route.dependencies]
    options["responses"] = {**include.responses, **route.responses}
    options["callbacks"] = [*include.callbacks, *(route.callbacks or [])]
    options["deprecated"] = route.deprecated or include.deprecated
    options["include_in_schema"] = route.include_in_schema and include.include_in_schema
    options["dependency_overrides_provider"] = include.dependency_overrides_provider
    options["max_body_size"] = get_body_size_limit(route.max_body_size, include.max_body_size)
    for option, of_router, of_include in (
        ("response_class", router.default_response_class, include.default_response_class),
        (
            "generate_unique_id_function",
            router.generate_unique_id_function,
            include.generate_unique_id_function,
        ),
        ("strict_content_type", router.strict_content_type, include.strict_content_type),
    ):
        options[option] = get_value_or_default(getattr(route, option), of_router, of_include)
    return options


@dataclass
class _EffectiveRouteContext:
    """A route under the prefix, tags, dependencies, ... of the routers that include it.

    For an `APIRoute` it has the route's own attributes in their effective form. For a group of
    frontends, the prefix and the dependencies. For every other kind ``starlette_route`` is a
    route made for the place.

    Attributes:
        original_route: The route in the included router.
        app: Answers a request; for an `APIRoute`, built for this context.
    """

    original_route: BaseRoute
    starlette_route: BaseRoute | None = None
    app: ASGIApp | None = field(default=None, repr=False, compare=False)
    frontend_prefix: str = ""
    path: str = ""
    endpoint: Callable[..., Any] | None = None
    stream_item_type: Any | None = None
    response_model: Any = None
    summary: str | None = None
    response_description: str = "Successful Response"
    deprecated: bool | None = None
    operation_id: str | None = None
    response_model_include: IncEx | None = None
    response_model_exclude: IncEx | None = None
    response_model_by_alias: bool = True
    response_model_exclude_unset: bool = False
    response_model_exclude_defaults: bool = False
    response_model_exclude_none: bool = False
    include_in_schema: bool = True
    response_class: type[Response] | DefaultPlaceholder = field(
        default_factory=lambda: Default(JSONResponse)
    )
    dependency_overrides_provider: Any | None = None
    callbacks: list[BaseRoute] | None = None
    openapi_extra: dict[str, Any] | None = None
    generate_unique_id_function: Callable[[Any], str] | DefaultPlaceholder = field(
        default_factory=lambda: Default(generate_unique_id)
    )
    strict_content_type: bool | DefaultPlaceholder = field(default_factory=lambda: Default(True))
    max_body_size: int | None = None
    tags: list[str | Enum] = field(default_factory=list)
    responses: dict[int | str, dict[str, Any]] = field(default_factory=dict)
    name: str = ""
    path_format: str = ""
    param_convertors: dict[str, Any] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)
    unique_id: str = ""
    status_code: int | None = None
    response_field: ModelField | None = None
    stream_item_field: ModelField | None = None
    dependencies: list[params.Depends] = field(default_factory=list)
    description: str = ""
    response_fields: dict[int | str, ModelField] = field(default_factory=dict)
    dependant: Dependant | None = None
    _embed_body_fields: bool = False
    body_field: ModelField | None = None
    is_sse_stream: bool = False
    is_json_stream: bool = False
    _own_app: ASGIApp | None = field(default=None, repr=False, compare=False)
    _handler_is_own: bool = field(default=False, repr=False, compare=False)

    path_regex = LazyPathRegex()

    @classmethod
    def from_api_route(
        cls, *, original_route: APIRoute, include_context: "_RouterIncludeContext"
    ) -> "_EffectiveRouteContext":
        """Return the context of a path operation."""
        context = cls(original_route=original_route)
        parts = getattr(original_route, "_parts", None)
        assign_state(
            context,
            include_context.path_for(original_route),
            original_route.endpoint,
            _effective_options(original_route, include_context),
            stream_item_type=original_route.stream_item_type,
            donor=parts and parts.for_include(include_context.shared_parts),
        )
        # `get_route_handler` may be overridden with a signature that knows no contexts.
        token = _effective_route_context_var.set(context)
        try:
            context.app = build_app(original_route, context.max_body_size)
        finally:
            _effective_route_context_var.reset(token)
        context._own_app = context.app
        # Asked again: the methods of its class may have been replaced since it was made.
        context._handler_is_own = original_route._handler_is_own and original_route._is_plain()
        return context

    @classmethod
    def from_frontend_route_group(
        cls, *, original_route: _FrontendRouteGroup, include_context: "_RouterIncludeContext"
    ) -> "_EffectiveRouteContext":
        """Return the context of a router's frontends."""
        dependencies = [*include_context.dependencies, *original_route.dependencies]
        context = cls(
            original_route=original_route,
            frontend_prefix=include_context.prefix,
            dependencies=dependencies,
            dependency_overrides_provider=include_context.dependency_overrides_provider,
        )
        context.dependant, _, context._embed_body_fields = build_tree(
            "", _frontend_dependency_endpoint, dependencies
        )
        return context

    def _placed(self) -> BaseRoute:
        """Return the route made for the place, of contexts that are no path operation's."""
        if self.starlette_route is None:
            raise AssertionError(f"{self.original_route!r} has no effective route")
        return self.starlette_route

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the request matches here, and what that adds to the scope."""
        original = self.original_route
        if isinstance(original, _FrontendRouteGroup):
            return original.matches_with_prefix(scope, self.frontend_prefix)
        if not isinstance(original, APIRoute):
            return self._placed().matches(scope)
        if scope["type"] != "http":
            return Match.NONE, {}
        found = self.path_regex.match(names.get_route_path(scope))
        if not found:
            return Match.NONE, {}
        captured = {
            name: self.param_convertors[name].convert(text)
            for name, text in found.groupdict().items()
        }
        child_scope = {
            "endpoint": self.endpoint,
            "path_params": {**scope.get("path_params", {}), **captured},
        }
        is_refused = self.methods and scope["method"] not in self.methods
        return (Match.PARTIAL if is_refused else Match.FULL), child_scope

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        """Return the path for *name* and the parameters.

        Raises:
            NoMatchFound: This route has another name or other parameters.
        """
        if not isinstance(self.original_route, APIRoute):
            return self._placed().url_path_for(name, **path_params)
        if name != self.name or path_params.keys() != self.param_convertors.keys():
            raise routing.NoMatchFound(name, path_params)
        path, _ = routing.replace_params(self.path_format, self.param_convertors, path_params)
        return URLPath(path=path, protocol="http")


@dataclass(frozen=True)
class RouteContext:
    """A route as an app serves it, for tools that list routes.

    Attributes are those of the effective route, e.g. ``path`` with all prefixes.

    Attributes:
        route: The route in its own router.
    """

    route: BaseRoute
    _route_context: _EffectiveRouteContext | None = field(default=None, repr=False)

    @property
    def original_route(self) -> BaseRoute:
        """The route in its own router."""
        if self._route_context is None:
            return self.route
        return self._route_context.original_route

    @property
    def _effective_route(self) -> BaseRoute | _EffectiveRouteContext:
        context = self._route_context
        if context is None:
            return self.route
        return context.starlette_route or context

    @property
    def path(self) -> str | None:
        """Path with all prefixes."""
        return getattr(self._effective_route, "path", None)

    @property
    def path_format(self) -> str | None:
        """Path with all prefixes, without convertors."""
        return getattr(self._effective_route, "path_format", None)

    @property
    def name(self) -> str | None:
        """Name for ``url_path_for``."""
        return getattr(self._effective_route, "name", None)

    @property
    def methods(self) -> set[str] | None:
        """HTTP methods in upper case."""
        return getattr(self._effective_route, "methods", None)

    @property
    def endpoint(self) -> Callable[..., Any] | None:
        """The function that answers."""
        return getattr(self._effective_route, "endpoint", None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._effective_route, name)
