"""The ``responses`` object of one operation."""

import copy
import http.client
import inspect
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from fasterapi._compat import get_schema_from_model_field, lenient_issubclass
from fasterapi.datastructures import DefaultPlaceholder
from fasterapi.openapi.constants import REF_PREFIX
from fasterapi.sse import _SSE_EVENT_SCHEMA
from fasterapi.utils import deep_dict_update, is_body_allowed_for_status_code

if TYPE_CHECKING:
    from fasterapi.openapi._operations import FieldLookup
    from fasterapi.routing.route import _APIRouteLike

__all__ = (
    "add_validation_error",
    "operation_responses",
    "status_code_ranges",
    "validation_error_definition",
    "validation_error_response_definition",
)

# Programs edit these two in place to document an error format of their own.
validation_error_definition: dict[str, Any] = {
    "title": "ValidationError",
    "type": "object",
    "properties": {
        "loc": {
            "title": "Location",
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        },
        "msg": {"title": "Message", "type": "string"},
        "type": {"title": "Error Type", "type": "string"},
        "input": {"title": "Input"},
        "ctx": {"title": "Context", "type": "object"},
    },
    "required": ["loc", "msg", "type"],
}

validation_error_response_definition: dict[str, Any] = {
    "title": "HTTPValidationError",
    "type": "object",
    "properties": {
        "detail": {
            "title": "Detail",
            "type": "array",
            "items": {"$ref": REF_PREFIX + "ValidationError"},
        },
    },
}

status_code_ranges: dict[str, str] = {
    "1XX": "Information",
    "2XX": "Success",
    "3XX": "Redirection",
    "4XX": "Client Error",
    "5XX": "Server Error",
    "DEFAULT": "Default Response",
}


def operation_responses(route: "_APIRouteLike", lookup: "FieldLookup") -> dict[str, Any]:
    """Return the responses that *route* declares, the normal one first."""
    response_class = _response_class(route)
    normal: dict[str, Any] = {"description": route.response_description}
    if is_body_allowed_for_status_code(route.status_code):
        content = _normal_content(route, response_class, lookup)
        if content:
            normal["content"] = content
    status = route.status_code
    if status is None:
        status = _default_status(response_class)  # type: ignore[arg-type]  # classes are hashable
    responses = {str(status): normal}
    for declared_status, declared in (route.responses or {}).items():
        _add_declared(responses, route, declared_status, declared, lookup)
    return responses


def add_validation_error(responses: dict[str, Any]) -> dict[str, Any]:
    """Document the 422 answer unless *responses* covers that status already.

    Returns:
        The schemas that the added response refers to, by name; none if nothing was added.
    """
    if any(status in responses for status in ("422", "4XX", "default")):
        return {}
    schema = {"$ref": REF_PREFIX + "HTTPValidationError"}
    responses["422"] = {
        "description": "Validation Error",
        "content": {"application/json": {"schema": schema}},
    }
    return {
        "ValidationError": validation_error_definition,
        "HTTPValidationError": validation_error_response_definition,
    }


def _response_class(route: "_APIRouteLike") -> type[Response]:
    declared = route.response_class
    response_class = declared.value if isinstance(declared, DefaultPlaceholder) else declared
    if not response_class:
        raise AssertionError("A response class is needed to generate OpenAPI")
    return response_class


@lru_cache(maxsize=256)
def _default_status(response_class: type[Response]) -> int:
    """Return the status that *response_class* sends when none is given."""
    try:
        parameters = inspect.signature(response_class.__init__).parameters
    except (TypeError, ValueError):  # a compiled __init__ may have no signature
        return 200
    default = parameters["status_code"].default if "status_code" in parameters else None
    return default if isinstance(default, int) else 200


def _normal_content(
    route: "_APIRouteLike", response_class: type[Response], lookup: "FieldLookup"
) -> dict[str, Any]:
    """Return the media types of the normal response with their schemas."""
    if route.is_json_stream:
        return {"application/jsonl": {"itemSchema": _stream_item_schema(route, lookup)}}
    if route.is_sse_stream:
        return {"text/event-stream": {"itemSchema": _event_schema(route, lookup)}}
    if not response_class.media_type:
        return {}
    schema: dict[str, Any] = {"type": "string"}
    if lenient_issubclass(response_class, JSONResponse):
        field = route.response_field
        schema = get_schema_from_model_field(field=field, **lookup) if field else {}
    return {response_class.media_type: {"schema": schema}}


def _stream_item_schema(route: "_APIRouteLike", lookup: "FieldLookup") -> dict[str, Any]:
    field = route.stream_item_field
    return get_schema_from_model_field(field=field, **lookup) if field else {}


def _event_schema(route: "_APIRouteLike", lookup: "FieldLookup") -> dict[str, Any]:
    """Return the schema of one server-sent event."""
    schema = copy.deepcopy(_SSE_EVENT_SCHEMA)
    if route.stream_item_field:
        schema["required"] = ["data"]
        schema["properties"]["data"] = {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": _stream_item_schema(route, lookup),
        }
    return schema


def _add_declared(
    responses: dict[str, Any],
    route: "_APIRouteLike",
    declared_status: int | str,
    declared: dict[str, Any],
    lookup: "FieldLookup",
) -> None:
    """Merge one entry of the option ``responses`` into *responses*."""
    # Merging below would otherwise write into the program's own dict.
    addition = copy.deepcopy(declared)
    if not isinstance(addition, dict):
        raise AssertionError("An additional response must be a dict")
    addition.pop("model", None)
    key = str(declared_status).upper()
    response = responses.setdefault("default" if key == "DEFAULT" else key, {})
    field = route.response_fields.get(declared_status)
    if field:
        media_type = _response_class(route).media_type or "application/json"
        content = addition.setdefault("content", {})
        schema = content.setdefault(media_type, {}).setdefault("schema", {})
        deep_dict_update(schema, get_schema_from_model_field(field=field, **lookup))
    description = (
        addition.get("description")
        or response.get("description")
        or status_code_ranges.get(key)
        or http.client.responses.get(int(declared_status))
        or "Additional Response"
    )
    deep_dict_update(response, addition)
    response["description"] = description
