"""How many threads, processes and sub-interpreters there are."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fasterapi._config import as_config
from fasterapi.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("ExecutorConfig", "require_subinterpreters")

FIRST_PYTHON: Final = (3, 13)
"""The first Python whose sub-interpreters can be used from Python code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorConfig:
    """Where handlers that are no coroutine functions run.

    Attributes:
        max_threads: Largest number of worker threads in a process; None for 40.
        max_queued: How many calls may wait for a thread; further requests are answered 503.
            None: any number.
        stall_s: Seconds without a free thread, while calls wait for one, after which the log
            names what the threads are doing, and whether that looks like a deadlock.
        workers: Number of processes and of sub-interpreters, made when the first call needs
            them; None for one per CPU.
        timeout_s: Seconds after which a call in a process or sub-interpreter is given up with a
            500 and its worker replaced; None: never.
        use_subinterpreters: Whether routes will use them: then a Python that is too old is an
            error here, and not at the first such route.

    Raises:
        UsageError: A value is out of range, or not available.
    """

    max_threads: int | None = None
    max_queued: int | None = None
    stall_s: float = 5.0
    workers: int | None = None
    timeout_s: float | None = None
    use_subinterpreters: bool = False

    def __post_init__(self) -> None:
        for name, least in (("max_threads", 1), ("max_queued", 0), ("workers", 1)):
            number = getattr(self, name)
            if number is not None and (type(number) is not int or number < least):
                raise UsageError(f"{name} must be {least} or more, got {number!r}")
        for name in ("timeout_s", "stall_s"):
            seconds = getattr(self, name)
            is_left_out = seconds is None and name == "timeout_s"
            if not is_left_out and not (type(seconds) in (int, float) and seconds > 0):
                raise UsageError(f"{name} must be more than 0, got {seconds!r}")
        if self.use_subinterpreters:
            require_subinterpreters("use_subinterpreters")

    @classmethod
    def of(cls, given: "ExecutorConfig | Mapping[str, Any] | None") -> "ExecutorConfig":
        """Return *given* as a configuration.

        Raises:
            UsageError: A key or value is unknown.
        """
        return as_config(cls, given, "executor_config")


def require_subinterpreters(what: str) -> None:
    """Raise UsageError if this Python is too old for sub-interpreters.

    Args:
        what: The option that asked for them.
    """
    if sys.version_info < FIRST_PYTHON:
        here = ".".join(map(str, sys.version_info[:2]))
        raise UsageError(
            f"{what} needs Python 3.13 or later, this is {here}; use executor='process' instead"
        )
