"""A request's body -> arguments, and the one field that stands for all of them."""

from collections.abc import Callable
from copy import copy
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict
from starlette.datastructures import FormData

from fasterapi import params
from fasterapi._compat import (
    ModelField,
    Undefined,
    create_body_model,
    get_missing_field_error,
    lenient_issubclass,
)
from fasterapi.dependencies.extract import (
    Errors,
    _get_param_aliases,
    _validate_value_with_model_field,
)
from fasterapi.dependencies.form_schema import form_body_config, form_body_fields
from fasterapi.dependencies.forms import (
    _extract_form_body,
    _extract_form_model,
    _get_form_models,
    _is_nullable,
)
from fasterapi.exceptions import UsageError
from fasterapi.utils import create_model_field

# Value and location of one field's input.
_Input: TypeAlias = tuple[Any, tuple[str, ...]]


class _NotAnObjectError(Exception):
    """The body is a list, a number or the like, so it has no fields to take."""


def _should_embed_body_fields(fields: list[ModelField]) -> bool:
    """Whether the body is an object with one key per field, rather than one field's value."""
    if not fields:
        return False
    # Several dependencies may declare the same field: names count, not fields.
    if len({field.name for field in fields}) > 1:
        return True
    first = fields[0]
    has_models = bool(_get_form_models(first))
    if has_models and any(_is_other_form(first, field) for field in fields[1:]):
        return True
    if getattr(first.field_info, "embed", None):
        return True
    # A form has keys always, so that a value which is no model must be one of them.
    is_form = isinstance(first.field_info, params.Form)
    is_model = lenient_issubclass(first.field_info.annotation, BaseModel)
    return is_form and not is_model and not has_models


def _is_other_form(first: ModelField, field: ModelField) -> bool:
    """Whether *field*, of the same name as *first*, spreads other models over the form."""
    return (
        not _get_form_models(field)
        or field.field_info.annotation is not first.field_info.annotation
    )


async def request_body_to_args(
    body_fields: list[ModelField],
    received_body: Any,
    embed_body_fields: bool,
) -> tuple[dict[str, Any], Errors]:
    """The arguments that *body_fields* stand for.

    Args:
        body_fields: At least one.
        received_body: Parsed JSON, a form, bytes that are neither, or `Undefined`.
        embed_body_fields: Whether the route's body is an object with one key per field.

    Returns:
        ``(arguments by name, errors)``; a parameter with errors has no argument.
    """
    if not body_fields:
        raise AssertionError("request_body_to_args() should be called with fields")
    if _is_whole_body(body_fields, embed_body_fields):
        return await _whole_body_to_args(body_fields[0], received_body)
    values: dict[str, Any] = {}
    errors: Errors = []
    find = await _input_finder(body_fields, received_body)
    for field in body_fields:
        models = _get_form_models(field) if isinstance(received_body, FormData) else []
        try:
            if models:
                # Every model starts from the whole form, because names may belong to several.
                value = await _extract_form_model(field, models, received_body)
                loc: tuple[str, ...] = ("body",)
            else:
                value, loc = find(field)
        except _NotAnObjectError:
            errors.append(get_missing_field_error(_default_loc(field)))
            continue
        validated, found_errors = _validate_value_with_model_field(
            field=field, value=value, values=values, loc=loc
        )
        if found_errors:
            errors.extend(found_errors)
        else:
            values[field.name] = validated
    return values, errors


def _is_whole_body(body_fields: list[ModelField], embed_body_fields: bool) -> bool:
    return (
        len(body_fields) == 1
        and not embed_body_fields
        and not _should_embed_body_fields(body_fields)
        and not _get_form_models(body_fields[0])
    )


async def _whole_body_to_args(
    field: ModelField, received_body: Any
) -> tuple[dict[str, Any], Errors]:
    value = received_body
    if isinstance(received_body, FormData):
        found = _extract_form_body([field], received_body)
        value = {alias: item async for alias, item, _ in found}
    validated, errors = _validate_value_with_model_field(
        field=field, value=value, values={}, loc=("body",)
    )
    return {field.name: validated}, errors


def _default_loc(field: ModelField) -> tuple[str, ...]:
    return ("body", _get_param_aliases(field)[0][0])


