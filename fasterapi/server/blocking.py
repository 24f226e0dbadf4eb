"""Find out what makes the event loop stand still, and say it once per place."""

import asyncio
import logging
import os
import sysconfig
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Final

import uvicorn

from fasterapi._speedups.stacks import stack_of

__all__ = ("BlockDetector", "parse_duration")

logger = logging.getLogger("fasterapi.blocking")

_MAX_PLACES: Final = 1000
_LIBRARIES: Final = tuple(
    f"{folder}{os.sep}"
    for folder in {
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        str(Path(__file__).resolve().parents[1]),
    }
)
# What runs the loop: everything before it in the stack is how the program was started.
_RUNNERS: Final = (os.path.dirname(asyncio.__file__), os.path.dirname(uvicorn.__file__))


def parse_duration(text: str) -> float:
    """Return seconds: of ``"50ms"``, ``"0.05s"`` or ``"0.05"``; ``"off"`` is 0.

    Raises:
        ValueError: *text* is no duration.
    """
    number, factor = text.strip().lower(), 1.0
    if number == "off":
        return 0.0
    for unit, seconds in (("ms", 0.001), ("s", 1.0)):
        if number.endswith(unit):
            number, factor = number.removesuffix(unit), seconds
            break
    try:
        duration = float(number) * factor
    except ValueError:
        duration = -1.0
    if not 0 <= duration < float("inf"):
        raise ValueError(f"duration must be like 50ms, 0.5s or off, got {text!r}")
    return duration


class BlockDetector:
    """A thread that asks the loop for a sign of life, again and again.

    Args:
        loop: The event loop, which runs in the calling thread.
        threshold_s: How long it may take for an answer. What lasts twice as long is always
            seen, what is shorter than that by chance.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, threshold_s: float) -> None:
        self._loop = loop
        self._threshold_s = threshold_s
        self._thread_id = threading.get_ident()
        self._answered = threading.Event()
        self._stopped = threading.Event()
        self._known: set[tuple[str, int]] = set()
        # Made here: each call that lets go of the GIL costs a switch interval to get it back
        # from a loop that computes, and the stack would come too late.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by the thread
        self._thread = threading.Thread(
            target=self._watch, name="FasterAPI block detector", daemon=True
        )

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def _watch(self) -> None:
        with self._file:
            self._ask_until_stopped()

    def _ask_until_stopped(self) -> None:
        while not self._stopped.wait(self._threshold_s):
            self._answered.clear()
            asked = time.monotonic()
            try:
                self._loop.call_soon_threadsafe(self._answered.set)
            except RuntimeError:  # the loop is closed
                return
            if self._answered.wait(self._threshold_s):
                continue
            stack = stack_of(self._thread_id, self._file)
            # Late ourselves: native code may have held the GIL, and the loop goes on since. Or
            # the loop has ended, and its thread does something else by now.
            if stack and not self._answered.is_set() and not self._stopped.is_set():
                self._report(stack)
            while not self._answered.wait(1.0) and not self._stopped.is_set():
                pass
            logger.debug("event loop goes on after %.3f s", time.monotonic() - asked)

    def _report(self, stack: list[traceback.FrameSummary]) -> None:
        runners = [i for i, place in enumerate(stack) if place.filename.startswith(_RUNNERS)]
        stack = stack[runners[-1] + 1 if runners else 0 :] or stack
        own = [place for place in stack if not _is_library(place.filename)]
        # The outermost function of the program is the handler, the innermost what blocks.
        handler, place = (own[0], own[-1]) if own else (stack[-1], stack[-1])
        key = (place.filename, place.lineno or 0)
        if key in self._known or len(self._known) >= _MAX_PLACES:
            return
        self._known.add(key)
        first = stack.index(handler)
        logger.warning(
            "event loop blocked for more than %.0f ms handler=%s at=%s:%d\n%s",
            self._threshold_s * 1000,
            handler.name,
            place.filename,
            place.lineno or 0,
            "".join(traceback.format_list(stack[first:])).rstrip(),
        )


def _is_library(filename: str) -> bool:
    return filename.startswith((*_LIBRARIES, "<"))
