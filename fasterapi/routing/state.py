"""What a route knows of itself, computed once from its options.

A router that is included elsewhere gives each of its routes a second set of this state.
Most of it is the same, so the first one's parts are used again instead of being computed:
analysing an endpoint and building pydantic adapters is nearly all of an app's start-up.
"""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

import inspect
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from enum import IntEnum
from operator import attrgetter, itemgetter
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, get_name

import fasterapi.routing as names
from fasterapi import params
from fasterapi._body_limit import validate_max_body_size
from fasterapi._compat import ModelField, lenient_issubclass
from fasterapi._place import add_place
from fasterapi.datastructures import DefaultPlaceholder
from fasterapi.dependencies.body import refuse_two_bodies
from fasterapi.dependencies.definition import Definition
from fasterapi.dependencies.models import Dependant, _is_async_gen_callable, _is_gen_callable
from fasterapi.dependencies.utils import (
    _get_flat_body_params,
    _should_embed_body_fields,
    get_stream_item_type,
    get_typed_return_annotation,
)
from fasterapi.routing import patchpoints
from fasterapi.routing.paths import assign_path, require, route_location
from fasterapi.routing.watched import attributes_of
from fasterapi.sse import EventSourceResponse, ServerSentEvent

__all__ = ("RouteParts", "assign_state", "build_tree")

Depends = params.Depends
Tree = tuple[Dependant, list[ModelField], bool]

_COPIED_OPTIONS = (
    "summary",
    "response_description",
    "deprecated",
    "operation_id",
    "response_model_include",
    "response_model_exclude",
    "response_model_by_alias",
    "response_model_exclude_unset",
    "response_model_exclude_defaults",
    "response_model_exclude_none",
    "include_in_schema",
    "response_class",
    "dependency_overrides_provider",
    "callbacks",
    "openapi_extra",
    "generate_unique_id_function",
    "strict_content_type",
    "max_body_size",
)
_copied_from = itemgetter(*_COPIED_OPTIONS)

# What reusing parts of another route presupposes to be the framework's own.
_BUILDERS = (
    "get_dependant",
    "get_parameterless_sub_dependant",
    "create_model_field",
    "_build_dependant_with_parameterless_dependencies",
    "_get_body_field",
)


@dataclass(slots=True)  # PERF: not frozen, which takes thrice as long to make
class RouteParts:
    """The expensive parts of one route, as they were when it was made.

    The dependant is a copy: tools change the route's own in place, and FastAPI builds an
    included route from the endpoint, not from a changed original.
    """

    path: str
    endpoint: Callable[..., Any]
    dependencies: tuple[Depends, ...]
    dependant: Dependant
    definition: Definition
    body_params: list[ModelField]
    embeds_body: bool
    body_field: ModelField | None
    unique_id: str
    response_model: Any
    response_field: ModelField | None
    stream_item_type: Any
    stream_item_field: ModelField | None
    responses: Mapping[int | str, dict[str, Any]]
    response_fields: Mapping[int | str, ModelField]
    shared: dict[Any, Any]
    """Parts that come from the include and serve all of its routes."""

    @classmethod
    def of(cls, route: Any, body_params: list[ModelField]) -> "RouteParts":
        """Return the parts of a finished *route*."""
        return cls(
            path=route.path,
            endpoint=route.endpoint,
            dependencies=tuple(route.dependencies),
            dependant=_copied(route.dependant),
            definition=Definition(route.dependant),
            body_params=body_params,
            embeds_body=route._embed_body_fields,
            body_field=route.body_field,
            unique_id=route.unique_id,
            response_model=route.response_model,
            response_field=route.response_field,
            stream_item_type=route.stream_item_type,
            stream_item_field=route.stream_item_field,
            responses=dict(route.responses),
            response_fields=dict(route.response_fields),
            shared={},
        )

    def for_include(self, shared: dict[Any, Any]) -> "RouteParts | None":
        """Return these parts for use in an include; None if they must be built anew."""
        if all(map(patchpoints.is_original, _BUILDERS)) and self.definition.holds(self.dependant):
            return replace(self, shared=shared)
        return None

    def have_dependencies_of(self, dependencies: Sequence[Depends], added: int) -> bool:
        """Return whether *dependencies* are *added* new ones and then the very same ones."""
        return len(dependencies) == added + len(self.dependencies) and all(
            mine is theirs
            for mine, theirs in zip(self.dependencies, dependencies[added:], strict=True)
        )

    def has_body_of(self, route: Any) -> bool:
        """Return whether the body field does for *route*, which has the same parameters.

        A body model that was made for a route is called after its unique id.
        """
        field = self.body_field
        if field is None or self.unique_id == route.unique_id:
            return True
        return field is self.body_params[0]


_values_of = attrgetter(*Dependant.__slots__)  # in the order of its arguments


