"""How the work is done."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fasterapi._config import as_config
from fasterapi.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("TaskConfig",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskConfig:
    """How an application's queue of tasks does its work.

    Attributes:
        workers: How many tasks are done at a time.
        max_queued: How many may wait, those that will be tried again included.
        retries: How often a task that raised an exception is tried again.
        backoff_s: Seconds before the first of these; each further one waits twice as long. Up
            to half of the time is left out by chance, so that tasks that failed together do
            not come back together.
        max_backoff_s: Longest of these waits.
        drain_s: How long the app waits at its end for tasks that are not done.

    Raises:
        UsageError: A value is out of range.
    """

    workers: int = 4
    max_queued: int = 1000
    retries: int = 0
    backoff_s: float = 1.0
    max_backoff_s: float = 60.0
    drain_s: float = 10.0

    def __post_init__(self) -> None:
        for name, least in (("workers", 1), ("max_queued", 1), ("retries", 0)):
            number = getattr(self, name)
            if type(number) is not int or number < least:
                raise UsageError(f"{name} must be {least} or more, got {number!r}")
        for name in ("backoff_s", "max_backoff_s", "drain_s"):
            seconds = getattr(self, name)
            if type(seconds) not in (int, float) or not 0 <= seconds < float("inf"):
                raise UsageError(f"{name} must be 0 or more, got {seconds!r}")

    @classmethod
    def of(cls, given: "TaskConfig | Mapping[str, Any] | None") -> "TaskConfig":
        """Return *given* as a configuration.

        Raises:
            UsageError: A key or value is unknown.
        """
        return as_config(cls, given, "task_config")
