"""Parameters of a form as compiled arguments."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fasterapi import params
from fasterapi._compat import (
    ModelField,
    get_cached_model_fields,
    is_bytes_or_nonable_bytes_annotation,
    is_bytes_sequence_annotation,
)
from fasterapi._speedups.arguments import Argument
from fasterapi._speedups.form_arguments import FormField, FormModel, FormValue
from fasterapi.dependencies.absence import absence
from fasterapi.dependencies.body import _default_loc, _is_whole_body, request_body_to_args
from fasterapi.dependencies.extract import Errors, _get_param_aliases, field_facts
from fasterapi.dependencies.forms import (
    _accepts_extras,
    _get_form_models,
    _is_nullable,
    _own_names,
)


def are_fields(fields: list[ModelField], *, embed: bool) -> bool:
    """Return whether each of *fields* can be had on its own, and without waiting.

    Args:
        fields: The body parameters of one function.
        embed: Whether the route's body is an object with one key per field.
    """
    return (
        bool(fields)
        and not _is_whole_body(fields, embed)
        and not any(_may_wait(field) for field in fields)
    )


def _may_wait(field: ModelField) -> bool:
    """Return whether a file, which may be on disk, has to be read for *field*."""
    models = _get_form_models(field)
    if models:
        return any(_may_wait(item) for model in models for item in get_cached_model_fields(model))
    annotation = field.field_info.annotation
    return isinstance(field.field_info, params.File) and (
        is_bytes_or_nonable_bytes_annotation(annotation) or is_bytes_sequence_annotation(annotation)
    )


def is_single_field(field: ModelField) -> bool:
    """Return whether *field* is one value under one name."""
    return not (
        _get_form_models(field)
        or _is_list(field)
        or field.field_info.validate_default
        or len(_names(field)) != 1
    )


def form_argument(field: ModelField) -> Callable[[int], Argument] | None:
    """Return the maker of the Argument for *field*, None if only the reference can read it."""
    if field.field_info.validate_default:
        return None
    validate = field.validator.validate_python
    models = _get_form_models(field)
    if not models:
        return partial(
            FormValue,
            field=_form_field(field),
            validate=validate,
            **absence(field, _default_loc(field)),
        )
    # The members of a union read the form themselves, each in its own way.
    fields = get_cached_model_fields(models[0]) if len(models) == 1 else []
    own_names = frozenset().union(*map(_own_names, models)) if _is_nullable(field) else None
    return partial(
        FormModel,
        fields=tuple(map(_form_field, fields)),
        own_names=own_names,
        takes_others=any(map(_accepts_extras, models)),
        validate=validate,
        **absence(field, ("body",)),
    )


def read_field(field: ModelField, form: Any) -> tuple[dict[str, Any], Errors]:
    """Return what `request_body_to_args` returns for *field* alone, which does not wait."""
    reading = request_body_to_args([field], form, embed_body_fields=True)
    try:
        reading.send(None)
    except StopIteration as finished:
        result: tuple[dict[str, Any], Errors] = finished.value
        return result
    raise AssertionError("a field that may wait")


def _form_field(field: ModelField) -> FormField:
    return FormField(_names(field), _is_list(field))


def _is_list(field: ModelField) -> bool:
    facts = field_facts(field)
    return facts.is_sequence and not facts.is_json


def _names(field: ModelField) -> tuple[str, ...]:
    return tuple(alias for alias, _ in _get_param_aliases(field))