def _copied(dependant: Dependant) -> Dependant:
    copied = Dependant(*_values_of(dependant))
    copied.dependencies = list(dependant.dependencies)
    return copied


def _build_dependant_with_parameterless_dependencies(
    *, path: str, call: Callable[..., Any], dependencies: Sequence[Depends]
) -> Tree:
    """Return the dependant of *call*, its body parameters, and whether they are embedded.

    *dependencies* come before those of the signature.
    """
    dependant = names.get_dependant(path=path, call=call, scope="function")
    dependant.dependencies[:0] = [
        names.get_parameterless_sub_dependant(depends=depends, path=path)
        for depends in dependencies
    ]
    body_params = _get_flat_body_params(dependant)
    return dependant, body_params, _should_embed_body_fields(body_params)


def build_tree(path: str, call: Callable[..., Any], dependencies: Sequence[Depends]) -> Tree:
    """Return `_build_dependant_with_parameterless_dependencies`, whoever provides it now."""
    tree: Tree = names._build_dependant_with_parameterless_dependencies(
        path=path, call=call, dependencies=dependencies
    )
    return tree


def _reused_tree(route: Any, donor: RouteParts) -> Tree | None:
    """Return the donor's tree with the include's dependencies before it, if that is right.

    It is if nothing but the literal text of the path differs: the analysis of a signature
    depends on the names of the path's parameters.
    """
    added = len(route.dependencies) - len(donor.dependencies)
    prefix = route.path.removesuffix(donor.path)
    if (
        "{" in prefix
        or not route.path.endswith(donor.path)
        or added < 0
        or route.endpoint is not donor.endpoint
        or not donor.have_dependencies_of(route.dependencies, added)
    ):
        return None
    dependant = _copied(donor.dependant)
    dependant.path = route.path_format
    if not added:
        return dependant, donor.body_params, donor.embeds_body
    dependant.dependencies[:0] = [
        _shared_sub_dependant(depends, route, donor.shared)
        for depends in route.dependencies[:added]
    ]
    body_params = _get_flat_body_params(dependant)
    if list(map(id, body_params)) == list(map(id, donor.body_params)):
        return dependant, donor.body_params, donor.embeds_body
    return dependant, body_params, _should_embed_body_fields(body_params)


def _shared_sub_dependant(depends: Depends, route: Any, shared: dict[Any, Any]) -> Dependant:
    key = (id(depends), frozenset(route.param_convertors))
    known = shared.get(key)
    if known is None:
        built = names.get_parameterless_sub_dependant(depends=depends, path=route.path_format)
        # The declaration is kept with its entry, so that its id stays its own.
        known = shared[key] = (depends, built)
    found: Dependant = known[1]
    return found


def _renamed(field: ModelField, name: str) -> ModelField:
    clone = copy(field)
    clone.name = name
    return clone


def _response_field(name: str, model: Any) -> ModelField:
    field: ModelField = names.create_model_field(name=name, type_=model, mode="serialization")
    return field


def _assign_identity(route: Any, put: Any, path: str, options: Mapping[str, Any]) -> None:
    """Set name, path, methods and unique id; a custom id function may read all options."""
    endpoint = route.endpoint
    put["tags"] = options["tags"] or []
    put["responses"] = options["responses"] or {}
    name = options["name"]
    put["name"] = get_name(endpoint) if name is None else name
    assign_path(route, path, endpoint)
    methods = options["methods"]
    require(not isinstance(methods, str), f"methods must be a list of names, got {methods!r}")
    put["methods"] = {"GET"} if methods is None else {method.upper() for method in methods}
    make_id = options["generate_unique_id_function"]
    if isinstance(make_id, DefaultPlaceholder):
        make_id = make_id.value
    put["unique_id"] = route.operation_id or make_id(route)


def _assign_texts(route: Any, put: Any, options: Mapping[str, Any]) -> None:
    status_code = options["status_code"]
    put["status_code"] = int(status_code) if isinstance(status_code, IntEnum) else status_code
    put["dependencies"] = list(options["dependencies"] or [])
    docstring = route.endpoint.__doc__
    text = options["description"] or (inspect.cleandoc(docstring) if docstring else "")
    # A form feed ends the part of a docstring that is for the API's users.
    put["description"] = text.partition("\f")[0].strip()


def _assign_response_fields(route: Any, put: Any, donor: RouteParts | None) -> None:
    """Set the fields of the additional responses."""
    fields: dict[int | str, ModelField] = {}
    for status, response in route.responses.items():
        require(isinstance(response, dict), "An additional response must be a dict")
        model = response.get("model")
        if not model:
            continue
        require(
            names.is_body_allowed_for_status_code(status),
            f"Status code {status} must not have a response body",
        )
        name = f"Response_{status}_{route.unique_id}"
        fields[status] = _additional_field(name, status, model, donor)
    put["response_fields"] = fields


