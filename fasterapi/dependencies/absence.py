"""What a compiled argument does where the request has no value for it."""

from copy import copy
from functools import partial
from types import NoneType
from typing import Any

from fasterapi._compat import ModelField, Undefined, get_missing_field_error
from fasterapi.dependencies.extract import _validate_value_with_model_field

_IMMUTABLE = frozenset({NoneType, str, int, float, bool, bytes})
_COPYABLE = frozenset({list, dict, set})


def absence(item: ModelField, location: tuple[str, ...]) -> dict[str, Any]:
    """Return the options that tell an Argument its default, or the error of a required value.

    Args:
        item: The parameter.
        location: Of the error.
    """
    if item.field_info.is_required():
        return {"missing": get_missing_field_error(location).copy}
    info = item.field_info
    if info.default_factory in _COPYABLE:
        return {"default": info.default_factory}
    if info.default_factory is None and type(item.default) in _IMMUTABLE:
        return {"default": item.default, "default_is_constant": True}
    if info.default_factory is None and _is_flat(info.default):
        return {"default": partial(copy, info.default)}
    return {"default": partial(_make_default, item)}


def _is_flat(default: Any) -> bool:
    """Return whether a copy of *default* shares nothing that can be changed."""
    if type(default) not in _COPYABLE:
        return False
    inner = [*default, *default.values()] if type(default) is dict else default
    return all(type(value) in _IMMUTABLE for value in inner)


def _make_default(item: ModelField) -> Any:
    value, _ = _validate_value_with_model_field(field=item, value=Undefined, values={}, loc=())
    return value
