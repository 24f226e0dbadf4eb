"""Routes that report changes made to them after they were built."""

from collections.abc import Iterable
from typing import Any, Final
from weakref import WeakKeyDictionary

from fasterapi.routing.version import ROUTES_VERSION

__all__ = ("HANDLER_OPTIONS", "HANDLING", "Watched", "attributes_of")

HANDLING: Final = ("get_route_handler", "handle", "matches", "__call__")
"""Methods of a route that handle its requests."""

HANDLER_OPTIONS: Final = (
    "status_code",
    "response_class",
    "response_field",
    "response_model_include",
    "response_model_exclude",
    "response_model_by_alias",
    "response_model_exclude_unset",
    "response_model_exclude_defaults",
    "response_model_exclude_none",
    "stream_item_field",
    "is_json_stream",
)
"""Attributes of a route, and arguments of the same names, that its handler is made from."""

CAPTURED: Final = frozenset(
    {
        *HANDLER_OPTIONS,
        *("dependant", "body_field", "dependency_overrides_provider", "strict_content_type"),
        *("form_limits", "max_body_size", "_embed_body_fields"),
    }
)
"""What the handler keeps as it was when it was made."""

MATCHED_BY: Final = ("path_regex", "param_convertors")
"""What is matched with, which the compiled table knows only as it was when the route was made."""


class Watched:
    """Base of routes that report changes made to them after they were built.

    Libraries replace ``route.app``, ``route.dependant`` and others in place.
    """

    _is_built = False
    _handler_is_own = False
    _captured_change = ""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if self._is_built:
            if name in HANDLING:
                super().__setattr__("_handler_is_own", False)
            elif name in CAPTURED:
                super().__setattr__("_captured_change", name)
            elif name in MATCHED_BY:
                super().__setattr__("_has_other_matching", True)
            ROUTES_VERSION.bump()


class _BySetattr:
    """Sets attributes one by one, for classes that do more with them than to keep them."""

    __slots__ = ("_target",)

    def __init__(self, target: Any) -> None:
        self._target = target

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self._target, name, value)

    def update(self, values: Iterable[tuple[str, Any]]) -> None:
        """Set all *values*."""
        for name, value in values:
            setattr(self._target, name, value)


_are_plain: "WeakKeyDictionary[type[Any], bool]" = WeakKeyDictionary()


def attributes_of(target: Any) -> "dict[str, Any] | _BySetattr":
    """Return what the attributes of an object that is being built are written to.

    PERF: its dictionary where that is the same: a sixth of the time of `Watched.__setattr__`.
    """
    kind = type(target)
    is_plain = _are_plain.get(kind)
    if is_plain is None:
        is_plain = _are_plain[kind] = _is_plain(kind)
    is_built = getattr(target, "_is_built", False)
    return vars(target) if is_plain and not is_built else _BySetattr(target)


def _is_plain(kind: type[Any]) -> bool:
    """Return whether setting an attribute does no more than to put it into the dictionary."""
    return (
        getattr(kind, "__setattr__") in (Watched.__setattr__, object.__setattr__)  # noqa: B009
        and kind.__dictoffset__ != 0
        and not any(
            hasattr(type(value), "__set__")
            for owner in kind.__mro__
            for name, value in vars(owner).items()
            if name not in _OF_EVERY_CLASS
        )
    )


_OF_EVERY_CLASS: Final = ("__dict__", "__weakref__", "__class__")
