"""What compiled plans are made from, exchanged for objects that report changes in place.

Packages append to ``route.dependant.dependencies`` and replace ``route.dependant.call``, also
after the first request; FastAPI looks at them with each. A plan made anew is what they get here.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any, Final

from fasterapi.dependencies.models import Dependant
from fasterapi.routing.version import ROUTES_VERSION

__all__ = ("NoticedDependant", "NoticedList", "NoticedSet", "notice_dependant", "notice_methods")

_LIST_CHANGES: Final = (
    *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"),
    *("__setitem__", "__delitem__", "__iadd__", "__imul__"),
)
_SET_CHANGES: Final = (
    *("add", "discard", "remove", "pop", "clear", "update", "difference_update"),
    *("intersection_update", "symmetric_difference_update"),
    *("__ior__", "__iand__", "__isub__", "__ixor__"),
)
_FIELDS: Final = tuple(field.name for field in fields(Dependant))


def _reporting(change: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(change)
    def report(*arguments: Any, **options: Any) -> Any:
        try:
            return change(*arguments, **options)
        finally:
            ROUTES_VERSION.bump()

    return report


class NoticedList(list[Any]):
    """A list whose changes make compiled plans stale; copies of it are plain lists."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)


class NoticedSet(set[Any]):
    """A set whose changes make compiled plans stale; copies of it are plain sets."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        return set, (list(self),)


for _kind, _changes in ((NoticedList, _LIST_CHANGES), (NoticedSet, _SET_CHANGES)):
    for _name in _changes:
        setattr(_kind, _name, _reporting(getattr(_kind, _name)))


class NoticedDependant(Dependant):
    """A dependant whose changes make compiled plans stale; copies of it are plain ones."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # as Dependant's

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        ROUTES_VERSION.bump()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dependant):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _FIELDS)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Dependant, tuple(getattr(self, name) for name in _FIELDS)


NoticedDependant.__name__ = NoticedDependant.__qualname__ = Dependant.__name__  # for its repr


def notice_dependant(dependant: Dependant) -> None:
    """Have changes of *dependant*, and of all below it, make compiled plans stale."""
    pending = [dependant]
    while pending:
        node = pending.pop()
        if type(node) is Dependant:
            for name in _FIELDS:
                value = getattr(node, name)
                if type(value) is list:
                    setattr(node, name, NoticedList(value))
            node.__class__ = NoticedDependant
        pending.extend(node.dependencies)


def notice_methods(route: Any) -> None:
    """Have changes of ``route.methods`` make compiled tables stale."""
    if type(getattr(route, "methods", None)) is set:
        # Not by assignment, which routes report as a change.
        object.__setattr__(route, "methods", NoticedSet(route.methods))
