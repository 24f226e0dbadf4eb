"""How a compiled step calls its dependency: on the loop, in a thread, or as a generator."""

import dis
import inspect
import re
from functools import partial
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import CodeType, FunctionType, MemberDescriptorType, MethodType
from typing import Any, Final

from fasterapi.dependencies.models import (
    Dependant,
    _is_async_gen_callable,
    _is_coroutine_callable,
    _is_gen_callable,
)

__all__ = ("has_limited_generators", "is_generator", "only_moves_values", "style_of")

# Instructions of CPython 3.11 to 3.14; one that is not known here needs a thread.
_LOAD: Final = re.compile("LOAD_FAST(_BORROW|_CHECK|_LOAD_FAST|_BORROW_LOAD_FAST_BORROW)?")
_MOVES: Final = frozenset(
    (
        *("RESUME", "NOP", "LOAD_CONST", "LOAD_SMALL_INT", "RETURN_VALUE", "RETURN_CONST"),
        *("BUILD_LIST", "BUILD_TUPLE", "BUILD_MAP", "BUILD_CONST_KEY_MAP"),
    )
)


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
    if _is_coroutine_callable(dependant.call):
        return "async"
    return "call" if only_moves_values(dependant.call) else "thread"


def only_moves_values(call: Any) -> bool:
    """Return whether *call* does nothing but put its arguments and constants somewhere.

    PERF: such a function can neither wait nor tell which thread it runs in, so it needs no trip
    to one. Classes that hold the parameters of a query, and functions that return them as a
    dictionary, are the most usual plain dependencies.
    """
    if type(call) is FunctionType:
        return _moves_values(call, None)
    if type(call) is not type:
        return False
    owner: Any = call
    makes_plainly: bool = owner.__new__ is object.__new__
    init = owner.__init__
    if not makes_plainly or type(init) is not FunctionType:
        return False
    return owner.__setattr__ is object.__setattr__ and _moves_values(init, owner)


def _moves_values(function: FunctionType, owner: type | None) -> bool:
    """Return whether *function*, which may be the ``__init__`` of *owner*, only moves values."""
    code = function.__code__
    if code.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR | CO_COROUTINE):
        return False
    former: dis.Instruction | None = None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "STORE_ATTR":
            if owner is None or not _is_store(former, instruction.argval, owner, code):
                return False
        elif instruction.opname not in _MOVES and not _is_load(instruction):
            return False
        former = instruction
    return True


def _is_load(instruction: dis.Instruction | None) -> bool:
    return instruction is not None and _LOAD.fullmatch(instruction.opname) is not None


def _is_store(former: dis.Instruction | None, attribute: str, owner: type, code: CodeType) -> bool:
    """Return whether an attribute of the instance is set, without code of the program."""
    if former is None or not _is_load(former):
        return False
    loaded = former.argval[-1] if isinstance(former.argval, tuple) else former.argval
    found = inspect.getattr_static(owner, attribute, None)
    is_slot = isinstance(found, MemberDescriptorType)
    return loaded == code.co_varnames[0] and (is_slot or not hasattr(type(found), "__set__"))


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
