"""One path item: the operations of a route, method by method."""

import warnings
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from fasterapi._compat import ModelField, get_schema_from_model_field
from fasterapi.datastructures import _Unset
from fasterapi.dependencies.utils import (
    _get_flat_fields_from_params,
    _get_param_aliases,
    _get_param_model,
)
from fasterapi.encoders import jsonable_encoder
from fasterapi.exceptions import FastAPIDeprecationWarning
from fasterapi.openapi._dependencies import (
    _get_openapi_dependency_data,
    _get_openapi_security_definitions,
    _OpenAPIDependencyData,
)
from fasterapi.openapi._responses import add_validation_error, operation_responses
from fasterapi.openapi.constants import METHODS_WITH_BODY
from fasterapi.params import Body, ParamTypes
from fasterapi.types import ModelNameMap
from fasterapi.utils import deep_dict_update, generate_operation_id_for_path

if TYPE_CHECKING:
    from fasterapi.routing.context import RouteContext
    from fasterapi.routing.route import _APIRouteLike

__all__ = (
    "FieldLookup",
    "_get_api_route_for_openapi",
    "_get_openapi_operation_parameters",
    "generate_operation_id",
    "generate_operation_summary",
    "get_openapi_operation_metadata",
    "get_openapi_operation_request_body",
    "get_openapi_path",
)

FieldMapping = dict[tuple[ModelField, Literal["validation", "serialization"]], dict[str, Any]]


class FieldLookup(TypedDict):
    """What `get_schema_from_model_field` needs beside the field."""

    model_name_map: ModelNameMap
    field_mapping: FieldMapping
    separate_input_output_schemas: bool


