"""Routes: one path, some methods, one endpoint."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

from collections.abc import Callable, Coroutine, Sequence
from enum import Enum
from typing import Any, Final, Protocol

from starlette import routing
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, get_name
from starlette.types import Receive, Scope, Send
from typing_extensions import Unpack

import fasterapi.routing as names
from fasterapi import params
from fasterapi._compat import ModelField
from fasterapi._form_limits import _FormLimits, _validate_form_limits
from fasterapi._place import placed
from fasterapi.datastructures import Default, DefaultPlaceholder
from fasterapi.dependencies.models import Dependant
from fasterapi.executors import place
from fasterapi.routing import patchpoints
from fasterapi.routing.native import Native, bind_native, native_of
from fasterapi.routing.options import RouteSettings, complete, show_options
from fasterapi.routing.paths import LazyPathRegex, assign_path, route_location
from fasterapi.routing.scope import (
    _effective_route_context_var,
    _get_scope_effective_route_context,
)
from fasterapi.routing.state import RouteParts, assign_state, build_tree
from fasterapi.routing.verbs import OPTION_DEFAULTS, VERB_SIGNATURE
from fasterapi.routing.watched import HANDLING, Watched
from fasterapi.types import IncEx

__all__ = ("SETTING_DEFAULTS", "APIRoute", "APIWebSocketRoute", "build_app", "has_own_builders")

_EXTRA_SETTINGS: Final = {
    "methods": None,
    "dependency_overrides_provider": None,
    "strict_content_type": Default(True),
}
SETTING_DEFAULTS: Final = OPTION_DEFAULTS | _EXTRA_SETTINGS
"""Every keyword of `APIRoute` and its default."""

_APP_BUILDERS: Final = ("get_request_handler", "request_response", "wrap_app_with_body_limit")


class _APIRouteLike(Protocol):
    """What an `APIRoute` and its effective contexts have in common."""

    path: str
    endpoint: Callable[..., Any]
    stream_item_type: Any | None
    response_model: Any
    summary: str | None
    response_description: str
    deprecated: bool | None
    operation_id: str | None
    response_model_include: IncEx | None
    response_model_exclude: IncEx | None
    response_model_by_alias: bool
    response_model_exclude_unset: bool
    response_model_exclude_defaults: bool
    response_model_exclude_none: bool
    include_in_schema: bool
    response_class: type[Response] | DefaultPlaceholder
    dependency_overrides_provider: Any | None
    callbacks: list[BaseRoute] | None
    openapi_extra: dict[str, Any] | None
    generate_unique_id_function: Callable[[Any], str] | DefaultPlaceholder
    strict_content_type: bool | DefaultPlaceholder
    max_body_size: int | None
    tags: list[str | Enum]
    responses: dict[int | str, dict[str, Any]]
    name: str
    path_regex: Any
    path_format: str
    param_convertors: dict[str, Any]
    methods: set[str]
    unique_id: str
    status_code: int | None
    response_field: ModelField | None
    stream_item_field: ModelField | None
    dependencies: list[params.Depends]
    description: str
    response_fields: dict[int | str, ModelField]
    dependant: Dependant
    _embed_body_fields: bool
    body_field: ModelField | None
    is_sse_stream: bool
    is_json_stream: bool


def has_own_builders() -> bool:
    """Return whether nobody has replaced what makes an app of a route's handler."""
    return all(map(patchpoints.is_original, _APP_BUILDERS))


def build_app(route: Any, max_body_size: int | None) -> Any:
    """Return the ASGI app of *route*, limited to bodies of *max_body_size* bytes."""
    app = names.request_response(route.get_route_handler())
    return names.wrap_app_with_body_limit(app, max_body_size)