async def _input_finder(
    body_fields: list[ModelField], received_body: Any
) -> Callable[[ModelField], _Input]:
    """A function that finds the input of a field that is one key of the body."""
    if isinstance(received_body, FormData):
        return await _form_finder(body_fields, received_body)
    if received_body is Undefined or isinstance(received_body, bytes):
        return lambda field: (Undefined, _default_loc(field))

    def find_in_object(field: ModelField) -> _Input:
        try:
            get = received_body.get
        except AttributeError:
            raise _NotAnObjectError from None
        for alias, _ in _get_param_aliases(field):
            value = get(alias, Undefined)
            if value is not Undefined:
                return value, ("body", alias)
        return Undefined, _default_loc(field)

    return find_in_object


async def _form_finder(
    body_fields: list[ModelField], form: FormData
) -> Callable[[ModelField], _Input]:
    single_fields = [field for field in body_fields if not _get_form_models(field)]
    found: dict[str, _Input] = {}
    if single_fields:
        async for alias, value, field in _extract_form_body(single_fields, form):
            if field is not None:
                found[field.name] = (value, ("body", alias))

    def find_in_form(field: ModelField) -> _Input:
        return found.get(field.name) or (Undefined, _default_loc(field))

    return find_in_form


def _get_body_field(
    *, body_params: list[ModelField], name: str, embed_body_fields: bool
) -> ModelField | None:
    """The field that stands for the whole body of a route.

    Args:
        body_params: All body parameters of the route and its dependencies.
        name: The route's unique id, from which a generated model takes its name.
        embed_body_fields: Whether the body is an object with one key per parameter.

    Returns:
        The only parameter itself, or a generated one whose model has a field per parameter; None
        for a route without a body.
    """
    if not body_params:
        return None
    first = body_params[0]
    form_params = [field for field in body_params if _get_form_models(field)]
    if not embed_body_fields and not any(map(_is_nullable, form_params)):
        return first
    fields = body_params
    config: ConfigDict | None = None
    if form_params:
        fields = form_body_fields(body_params)
        config = form_body_config(body_params)
    model = create_body_model(fields=fields, model_name=f"Body_{name}", config=config)
    if not embed_body_fields:
        # Constraints and defaults have been applied by the field that is inside.
        info = copy(first.field_info)
        info.annotation = model
        info.metadata = []
        info.discriminator = None
        return ModelField(name=first.name, field_info=info)
    return create_model_field(
        name="body", type_=model, alias="body", field_info=_body_info(body_params, model)
    )


def refuse_two_bodies(body_params: list[ModelField]) -> None:
    """Raise UsageError if a form is declared beside a JSON object that no form can hold.

    There is one body only.
    """
    forms = [field.name for field in body_params if isinstance(field.field_info, params.Form)]
    if not forms:
        return
    for field in body_params:
        if not isinstance(field.field_info, params.Form) and _needs_json_object(field):
            raise UsageError(
                f"the body is declared in two places: parameter {field.name!r} needs a JSON "
                f"object, {', '.join(map(repr, forms))} a form, so that no request could be "
                f"accepted; make {field.name!r} a Form() model, or a form field that holds JSON "
                "(pydantic's Json)"
            )


def _needs_json_object(field: ModelField) -> bool:
    """Return whether only an object can be *field*, which must be there.

    COMPAT: a model with a validator that runs first may read JSON from the text of a form field,
    a recipe that programs use.
    """
    info = field.field_info
    if not info.is_required() or not lenient_issubclass(info.annotation, BaseModel):
        return False
    model: Any = info.annotation
    if info.metadata or not model.__pydantic_complete__:
        return False
    schema: Any = model.__pydantic_core_schema__
    while schema.get("type") == "definitions":
        schema = schema["schema"]
    return bool(schema.get("type") == "model" and schema["schema"].get("type") == "model-fields")


def _body_info(body_params: list[ModelField], model: type[BaseModel]) -> params.Body:
    """File if there is any file, else Form if there is any form field, else Body."""
    infos = [field.field_info for field in body_params]
    options: dict[str, Any] = {"annotation": model, "alias": "body"}
    if not any(info.is_required() for info in infos):
        options["default"] = None
    if any(isinstance(info, params.File) for info in infos):
        return params.File(**options)
    kind: type[params.Body] = params.Body
    if any(isinstance(info, params.Form) for info in infos):
        kind = params.Form
    media_types = [info.media_type for info in infos if isinstance(info, kind)]
    if kind is params.Form and "multipart/form-data" in media_types:
        options["media_type"] = "multipart/form-data"
    elif len(set(media_types)) == 1:
        options["media_type"] = media_types[0]
    return kind(**options)
