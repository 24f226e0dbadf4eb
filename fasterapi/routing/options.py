"""The options of one route, written once."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute
from typing_extensions import TypedDict

from fasterapi import params
from fasterapi._form_limits import _FormLimits
from fasterapi._speedups.native import CompiledHandler
from fasterapi.datastructures import DefaultPlaceholder
from fasterapi.executors import Executor
from fasterapi.types import DecoratedCallable, HandlerType, IncEx

__all__ = (
    "IncludeOptions",
    "RegistrationOptions",
    "RouteOptions",
    "RouteSettings",
    "complete",
    "show_options",
)


class _CommonOptions(TypedDict, total=False):
    response_model: Any
    status_code: int | None
    tags: list[str | Enum] | None
    dependencies: Sequence[params.Depends] | None
    summary: str | None
    description: str | None
    response_description: str
    responses: dict[int | str, dict[str, Any]] | None
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
    name: str | None
    callbacks: list[BaseRoute] | None
    openapi_extra: dict[str, Any] | None
    generate_unique_id_function: Callable[[Any], str] | DefaultPlaceholder
    max_body_size: int | None
    form_limits: _FormLimits | None
    executor: Executor | None
    cancel_on_disconnect: bool | None
    handler_type: HandlerType | None
    native: str | CompiledHandler | None
    refresh_every: float | None


class RouteOptions(_CommonOptions, total=False, closed=True):
    """Keyword options of the eight decorators.

    `BoundVerb.__call__` documents each of them and holds the defaults;
    `tests/contracts/test_route_options.py` keeps both lists equal.
    """


class RegistrationOptions(_CommonOptions, total=False, closed=True):
    """Keyword options of ``add_api_route`` and ``api_route``.

    Beside those of the decorators: the methods, the class of the route, and whether a JSON
    body must be declared as JSON.
    """

    methods: set[str] | list[str] | None
    route_class_override: type[Any] | None
    strict_content_type: bool | DefaultPlaceholder


class RouteSettings(_CommonOptions, total=False, closed=True):
    """Keyword options of `APIRoute`; whoever makes one by hand names its overrides provider."""

    methods: set[str] | list[str] | None
    dependency_overrides_provider: Any | None
    strict_content_type: bool | DefaultPlaceholder


class IncludeOptions(TypedDict, total=False, closed=True):
    """Keyword options of ``include_router``; `APIRouter.include_router` documents them."""

    prefix: str
    tags: list[str | Enum] | None
    dependencies: Sequence[params.Depends] | None
    default_response_class: type[Response]
    responses: dict[int | str, dict[str, Any]] | None
    callbacks: list[BaseRoute] | None
    deprecated: bool | None
    include_in_schema: bool
    generate_unique_id_function: Callable[[Any], str]
    max_body_size: int | None
    form_limits: _FormLimits | None


def complete(
    given: Mapping[str, Any], defaults: Mapping[str, Any], function_name: str
) -> dict[str, Any]:
    """Return *defaults* with *given* laid over them.

    Raises:
        TypeError: *given* has a name that *defaults* has not; worded as Python words it.
    """
    merged = {**defaults, **given}
    if len(merged) != len(defaults):
        unknown = next(name for name in given if name not in defaults)
        raise TypeError(f"{function_name}() got an unexpected keyword argument {unknown!r}")
    return merged


def show_options(
    documented: inspect.Signature, extra: Mapping[str, Any] = MappingProxyType({})
) -> Callable[[DecoratedCallable], DecoratedCallable]:
    """Return a decorator that lists the options one by one in a function's signature.

    Args:
        documented: Signature that has all decorator options as keyword-only parameters.
        extra: Further options and their defaults.
    """

    def decorate(function: DecoratedCallable) -> DecoratedCallable:
        own = inspect.signature(function)
        shown = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
        shown += [p for p in documented.parameters.values() if p.kind is p.KEYWORD_ONLY]
        shown += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Any)
            for name, default in extra.items()
        ]
        function.__signature__ = own.replace(parameters=shown)  # type: ignore[attr-defined]
        return function

    return decorate
