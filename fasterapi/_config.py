"""Options that are a group of values: an object, or a mapping of its fields."""

from collections.abc import Mapping
from typing import Any, TypeVar

from fasterapi.exceptions import UsageError

__all__ = ("as_config",)

_C = TypeVar("_C")


def as_config(cls: type[_C], given: _C | Mapping[str, Any] | None, option: str) -> _C:
    """Return *given* as an instance of *cls*.

    Args:
        cls: A data class.
        given: An instance, or values by field name; None for all the defaults.
        option: The option that it was given as, for messages.

    Raises:
        UsageError: A key is unknown, or *given* is something else.
    """
    if given is None:
        return cls()
    if isinstance(given, cls):
        return given
    if not isinstance(given, Mapping):
        article = "an" if cls.__name__[0] in "AEIOU" else "a"
        raise UsageError(f"{option} must be {article} {cls.__name__}, got {given!r:.200}")
    known: Mapping[str, Any] = cls.__dataclass_fields__  # type: ignore[attr-defined]
    if unknown := given.keys() - known.keys():
        raise UsageError(f"unknown key {min(unknown)!r} in {option}")
    return cls(**given)
