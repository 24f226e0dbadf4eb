"""How a route's normal answers are made in compiled code."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

from typing import Any

from pydantic.errors import PydanticUserError
from pydantic_core import SchemaSerializer
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse

from fasterapi._compat import ModelField
from fasterapi._compat.json_writing import writer_of
from fasterapi._speedups.encoder import (
    Encoder,
    FieldEncoder,
    JsonEncoder,
    ResponseMaker,
    TextEncoder,
)
from fasterapi._speedups.json_writer import Writer
from fasterapi.dependencies.compile import NotCompilable
from fasterapi.dependencies.core_schema import shadow_of, shape_of
from fasterapi.encoders import JSONABLE
from fasterapi.routing.handler import end_response
from fasterapi.routing.rules import ResponseRules
from fasterapi.utils import is_body_allowed_for_status_code

__all__ = ("core_schema_of", "encoder_of", "maker_of")

_NOT_CHOSEN = (None, False)

_TEXT_CLASSES = {
    PlainTextResponse: b"text/plain; charset=utf-8",
    HTMLResponse: b"text/html; charset=utf-8",
}


def encoder_of(rules: ResponseRules) -> Encoder | None:
    """Return the encoder of the route's normal answers; None if there is no fast one."""
    if rules.is_streaming:
        return None
    status = rules.status_code or 200
    if not is_body_allowed_for_status_code(status) or not 200 <= status <= 599:
        return None
    if rules.dumps_json:
        return _field_encoder(rules, status)
    if rules.response_class in _TEXT_CLASSES and _passes_text(rules.field):
        return TextEncoder(status, _TEXT_CLASSES[rules.response_class])
    if rules.response_class is JSONResponse and rules.field is None:
        return JsonEncoder(status, JSONABLE)
    return None


def maker_of(rules: ResponseRules) -> ResponseMaker | None:
    """Return what calls the route's response class; None if the reference path must."""
    # Answers of plain functions are validated in a thread, and their class is called here.
    if rules.is_streaming or rules.dumps_json or not rules.is_coroutine:
        return None
    if rules.field is None:
        return ResponseMaker(
            rules.response_class,
            status=rules.status_code,
            end=end_response,
            jsonable=JSONABLE,
            options={},
        )
    return ResponseMaker(
        rules.response_class,
        status=rules.status_code,
        end=end_response,
        jsonable=JSONABLE,
        validate=rules.field.validator.validate_python,
        to_python=rules.field.serializer.to_python,
        options={"mode": "json", **_chosen_options(rules)},
    )


def _passes_text(field: ModelField | None) -> bool:
    """Return whether a str goes through the response field unchanged."""
    if field is None:
        return True
    schema = core_schema_of(field) or {}
    return schema.get("type") == "str" and schema.keys() <= {"type", "ref", "metadata"}


def _field_encoder(rules: ResponseRules, status: int) -> FieldEncoder:
    field = rules.field
    if field is None:
        raise NotCompilable("a response model without a field")
    options = _chosen_options(rules)
    is_plain = options.keys() == {"by_alias"}
    schema = core_schema_of(field)
    takes_instances = (
        schema is not None
        and schema["type"] == "model"
        and not schema.get("config", {}).get("revalidate_instances")
        and not schema.get("root_model")
    )
    shadow = shadow_of(schema) if schema is not None and is_plain else None
    return FieldEncoder(
        status,
        writer=_writer(field, schema, by_alias=options["by_alias"]) if is_plain else None,
        shape=shape_of(schema) if schema is not None and is_plain else None,
        shadow=shadow.validate if shadow is not None else None,
        shadow_shape=shadow.shape if shadow is not None else None,
        model=schema["cls"] if schema is not None and takes_instances else None,
        validate=field.validator.validate_python,
        to_json=field.serializer.to_json,
        options=options,
    )


def _chosen_options(rules: ResponseRules) -> dict[str, Any]:
    """Return the options of serialising that are not as they are anyway."""
    options = rules.dump_options().items()
    return {
        name: value for name, value in options if name == "by_alias" or value not in _NOT_CHOSEN
    }


def core_schema_of(field: ModelField) -> dict[str, Any] | None:
    """Return the core schema of a field, or None while a forward reference is open."""
    try:
        schema: dict[str, Any] = field._engine.core_schema  # type: ignore[assignment]
        return schema if isinstance(schema, dict) else None
    except PydanticUserError:
        return None


def _writer(field: ModelField, schema: dict[str, Any] | None, *, by_alias: bool) -> Writer | None:
    """Return the writer of the field's values where it is the same as its serializer."""
    if schema is None or type(field.serializer) is not SchemaSerializer:
        return None
    return writer_of(schema, by_alias=by_alias)
