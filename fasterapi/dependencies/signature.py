"""A function -> the tree of what it needs."""

import inspect
from collections.abc import Callable
from typing import Any, Literal

from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from fasterapi import params
from fasterapi._compat import ModelField, lenient_issubclass
from fasterapi._place import add_place
from fasterapi._security_scopes import SecurityScopes
from fasterapi.concurrency import _DependencyConcurrency
from fasterapi.dependencies.models import Dependant, _get_computed_scope, call_kind
from fasterapi.dependencies.parameter import analyze_param, is_injected
from fasterapi.dependencies.typed import TypedParameter, get_typed_parameters
from fasterapi.exceptions import DependencyScopeError, UsageError
from fasterapi.utils import get_path_param_names

# Class -> attribute of Dependant with the name of the parameter that gets an instance. The order
# counts: Request and WebSocket derive from HTTPConnection.
_INJECTED: tuple[tuple[type[Any], str], ...] = (
    (Request, "request_param_name"),
    (WebSocket, "websocket_param_name"),
    (HTTPConnection, "http_connection_param_name"),
    (Response, "response_param_name"),
    (StarletteBackgroundTasks, "background_tasks_param_name"),
    (SecurityScopes, "security_scopes_param_name"),
)

_FIELDS_BY_PLACE: dict[Any, str] = {
    params.ParamTypes.path: "path_params",
    params.ParamTypes.query: "query_params",
    params.ParamTypes.header: "header_params",
    params.ParamTypes.cookie: "cookie_params",
}


def _security_scopes(depends: params.Depends) -> list[str]:
    return list(depends.scopes or ()) if isinstance(depends, params.Security) else []


def get_parameterless_sub_dependant(*, depends: params.Depends, path: str) -> Dependant:
    """The tree of a dependency that nobody takes the result of.

    Args:
        depends: One of a route's, router's or app's ``dependencies=[...]``.
        path: The route's path.
    """
    call = getattr(depends, "dependency", None)
    if not callable(call):
        raise AssertionError(
            "A parameter-less dependency must have a callable dependency: Depends(function), "
            f"got {repr(depends)[:200]}"
        )
    return get_dependant(
        path=path,
        call=call,
        scope=depends.scope,
        concurrency=depends._concurrency,  # noqa: SLF001 - the limiter belongs to the package
        own_oauth_scopes=_security_scopes(depends),
    )


def get_dependant(
    *,
    path: str,
    call: Callable[..., Any],
    name: str | None = None,
    own_oauth_scopes: list[str] | None = None,
    parent_oauth_scopes: list[str] | None = None,
    use_cache: bool = True,
    scope: Literal["function", "request"] | None = None,
    concurrency: _DependencyConcurrency | None = None,
) -> Dependant:
    """The tree of what *call* and its dependencies need.

    Args:
        path: The route's path; names in its braces are path parameters.
        call: The endpoint or dependency.
        name: The parameter that gets the result.
        own_oauth_scopes: Scopes that are asked for where *call* is depended on.
        parent_oauth_scopes: Scopes that are asked for above.
        use_cache: Whether a result that the request has already may be used.
        scope: When a generator is closed.
        concurrency: How many calls may run at once.

    Raises:
        AssertionError: a parameter is declared in a way that contradicts itself.
        DependencyScopeError: a dependency would outlive one that it needs.
        FastAPIError: an annotation is nothing pydantic can validate.
        UsageError: a dependency needs itself, or a parameter cannot be given by name.
    """
    root = Dependant(
        call=call,
        name=name,
        path=path,
        use_cache=use_cache,
        scope=scope,
        concurrency=concurrency,
        own_oauth_scopes=own_oauth_scopes,
        parent_oauth_scopes=parent_oauth_scopes,
    )
    _add_parameters(root, path=path, path_names=get_path_param_names(path), chain=(call,))
    return root


def _add_parameters(
    dependant: Dependant, *, path: str, path_names: set[str], chain: tuple[Any, ...]
) -> None:
    """Fill in *dependant*, whose ancestors' callables and own are *chain*."""
    call: Any = dependant.call
    for param in get_typed_parameters(call):
        try:
            _add_parameter(dependant, param, path=path, path_names=path_names, chain=chain)
        except UsageError:
            raise  # names the functions itself
        except Exception as error:
            add_place(error, f"parameter {param.name!r} of {_describe(call)}")
            raise