class APIRoute(Watched, routing.Route):
    """A path operation.

    Subclasses may override `get_route_handler`, `matches` and `handle`; the options are
    those of the route decorators, see `fasterapi.routing.verbs.BoundVerb`.

    Attributes:
        dependant: The endpoint's parameters and dependencies, a tree.
        response_field: Validates and serialises the result; None if it has no model.
        body_field: Field of the whole body; None if none is read.
        unique_id: OpenAPI operation id.
        app: Answers a request that matched.
    """

    stream_item_type: Any | None
    response_model: Any
    summary: str | None
    response_description: str
    deprecated: bool | None
    operation_id: str | None
    response_model_include: IncEx | None
    response_model_exclude: IncEx | None
    response_model_by_alias: bool
    response_model_exclude_unset: bool
    response_model_exclude_defaults: bool
    response_model_exclude_none: bool
    include_in_schema: bool
    response_class: type[Response] | DefaultPlaceholder
    dependency_overrides_provider: Any | None
    callbacks: list[BaseRoute] | None
    openapi_extra: dict[str, Any] | None
    generate_unique_id_function: Callable[[Any], str] | DefaultPlaceholder
    strict_content_type: bool | DefaultPlaceholder
    max_body_size: int | None
    tags: list[str | Enum]
    responses: dict[int | str, dict[str, Any]]
    unique_id: str
    status_code: int | None
    response_field: ModelField | None
    stream_item_field: ModelField | None
    dependencies: list[params.Depends]
    description: str
    response_fields: dict[int | str, ModelField]
    dependant: Dependant
    _embed_body_fields: bool
    body_field: ModelField | None
    is_sse_stream: bool
    is_json_stream: bool
    form_limits: _FormLimits
    cancel_on_disconnect: bool | None
    _native: Native | None = None

    path_regex = LazyPathRegex()

    @show_options(VERB_SIGNATURE, _EXTRA_SETTINGS)
    def __init__(
        self, path: str, endpoint: Callable[..., Any], **settings: Unpack[RouteSettings]
    ) -> None:
        options = complete(settings, SETTING_DEFAULTS, "APIRoute.__init__")
        self.form_limits = _validate_form_limits(options["form_limits"])
        self.cancel_on_disconnect = options["cancel_on_disconnect"]
        endpoint = place(bind_native(endpoint, options), options["executor"])
        self._native = native_of(endpoint, options)
        body_params = assign_state(self, path, endpoint, options)
        self._parts = RouteParts.of(self, body_params)
        self.app = self._own_app = build_app(self, self.max_body_size)
        self._handler_is_own = self._is_plain()
        self._is_built = True

    def _is_plain(self) -> bool:
        """Return whether a compiled plan may stand in for this route's handler."""
        kind = type(self)
        return has_own_builders() and (
            kind is APIRoute
            or all(getattr(kind, method) is getattr(APIRoute, method) for method in HANDLING)
        )

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the coroutine function that makes the response for a request."""
        context = _effective_route_context_var.get()
        is_for_context = context is not None and context.original_route is self
        route: Any = context if is_for_context else self
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = names.get_request_handler(
            dependant=route.dependant,
            body_field=route.body_field,
            status_code=route.status_code,
            response_class=route.response_class,
            response_field=route.response_field,
            response_model_include=route.response_model_include,
            response_model_exclude=route.response_model_exclude,
            response_model_by_alias=route.response_model_by_alias,
            response_model_exclude_unset=route.response_model_exclude_unset,
            response_model_exclude_defaults=route.response_model_exclude_defaults,
            response_model_exclude_none=route.response_model_exclude_none,
            dependency_overrides_provider=route.dependency_overrides_provider,
            embed_body_fields=route._embed_body_fields,
            strict_content_type=route.strict_content_type,
            form_limits=self.form_limits,
            stream_item_field=route.stream_item_field,
            is_json_stream=route.is_json_stream,
        )
        return handler if self._native is None else self._native.handler_for(route, handler)

    def _context_of(self, scope: Scope) -> Any | None:
        """Return the effective context under which an include asks for this route."""
        context = _get_scope_effective_route_context(scope)
        if context is not None and context.original_route is self:
            return context
        return None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether path and method match, and what that adds to the scope."""
        context = self._context_of(scope)
        if context is None:
            match, child_scope = super().matches(scope)
        else:
            match, child_scope = context.matches(scope)
        if match != Match.NONE:
            child_scope["route"] = self
        return match, child_scope

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that matched, or refuse its method."""
        context = self._context_of(scope)
        if context is None:
            await super().handle(scope, receive, send)
        elif context.methods and scope["method"] not in context.methods:
            await _refuse_method(context.methods, scope, receive, send)
        else:
            await context.app(scope, receive, send)


async def _refuse_method(methods: set[str], scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"Allow": ", ".join(methods)}
    if "app" in scope:
        # The app's handler for 405 answers.
        raise HTTPException(405, headers=headers)
    response = PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)
    await response(scope, receive, send)


def _populate_api_route_state(
    route: _APIRouteLike,
    path: str,
    endpoint: Callable[..., Any],
    *,
    stream_item_type: Any | None = None,
    **settings: Unpack[RouteSettings],
) -> None:
    """Set on *route* all that follows from its options."""
    options = complete(settings, SETTING_DEFAULTS, "_populate_api_route_state")
    assign_state(route, path, endpoint, options, stream_item_type=stream_item_type)


class APIWebSocketRoute(Watched, routing.WebSocketRoute):
    """A WebSocket endpoint with parameters and dependencies."""

    path_regex = LazyPathRegex()

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        name: str | None = None,
        dependencies: Sequence[params.Depends] | None = None,
        dependency_overrides_provider: Any | None = None,
    ) -> None:
        self.path = path
        self.endpoint = endpoint
        self.name = get_name(endpoint) if name is None else name
        self.dependencies = list(dependencies or [])
        self.dependency_overrides_provider = dependency_overrides_provider
        assign_path(self, path, endpoint)
        with placed(lambda: route_location(path, endpoint)):
            self.dependant, _, self._embed_body_fields = build_tree(
                self.path_format, endpoint, self.dependencies
            )
        self.app = self._own_app = names.websocket_session(
            names.get_websocket_app(
                dependant=self.dependant,
                dependency_overrides_provider=dependency_overrides_provider,
                embed_body_fields=self._embed_body_fields,
            )
        )
        self._is_built = True

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the path matches, and what that adds to the scope."""
        match, child_scope = super().matches(scope)
        if match != Match.NONE:
            child_scope["route"] = self
        return match, child_scope
