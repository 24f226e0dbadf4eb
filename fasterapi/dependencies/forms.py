"""Models that are spread over the fields of a form."""

from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, Tag
from starlette.datastructures import FormData, UploadFile

from fasterapi import params
from fasterapi._compat import (
    ModelField,
    Undefined,
    get_cached_model_fields,
    is_bytes_or_nonable_bytes_annotation,
    is_bytes_sequence_annotation,
    lenient_issubclass,
    serialize_sequence_value,
    value_is_sequence,
)
from fasterapi.dependencies.extract import (
    _get_model_type,
    _get_multidict_extras,
    _get_multidict_value,
    _get_param_aliases,
    _is_json_field,
)


def _get_form_union_models(annotation: Any) -> list[type[BaseModel]]:
    """The models of a union of at least two; empty if it has members of other kinds, but None."""
    origin = get_origin(annotation)
    if origin is not Union and origin is not UnionType:
        return []
    models = []
    for member in get_args(annotation):
        if member is type(None):
            continue
        model = get_args(member)[0] if get_origin(member) is Annotated else member
        if not lenient_issubclass(model, BaseModel):
            return []
        models.append(model)
    return models if len(models) > 1 else []


def _add_form_union_validators(annotation: Any) -> Any:
    """*annotation*, a union of models, with each of them reading the form in its own way."""
    members: list[Any] = []
    for member in get_args(annotation):
        if member is type(None):
            members.append(member)
            continue
        model, *metadata = get_args(member) if get_origin(member) is Annotated else (member,)
        normalize = BeforeValidator(partial(_normalize_form_model, model=model))
        # A tag is what the union's errors call its member: the user's own, or the model's name.
        tags = [item for item in metadata if isinstance(item, Tag)]
        tag = tags[-1] if tags else Tag(model.__name__)
        members.append(Annotated[member, normalize, tag])
    return Union[tuple(members)]  # noqa: UP007 - made at run time


def _normalize_form_model(value: Any, *, model: type[BaseModel]) -> Any:
    """A form's raw fields, as a dict, the way *model* alone would have read them.

    Which of several equal names count, as one value or as a list, differs between the members of
    a union, so each starts from everything the form has.
    """
    if not isinstance(value, dict):
        return value
    items = [
        (key, item)
        for key, found in value.items()
        for item in (found if isinstance(found, list) else [found])
    ]
    fields = get_cached_model_fields(model)
    normalized = {alias: item for alias, item, _ in _extract_form_items(fields, FormData(items))}
    # No browser sends these, but a validator that runs before this one may put them there.
    normalized.update(
        (key, item)
        for key, item in value.items()
        if item is None or (isinstance(item, list) and not item)
    )
    return normalized


def _get_form_models(field: ModelField) -> list[type[BaseModel]]:
    """The models that *field* spreads over a form; empty if it is one field of the form."""
    info = field.field_info
    if not isinstance(info, params.Form) or info.embed or _is_json_field(field):
        return []
    model = _get_model_type(info.annotation)
    return _get_form_union_models(info.annotation) if model is None else [model]


def _get_form_model(field: ModelField) -> type[BaseModel] | None:
    """The model that *field* spreads over a form, if it is exactly one."""
    models = _get_form_models(field)
    return models[0] if len(models) == 1 else None


def _extract_form_items(
    body_fields: Sequence[ModelField], received_body: FormData
) -> Iterator[tuple[str, Any, ModelField | None]]:
    """``(alias, value, field)`` for what *body_fields* find, then the rest with None as field."""
    taken: set[str] = set()
    for field in body_fields:
        for alias, _ in _get_param_aliases(field):
            taken.add(alias)
            value = _get_multidict_value(field, received_body, alias=alias)
            if value is not Undefined:
                yield alias, value, field
                # Other names of this field may be names of another, or extra input.
                break
    for key, value in _get_multidict_extras(received_body, taken):
        yield key, value, None


async def _read_file_bytes(file: UploadFile) -> bytes:
    """The rest of *file*, which stays where it was for others that have the same upload."""
    position = file.file.tell()
    try:
        return await file.read()
    finally:
        await file.seek(position)


async def _read_files(field: ModelField, value: Any) -> Any:
    """*value* with the content in place of every upload, where *field* wants bytes."""
    annotation = field.field_info.annotation
    if isinstance(value, UploadFile):
        if is_bytes_or_nonable_bytes_annotation(annotation):
            return await _read_file_bytes(value)
    elif is_bytes_sequence_annotation(annotation) and value_is_sequence(value):
        contents = [
            await _read_file_bytes(item) if isinstance(item, UploadFile) else item for item in value
        ]
        return serialize_sequence_value(field=field, value=contents)
    return value


async def _extract_form_body(
    body_fields: Sequence[ModelField], received_body: FormData
) -> AsyncIterator[tuple[str, Any, ModelField | None]]:
    """Same as `_extract_form_items`, with files read for fields that want bytes."""
    for alias, found, field in _extract_form_items(body_fields, received_body):
        value = found
        if field is not None and isinstance(field.field_info, params.File):
            value = await _read_files(field, found)
        yield alias, value, field


def _own_names(model: type[BaseModel]) -> set[str]:
    fields = get_cached_model_fields(model)
    return {alias for field in fields for alias, _ in _get_param_aliases(field)}


def _accepts_extras(model: type[BaseModel]) -> bool:
    """Whether a field that *model* does not know means something to it."""
    return model.model_config.get("extra") in ("allow", "forbid")


def _is_form_model_supplied(model: type[BaseModel], received_body: FormData) -> bool:
    """Whether the form has any field for *model*, be it an empty one."""
    has_own = any(name in received_body for name in _own_names(model))
    return has_own or bool(_accepts_extras(model) and received_body)


def _is_nullable(field: ModelField) -> bool:
    return type(None) in get_args(field.field_info.annotation)


async def _extract_form_model(
    field: ModelField, models: list[type[BaseModel]], received_body: FormData
) -> Any:
    """The input of the models that *field* spreads over a form; `Undefined` if there is none."""
    if _is_nullable(field) and not any(
        _is_form_model_supplied(model, received_body) for model in models
    ):
        return Undefined
    # The members of a union read the form themselves, each in its own way.
    fields = get_cached_model_fields(models[0]) if len(models) == 1 else []
    return {alias: value async for alias, value, _ in _extract_form_body(fields, received_body)}
