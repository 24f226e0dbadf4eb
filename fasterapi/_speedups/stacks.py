"""What another thread is doing, and what it means if the worker threads do not go on."""

import faulthandler
import logging
import os
import re
import tempfile
import traceback
from collections.abc import Callable
from typing import IO, Any, Final

__all__ = ("report_stall", "stack_of")

logger = logging.getLogger("fasterapi.threads")

_THREAD: Final = re.compile(r"hread 0x([0-9a-f]+)")
_FRAME: Final = re.compile(r'  File "(.*)", line (\d+) in (.*)')
# Where a thread stands that waits for a coroutine: anyio.from_thread, run_coroutine_threadsafe.
_WAITS_FOR_LOOP: Final = (
    (os.path.join("anyio", "from_thread.py"), "run"),
    (os.path.join("anyio", "from_thread.py"), "run_sync"),
    (os.path.join("concurrent", "futures", "_base.py"), "result"),
)


def stack_of(thread_id: int, file: IO[bytes]) -> list[traceback.FrameSummary]:
    """Return the stack of a thread, outermost call first; empty if it is not found.

    `sys._current_frames` would make frame objects of the threads of sub-interpreters as well,
    which run at the same time: with ``executor="interpreter"`` that crashed the process.

    Args:
        thread_id: As `threading.get_ident` says.
        file: A file to write to and read from; what it had is lost.
    """
    file.seek(0)
    file.truncate()
    faulthandler.dump_traceback(file)
    file.seek(0)
    text = file.read().decode("ascii", "replace")
    for block in text.split("\n\n"):
        head, *lines = block.strip().splitlines() or [""]
        number = _THREAD.search(head)
        if number is not None and int(number[1], 16) == thread_id:
            found = [match for match in map(_FRAME.match, lines) if match is not None]
            # The lines of the sources are read when, and if, the report is written.
            return [
                traceback.FrameSummary(m[1], int(m[2]), m[3], lookup_line=False)
                for m in reversed(found)
            ]
    return []


def report_stall(calls: list[tuple[int, Callable[..., Any]]], queued: int, seconds: float) -> None:
    """Log that no worker thread has become free for so long, and say if they wait for the loop.

    Args:
        calls: Identity of each thread, and what it is calling.
        queued: How many calls wait for a thread.
        seconds: For how long.
    """
    with tempfile.TemporaryFile() as file:
        waiting = [call for ident, call in calls if _waits_for_loop(stack_of(ident, file))]
    logger.error(
        "no worker thread has become free for %.0f s threads=%d waiting_calls=%d functions=%s%s",
        seconds,
        len(calls),
        queued,
        _names(call for _, call in calls),
        "" if not waiting else
        f"; {len(waiting)} of them wait for a coroutine, which is a deadlock if that needs a "
        f"worker thread: {_names(waiting)}",
    )  # fmt: skip


def _waits_for_loop(stack: list[traceback.FrameSummary]) -> bool:
    return any(
        frame.filename.endswith(file) and frame.name == name
        for frame in stack
        for file, name in _WAITS_FOR_LOOP
    )


def _names(calls: Any) -> str:
    return ", ".join(sorted({getattr(call, "__qualname__", repr(call)) for call in calls}))
