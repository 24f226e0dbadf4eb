"""How a compiled step calls its dependency: on the loop, in a thread, or as a generator."""

from functools import partial
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR
from types import FunctionType, MethodType
from typing import Any

from fasterapi.dependencies.models import (
    Dependant,
    _is_async_gen_callable,
    _is_coroutine_callable,
    _is_gen_callable,
)

__all__ = ("has_limited_generators", "is_generator", "style_of")


def style_of(dependant: Dependant, *, has_limits: bool) -> str:
    """Return the style of a dependency's `Step`.

    Args:
        dependant: The dependency, or an endpoint that is no generator.
        has_limits: What `has_limited_generators` says of the whole tree.
    """
    if dependant.concurrency is not None:
        return "cold"
    if is_generator(dependant):
        is_async = _is_async_gen_callable(dependant.call)
        kind = CO_ASYNC_GENERATOR if is_async else CO_GENERATOR
        if has_limits or not _is_plain(dependant.call, kind):
            return "cold"
        return "generator" if is_async else "thread generator"
    return "async" if _is_coroutine_callable(dependant.call) else "thread"


def _is_plain(call: Any, kind: int) -> bool:
    """Return whether calling *call* makes a generator of that kind, and does nothing else."""
    while isinstance(call, partial):
        call = call.func
    if not isinstance(call, FunctionType | MethodType):
        call = getattr(type(call), "__call__", None)  # noqa: B004 - the method itself is asked
    function = call.__func__ if isinstance(call, MethodType) else call
    if type(function) is not FunctionType:
        return False
    return bool(function.__code__.co_flags & kind)


def has_limited_generators(dependant: Dependant) -> bool:
    """Return whether any generator below may be open only so many times at once.

    The reference functions enter it, and then the others too: those know of one cancel scope
    around all of them.
    """
    return any(
        (child.concurrency is not None and is_generator(child)) or has_limited_generators(child)
        for child in dependant.dependencies
    )


def is_generator(dependant: Dependant) -> bool:
    """Return whether a dependency or endpoint gives its value with ``yield``."""
    return _is_gen_callable(dependant.call) or _is_async_gen_callable(dependant.call)
