"""An endpoint and the option ``executor`` -> the endpoint that runs there."""

import inspect
import sys
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Final, Literal, TypeAlias, get_args

from fasterapi.exceptions import UsageError
from fasterapi.executors.auto import move_by_itself
from fasterapi.executors.config import require_subinterpreters
from fasterapi.executors.pool import executors_of

__all__ = ("EXECUTORS", "EXECUTOR_MARK", "Executor", "check_executor", "is_plain_function", "place")

Executor: TypeAlias = Literal["thread", "inline", "process", "interpreter", "auto"]
EXECUTORS: Final[tuple[str, ...]] = get_args(Executor)

EXECUTOR_MARK: Final = "_executor"


def check_executor(executor: str | None) -> None:
    """Raise UsageError unless *executor* is one that this Python has, or None."""
    if executor is None:
        return
    if executor not in EXECUTORS:
        raise UsageError(f"executor must be one of {', '.join(EXECUTORS)}, got {executor!r}")
    if executor == "interpreter":
        require_subinterpreters("executor='interpreter'")


def is_plain_function(endpoint: Callable[..., Any]) -> bool:
    """Return whether *endpoint* is neither a coroutine function nor a generator function."""
    tests = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    inner: Any = endpoint
    while isinstance(inner, partial):
        inner = inner.func
    inner = inspect.unwrap(inner)
    owners = (inner, getattr(inner, "__call__", None))  # noqa: B004  the method itself is asked
    return not any(test(owner) for test in tests for owner in owners)


def place(endpoint: Callable[..., Any], executor: str | None) -> Callable[..., Any]:
    """Return what a route calls so that *endpoint* runs in *executor*.

    Args:
        endpoint: The user's function.
        executor: One of `EXECUTORS`; None leaves the function as it is.

    Raises:
        UsageError: The function cannot run there.
    """
    check_executor(executor)
    if executor is None or getattr(endpoint, EXECUTOR_MARK, None) is not None:
        return endpoint
    name = getattr(endpoint, "__qualname__", repr(endpoint))
    if not is_plain_function(endpoint):
        raise UsageError(
            f"executor={executor!r} is for plain functions, {name!r} is a coroutine or generator"
        )
    if executor == "thread":
        return endpoint
    if executor == "inline":
        placed = _inline(endpoint)
    elif executor == "auto":
        placed = move_by_itself(endpoint)
    else:
        placed = _remote(endpoint, executor, _place_of(endpoint, executor))
    setattr(placed, EXECUTOR_MARK, executor)
    return placed


def _inline(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(endpoint)
    async def inline(*args: Any, **values: Any) -> Any:
        return endpoint(*args, **values)

    return inline


def _remote(
    endpoint: Callable[..., Any], executor: str, place_: tuple[str, str]
) -> Callable[..., Any]:
    @wraps(endpoint)
    async def remote(**values: Any) -> Any:
        return await executors_of().pool(executor).run(place_, values)

    return remote


def _place_of(endpoint: Callable[..., Any], executor: str) -> tuple[str, str]:
    """Return module and qualified name, by which a worker finds the function.

    The module is executing still, so that the function cannot be looked up yet.
    """
    module, name = getattr(endpoint, "__module__", None), getattr(endpoint, "__qualname__", "")
    if not module or not name or "<" in name or hasattr(endpoint, "__wrapped__"):
        raise UsageError(
            f"executor={executor!r} needs a function at the top level of a module, which its "
            f"workers can import, got {name or repr(endpoint)!r}"
        )
    if module == "__main__":
        spec = getattr(sys.modules["__main__"], "__spec__", None)
        if executor == "interpreter" or spec is None:
            raise UsageError(
                f"executor={executor!r} cannot import {name!r} from the program that is run "
                f"itself; put it into a module of its own"
            )
        module = spec.name
    return module, name