def get_openapi_path(
    *,
    route: "_APIRouteLike",
    operation_ids: set[str],
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return what *route* adds to the document.

    Args:
        route: The route, or its view through the routers that include it.
        operation_ids: Ids given so far; those of *route* are added.
        model_name_map: Names of models, as `get_model_name_map` returns them.
        field_mapping: Schemas of fields, as `get_definitions` returns them.
        separate_input_output_schemas: Whether a model may have one schema as
            input and another as output.

    Returns:
        The path item (lower-case method -> operation), security schemes by
        name, and schemas by name that the operations refer to.
    """
    if route.methods is None:
        raise AssertionError("Methods must be a list")
    if not route.include_in_schema:
        return {}, {}, {}
    lookup = FieldLookup(
        model_name_map=model_name_map,
        field_mapping=field_mapping,
        separate_input_output_schemas=separate_input_output_schemas,
    )
    dependency_data = _get_openapi_dependency_data(route.dependant)
    can_be_invalid = dependency_data.has_fields() or bool(route.body_field)
    path: dict[str, Any] = {}
    security_schemes: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for method in route.methods:
        operation, schemes = _operation(route, method, operation_ids, dependency_data, lookup)
        security_schemes.update(schemes)
        if can_be_invalid:
            definitions.update(add_validation_error(operation["responses"]))
        if route.openapi_extra:
            deep_dict_update(operation, route.openapi_extra)
        path[method.lower()] = operation
    return path, security_schemes, definitions


def _operation(
    route: "_APIRouteLike",
    method: str,
    operation_ids: set[str],
    dependency_data: _OpenAPIDependencyData,
    lookup: FieldLookup,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the operation for *method* and the security schemes it names."""
    operation = get_openapi_operation_metadata(
        route=route, method=method, operation_ids=operation_ids
    )
    schemes, requirements = _get_openapi_security_definitions(
        security_dependencies=dependency_data.security_dependencies
    )
    if requirements:
        operation["security"] = requirements
    parameters = _get_openapi_operation_parameters(dependency_data=dependency_data, **lookup)
    if parameters:
        operation["parameters"] = _without_repeats(parameters)
    if method in METHODS_WITH_BODY:
        body = get_openapi_operation_request_body(body_field=route.body_field, **lookup)
        if body:
            operation["requestBody"] = body
    if route.callbacks:
        operation["callbacks"] = _callbacks(route, operation_ids, lookup)
    operation["responses"] = operation_responses(route, lookup)
    return operation, schemes


def get_openapi_operation_metadata(
    *, route: "_APIRouteLike", method: str, operation_ids: set[str]
) -> dict[str, Any]:
    """Return tags, summary, description, id and deprecation of an operation.

    Warns if the id is in *operation_ids* already, and adds it.
    """
    operation: dict[str, Any] = {}
    if route.tags:
        operation["tags"] = route.tags
    operation["summary"] = generate_operation_summary(route=route, method=method)
    if route.description:
        operation["description"] = route.description
    operation_id = route.operation_id or route.unique_id
    if operation_id in operation_ids:
        warnings.warn(_duplicate_message(route, operation_id), stacklevel=1)
    operation_ids.add(operation_id)
    operation["operationId"] = operation_id
    if route.deprecated:
        operation["deprecated"] = route.deprecated
    return operation


def _duplicate_message(route: "_APIRouteLike", operation_id: str) -> str:
    name = getattr(route.endpoint, "__name__", "<unnamed_endpoint>")
    file_name = getattr(route.endpoint, "__globals__", {}).get("__file__")
    where = f" at {file_name}" if file_name else ""
    return f"Duplicate Operation ID {operation_id} for function {name}{where}"


def generate_operation_summary(*, route: "_APIRouteLike", method: str) -> str:
    """Return the route's summary, by default its name in words."""
    return route.summary or route.name.replace("_", " ").title()


def generate_operation_id(*, route: "_APIRouteLike", method: str) -> str:
    """Return the id of an operation as early versions formed it.

    Deprecated: kept for programs that still call it.
    """
    warnings.warn(
        message="fastapi.openapi.utils.generate_operation_id() was deprecated, "
        "it is not used internally, and will be removed soon",
        category=FastAPIDeprecationWarning,
        stacklevel=2,
    )
    if route.operation_id:
        return route.operation_id
    return generate_operation_id_for_path(name=route.name, path=route.path_format, method=method)


def _get_openapi_operation_parameters(
    *,
    dependency_data: _OpenAPIDependencyData,
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
) -> list[dict[str, Any]]:
    """Return the parameters of an operation; one declared twice appears twice."""
    lookup = FieldLookup(
        model_name_map=model_name_map,
        field_mapping=field_mapping,
        separate_input_output_schemas=separate_input_output_schemas,
    )
    return [
        _parameter(param, declared, place, lookup)
        for place, group in dependency_data.params_by_place()
        for declared in group
        if getattr(declared.field_info, "include_in_schema", True)
        for param in _get_flat_fields_from_params([declared])
    ]


def _parameter(
    param: ModelField, declared: ModelField, place: ParamTypes, lookup: FieldLookup
) -> dict[str, Any]:
    """Return the parameter object of *param*.

    Args:
        param: The parameter; one field of the model if *declared* is a parameter model.
        declared: What the function's signature declares.
        place: Where the parameter stands.
        lookup: Where its schema is found.
    """
    field_info = param.field_info
    alias, name = _get_param_aliases(
        param, convert_underscores=place is ParamTypes.header and _is_converted(param, declared)
    )[0]
    parameter: dict[str, Any] = {
        "name": name,
        "in": place.value,
        "required": field_info.is_required() and not _is_optional_model(declared),
        "schema": get_schema_from_model_field(field=param, field_alias=alias, **lookup),
    }
    if field_info.description:
        parameter["description"] = field_info.description
    # Fields of a parameter model are plain pydantic fields, without these options.
    openapi_examples = getattr(field_info, "openapi_examples", None)
    example = getattr(field_info, "example", None)
    if openapi_examples:
        parameter["examples"] = jsonable_encoder(openapi_examples)
    elif example is not _Unset:
        parameter["example"] = jsonable_encoder(example)
    if getattr(field_info, "deprecated", None):
        parameter["deprecated"] = True
    return parameter


def _is_converted(param: ModelField, declared: ModelField) -> bool:
    """Return whether underscores in a header's name become hyphens."""
    of_model = getattr(declared.field_info, "convert_underscores", True)
    return bool(getattr(param.field_info, "convert_underscores", of_model))


def _is_optional_model(declared: ModelField) -> bool:
    """Return whether *declared* is a parameter model that may be left out as a whole."""
    model = _get_param_model(declared)
    field_info = declared.field_info
    return model is not None and field_info.annotation is not model and not field_info.is_required()


def _without_repeats(parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return *parameters* with one entry per place and name.

    The last declaration wins, but one that is required wins over those that are not.
    """
    by_key = {(param["in"], param["name"]): param for param in parameters}
    by_key.update(
        {(param["in"], param["name"]): param for param in parameters if param.get("required")}
    )
    return list(by_key.values())


def get_openapi_operation_request_body(
    *,
    body_field: ModelField | None,
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
) -> dict[str, Any] | None:
    """Return the request body object for *body_field*, None without one."""
    if not body_field:
        return None
    field_info = cast(Body, body_field.field_info)
    content: dict[str, Any] = {
        "schema": get_schema_from_model_field(
            field=body_field,
            model_name_map=model_name_map,
            field_mapping=field_mapping,
            separate_input_output_schemas=separate_input_output_schemas,
        )
    }
    if field_info.openapi_examples:
        content["examples"] = jsonable_encoder(field_info.openapi_examples)
    elif field_info.example is not _Unset:
        content["example"] = jsonable_encoder(field_info.example)
    request_body: dict[str, Any] = {"required": True} if field_info.is_required() else {}
    request_body["content"] = {field_info.media_type: content}
    return request_body


def _callbacks(
    route: "_APIRouteLike", operation_ids: set[str], lookup: FieldLookup
) -> dict[str, dict[str, Any]]:
    """Return the callbacks of *route* by name; their security and schemas are not used."""
    # The routes are built on this package, so it knows them only at run time.
    from fasterapi.routing.route import APIRoute  # noqa: PLC0415

    callbacks: dict[str, dict[str, Any]] = {}
    for callback in route.callbacks or ():
        if isinstance(callback, APIRoute):
            path, _, _ = get_openapi_path(
                route=cast("_APIRouteLike", callback), operation_ids=operation_ids, **lookup
            )
            callbacks[callback.name] = {callback.path: path}
    return callbacks


def _get_api_route_for_openapi(route_context: "RouteContext") -> "_APIRouteLike | None":
    """Return *route_context* as a route to document, None if it is of another kind."""
    from fasterapi.routing.route import APIRoute  # noqa: PLC0415 -- as in _callbacks

    if isinstance(route_context.original_route, APIRoute):
        return cast("_APIRouteLike", route_context)
    return None
