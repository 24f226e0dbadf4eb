"""The executor ``"auto"``, an experiment: on the event loop as long as a function never blocks.

A function begins in worker threads. When so many calls in a row were short and never let go of
the processor, it moves to the event loop; the first long call there sends it back. One that was
sent back several times stays in the threads.
"""

import logging
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import wraps
from typing import Any, Final

from fasterapi._speedups.handoff import run_in_thread

try:
    from resource import RUSAGE_THREAD, getrusage
except ImportError:  # Linux and FreeBSD have it
    getrusage = None  # type: ignore[assignment]

__all__ = ("AUTO_MARK", "Placement", "move_by_itself")

logger = logging.getLogger("fasterapi.executors")

AUTO_MARK: Final = "_placement"

CALLS: Final = 1000
SHORT_S: Final = 0.0001
LONG_S: Final = 0.001
RETURNS: Final = 3


class Placement:
    """Where one function runs now, and what is known of its calls.

    Attributes:
        is_inline: Whether it runs on the event loop.
        short_calls: How many of its last calls in threads were short, in a row.
        returns: How often it was sent back to the threads.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.is_inline = False
        self.short_calls = 0
        self.returns = 0

    def call_in_thread(self, args: tuple[Any, ...], values: dict[str, Any]) -> Any:
        """Return what the function returns, and watch it; runs in a worker thread."""
        waits, began = _waits(), time.perf_counter()
        try:
            return self.function(*args, **values)
        finally:
            is_short = time.perf_counter() - began < SHORT_S and _waits() == waits
            self.short_calls = self.short_calls + 1 if is_short else 0
            if self.short_calls >= CALLS and self.returns < RETURNS:
                self.is_inline = True
                self._say("moves to the event loop")

    def call_inline(self, args: tuple[Any, ...], values: dict[str, Any]) -> Any:
        """Return what the function returns, and watch it; runs on the event loop."""
        began = time.perf_counter()
        try:
            # What it sets in context variables is lost, as it is in a thread.
            return copy_context().run(self.function, *args, **values)
        finally:
            taken_s = time.perf_counter() - began
            if taken_s > LONG_S:
                self.is_inline = False
                self.short_calls = 0
                self.returns += 1
                self._say(f"goes back to worker threads after a call of {taken_s * 1000:.1f} ms")

    def _say(self, what: str) -> None:
        name = getattr(self.function, "__qualname__", repr(self.function))
        logger.info("executor='auto': function=%s %s", name, what)

    def __str__(self) -> str:
        return "auto: inline now" if self.is_inline else "auto: thread now"


def _waits() -> int:
    """Return how often this thread has waited for anything; 0 where nobody counts that."""
    return 0 if getrusage is None else getrusage(RUSAGE_THREAD).ru_nvcsw


def move_by_itself(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a coroutine function that calls *function* where that seems best."""
    placement = Placement(function)

    @wraps(function)
    async def auto(*args: Any, **values: Any) -> Any:
        if placement.is_inline:
            return placement.call_inline(args, values)
        return await run_in_thread(placement.call_in_thread, args, values)

    setattr(auto, AUTO_MARK, placement)
    return auto
