"""One piece of work."""

import inspect
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from starlette.exceptions import HTTPException

from fasterapi.exceptions import UsageError
from fasterapi.executors.placing import is_plain_function

__all__ = ("Task", "TaskQueueFull")


class TaskQueueFull(HTTPException):
    """No further task is taken now; a handler that lets it pass answers 503."""

    def __init__(self, detail: str = "The queue of tasks is full") -> None:
        super().__init__(503, detail, {"Retry-After": "1"})


@dataclass(eq=False, slots=True, repr=False)
class Task:
    """A call that was queued, and how far it is.

    Attributes:
        function: What is called.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        retries: How often it is tried again at most.
        backoff_s: Seconds before the first of these.
        state: ``"delayed"`` means that it has failed and will be tried again, ``"lost"`` that
            the app ended before it was done.
        attempts: How often it has been begun.
        error: What it raised last.
        result: What it returned.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    retries: int
    backoff_s: float
    state: Literal["queued", "running", "delayed", "done", "failed", "lost"] = "queued"
    attempts: int = 0
    error: BaseException | None = None
    result: Any = None
    is_async: bool = field(init=False)
    context: Context = field(init=False)

    def __post_init__(self) -> None:
        self.is_async = not is_plain_function(self.function)
        if self.is_async and not _is_coroutine_function(self.function):
            raise UsageError(f"a task is a function or coroutine function, got {self.name!r}")
        self.context = copy_context()

    @property
    def name(self) -> str:
        """The function's name with its module."""
        function = self.function
        while isinstance(function, partial):
            function = function.func
        name = getattr(function, "__qualname__", None)
        return f"{function.__module__}.{name}" if name else repr(function)

    def __repr__(self) -> str:
        return f"<Task {self.name} {self.state}>"


def _is_coroutine_function(function: Any) -> bool:
    while isinstance(function, partial):
        function = function.func
    owners = (function, getattr(function, "__call__", None))  # noqa: B004  the method is asked
    return any(inspect.iscoroutinefunction(owner) for owner in owners)