def _additional_field(
    name: str, status: int | str, model: Any, donor: RouteParts | None
) -> ModelField:
    if donor is None:
        return _response_field(name, model)
    if donor.responses.get(status, {}).get("model") is model:
        return _renamed(donor.response_fields[status], name)
    key = ("response", id(model))
    known = donor.shared.get(key)
    if known is None:
        known = donor.shared[key] = (model, _response_field(name, model))
    return _renamed(known[1], name)


def _assign_dependant(route: Any, put: Any, donor: RouteParts | None) -> list[ModelField]:
    """Set the dependant and the body field; return the body parameters."""
    require(callable(route.endpoint), "An endpoint must be a callable")
    tree = None if donor is None else _reused_tree(route, donor)
    if tree is None:
        tree = build_tree(route.path_format, route.endpoint, route.dependencies)
    put["dependant"], body_params, put["_embed_body_fields"] = tree
    if isinstance(route, BaseRoute):
        # Not of an inclusion: it is analysed at the first request, for which every route would
        # fail then. COMPAT: this one's requests are 422.
        refuse_two_bodies(body_params)
    if donor is not None and body_params is donor.body_params and donor.has_body_of(route):
        put["body_field"] = donor.body_field
    else:
        put["body_field"] = names._get_body_field(
            body_params=body_params,
            name=route.unique_id,
            embed_body_fields=route._embed_body_fields,
        )
    return body_params


def _inferred_model(route: Any, put: Any, *, is_generator: bool) -> Any:
    """Return the response model that the return annotation declares; set the item type."""
    annotation = get_typed_return_annotation(route.endpoint)
    if lenient_issubclass(annotation, Response):
        return None
    item = get_stream_item_type(annotation) if is_generator else None
    if item is None:
        return annotation
    response_class = route.response_class
    has_typed_items = isinstance(response_class, DefaultPlaceholder) or lenient_issubclass(
        response_class, EventSourceResponse
    )
    if has_typed_items and not lenient_issubclass(item, ServerSentEvent):
        put["stream_item_type"] = item
    return None


def _assign_result(route: Any, put: Any, response_model: Any, donor: RouteParts | None) -> None:
    """Set everything about the endpoint's result: its model, and how it streams."""
    call = route.dependant.call
    is_generator = _is_async_gen_callable(call) or _is_gen_callable(call)
    response_class = route.response_class
    put["is_sse_stream"] = is_generator and lenient_issubclass(response_class, EventSourceResponse)
    put["is_json_stream"] = is_generator and isinstance(response_class, DefaultPlaceholder)
    if isinstance(response_model, DefaultPlaceholder):
        response_model = _inferred_model(route, put, is_generator=is_generator)
    put["response_model"] = response_model
    put["response_field"] = None
    if response_model:
        require(
            names.is_body_allowed_for_status_code(route.status_code),
            f"Status code {route.status_code} must not have a response body",
        )
        name = "Response_" + route.unique_id
        if donor is not None and donor.response_field and donor.response_model is response_model:
            put["response_field"] = _renamed(donor.response_field, name)
        else:
            put["response_field"] = _response_field(name, response_model)
    put["stream_item_field"] = None
    item_type = route.stream_item_type
    if item_type:
        name = "StreamItem_" + route.unique_id
        if donor is not None and donor.stream_item_field and donor.stream_item_type is item_type:
            put["stream_item_field"] = _renamed(donor.stream_item_field, name)
        else:
            put["stream_item_field"] = _response_field(name, item_type)


def assign_state(
    route: Any,
    path: str,
    endpoint: Callable[..., Any],
    options: Mapping[str, Any],
    *,
    stream_item_type: Any | None = None,
    donor: RouteParts | None = None,
) -> list[ModelField]:
    """Set on *route* all that follows from its options.

    Args:
        route: An `APIRoute` or the effective context of one.
        path: The whole path, prefixes included.
        endpoint: The function that answers.
        options: All options of `APIRoute` by name.
        stream_item_type: Type of the items of a generator, if known already.
        donor: Parts of the route this one is an effective context of.

    Returns:
        The body parameters of the endpoint and its dependencies.

    Raises:
        AssertionError: An option contradicts another, or the path is wrong.
        ValueError: A path parameter is declared twice, or a limit is no size.
    """
    put = attributes_of(route)
    put["path"] = path
    put["endpoint"] = endpoint
    put["stream_item_type"] = stream_item_type
    validate_max_body_size(options["max_body_size"])
    put.update(zip(_COPIED_OPTIONS, _copied_from(options), strict=True))
    try:
        _assign_identity(route, put, path, options)
        _assign_texts(route, put, options)
        _assign_response_fields(route, put, donor)
        body_params = _assign_dependant(route, put, donor)
        _assign_result(route, put, options["response_model"], donor)
    except Exception as error:
        add_place(error, route_location(path, endpoint))
        raise
    return body_params
