"""What the signatures in a tree of dependencies are read from, to notice that they have changed."""

from collections.abc import Iterator
from functools import partial
from operator import is_
from types import FunctionType
from typing import Any

from fasterapi.dependencies.models import Dependant

__all__ = ("Definition",)


class Definition:
    """The objects that all signatures of a tree come from.

    Libraries for views in classes, for example, give an endpoint another ``__signature__``
    between the decorator and the inclusion of its router.
    """

    __slots__ = ("_sources",)

    def __init__(self, dependant: Dependant) -> None:
        self._sources = list(_all_sources(dependant))

    def holds(self, dependant: Dependant) -> bool:
        """Return whether the signatures of *dependant*, the same tree, come from them still."""
        now = list(_all_sources(dependant))
        return len(now) == len(self._sources) and all(map(is_, now, self._sources))


def _all_sources(dependant: Dependant) -> Iterator[Any]:
    waiting = [dependant]
    while waiting:
        node = waiting.pop()
        yield from _sources(node.call)
        waiting += node.dependencies


def _sources(call: Any) -> Iterator[Any]:
    yield getattr(call, "__signature__", None)
    if isinstance(call, FunctionType):
        yield from (call.__code__, call.__defaults__)
        yield from (call.__kwdefaults__ or {}).values()
        yield from _annotations(call)
        if (wrapped := call.__dict__.get("__wrapped__")) is not None:
            yield from _sources(wrapped)
    elif isinstance(call, type):
        yield from _sources(call.__init__)  # type: ignore[misc]
    elif isinstance(call, partial):
        yield from (call.args, *call.keywords.values())
        yield from _sources(call.func)
    elif (function := getattr(call, "__func__", None)) is not None:
        yield from _sources(function)
    elif isinstance(method := getattr(type(call), "__call__", None), FunctionType):  # noqa: B004
        yield from _sources(method)


def _annotations(function: FunctionType) -> Iterator[Any]:
    try:
        yield from function.__annotations__.values()
    except NameError:  # evaluated when asked for, from Python 3.14 on
        yield object()
