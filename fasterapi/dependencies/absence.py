"""What a compiled argument does where the request has no value for it."""

from functools import partial
from typing import Any

from fasterapi._compat import ModelField, Undefined, get_missing_field_error
from fasterapi.dependencies.extract import _validate_value_with_model_field


def absence(item: ModelField, location: tuple[str, ...]) -> dict[str, Any]:
    """Return the options that tell an Argument its default, or the error of a required value.

    Args:
        item: The parameter.
        location: Of the error.
    """
    if item.field_info.is_required():
        return {"missing": get_missing_field_error(location).copy}
    if item.field_info.default_factory is None and _is_immutable(item.default):
        return {"default": item.default, "default_is_constant": True}
    return {"default": partial(_make_default, item)}


def _is_immutable(value: Any) -> bool:
    return value is None or type(value) in {str, int, float, bool, bytes}


def _make_default(item: ModelField) -> Any:
    value, _ = _validate_value_with_model_field(field=item, value=Undefined, values={}, loc=())
    return value
