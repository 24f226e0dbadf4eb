"""Limits of form parsing, as apps, routers and routes take them."""

from functools import lru_cache
from typing import Any

from pydantic import ConfigDict, NonNegativeInt, TypeAdapter, with_config
from typing_extensions import TypedDict


@with_config(ConfigDict(strict=True, extra="forbid"))
class _FormLimits(TypedDict, total=False):
    """What a form may contain before it is refused.

    Attributes:
        max_fields: Fields that are not files.
        max_files: Files.
        max_part_size: Bytes of one field that is not a file.
    """

    max_fields: NonNegativeInt
    max_files: NonNegativeInt
    max_part_size: NonNegativeInt


@lru_cache(maxsize=1)
def _form_limits_adapter() -> TypeAdapter[Any]:
    # PERF: not when the module is imported; few programs set limits.
    return TypeAdapter(_FormLimits)


def _validate_form_limits(limits: _FormLimits | None) -> _FormLimits:
    """*limits* as given, or an empty dict for None.

    Raises:
        ValidationError: an unknown limit, or one that is not an integer of at least 0.
    """
    if limits is None:
        return {}
    valid: _FormLimits = _form_limits_adapter().validate_python(limits)
    return valid