def _add_parameter(
    dependant: Dependant,
    param: TypedParameter,
    *,
    path: str,
    path_names: set[str],
    chain: tuple[Any, ...],
) -> None:
    if param.kind is inspect.Parameter.POSITIONAL_ONLY:
        raise UsageError(
            f"{_describe(dependant.call)}: parameter {param.name!r} is positional only, but"
            " arguments are passed by name; remove the '/' from the signature"
        )
    details = analyze_param(
        param_name=param.name,
        annotation=param.annotation,
        value=param.default,
        path_param_names=path_names,
    )
    if details.depends is not None:
        child = _child(dependant, param.name, details.depends, path)
        if any(child.call is ancestor for ancestor in chain):
            raise UsageError(_cycle_message((*chain, child.call)))
        _add_parameters(child, path=path, path_names=path_names, chain=(*chain, child.call))
        dependant.dependencies.append(child)
    elif add_non_field_param_to_dependency(
        param_name=param.name, type_annotation=details.type_annotation, dependant=dependant
    ):
        if details.field is not None:
            raise AssertionError(f"Cannot specify multiple FastAPI annotations for {param.name!r}")
    elif details.field is not None:
        _add_field(details.field, dependant)


def _child(dependant: Dependant, name: str, depends: params.Depends, path: str) -> Dependant:
    call: Any = dependant.call
    outlives = (
        call_kind(call).is_any_generator and _get_computed_scope(dependant=dependant) == "request"
    )
    if outlives and depends.scope == "function":
        call_name = getattr(call, "__name__", "<unnamed_callable>")
        raise DependencyScopeError(
            f'The dependency "{call_name}" has a scope of "request", it cannot depend on'
            ' dependencies with scope "function".'
        )
    return Dependant(
        call=depends.dependency,
        name=name,
        path=path,
        use_cache=depends.use_cache,
        scope=depends.scope,
        concurrency=depends._concurrency,  # noqa: SLF001 - the limiter belongs to the package
        own_oauth_scopes=_security_scopes(depends),
        parent_oauth_scopes=[
            *(dependant.parent_oauth_scopes or ()),
            *(dependant.own_oauth_scopes or ()),
        ],
    )


def _describe(call: Any) -> str:
    """Name, file and line of *call*, as far as it has them."""
    name = getattr(call, "__qualname__", None) or repr(call)[:200]
    code = getattr(inspect.unwrap(call), "__code__", None)
    return name if code is None else f"{name} ({code.co_filename}:{code.co_firstlineno})"


def _cycle_message(chain: tuple[Any, ...]) -> str:
    return "dependencies need each other: " + " -> ".join(map(_describe, chain))


def add_non_field_param_to_dependency(
    *, param_name: str, type_annotation: Any, dependant: Dependant
) -> bool | None:
    """Note the parameter if it is the request, the response or another object of the framework.

    Returns:
        True if it is, else None.
    """
    if not is_injected(type_annotation):
        return None
    for injected, attribute in _INJECTED:
        if lenient_issubclass(type_annotation, injected):
            setattr(dependant, attribute, param_name)
            return True
    return None


def _add_field(field: ModelField, dependant: Dependant) -> None:
    if isinstance(field.field_info, params.Body):
        dependant.body_params.append(field)
    else:
        add_param_to_fields(field=field, dependant=dependant)


def add_param_to_fields(*, field: ModelField, dependant: Dependant) -> None:
    """Add *field* to the parameters of the place that it is read from.

    Raises:
        AssertionError: *field* is not from path, query, headers or cookies.
    """
    attribute = _FIELDS_BY_PLACE.get(getattr(field.field_info, "in_", None))
    if attribute is None:
        raise AssertionError(
            f"non-body parameters must be in path, query, header or cookie: {field.name}"
        )
    getattr(dependant, attribute).append(field)


__all__ = (
    "add_non_field_param_to_dependency",
    "add_param_to_fields",
    "get_dependant",
    "get_parameterless_sub_dependant",
)
