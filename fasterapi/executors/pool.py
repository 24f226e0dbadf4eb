"""Workers outside of this interpreter's GIL, each doing one call at a time.

One worker that dies takes its own call with it and no other; it is replaced.
"""

import asyncio
import atexit
import logging
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakSet

from starlette.exceptions import HTTPException

from fasterapi.exceptions import FasterAPIError, UsageError
from fasterapi.executors.config import ExecutorConfig

__all__ = ("Executors", "RemoteError", "Worker", "WorkerDied", "WorkerPool", "executors_of")

logger = logging.getLogger("fasterapi.executors")

Place = tuple[str, str]
"""Module and qualified name of a function."""


class RemoteError(FasterAPIError):
    """A function raised in its worker what cannot be raised here; the text says what."""


class WorkerDied(FasterAPIError):  # noqa: N818  what happened, as `BrokenProcessPool`
    """A worker ended, or was ended, during a call."""


class Worker(Protocol):
    """A process or sub-interpreter."""

    def submit(self, place: Place, values: dict[str, Any]) -> Future[Any]:
        """Begin a call; its future fails with `WorkerDied` if the worker does not survive it."""

    def end(self) -> None:
        """End the worker, also one that hangs, as far as that can be done."""


class WorkerPool:
    """At most so many workers of one kind, made when they are needed.

    Args:
        make: Makes a worker.
        size: Largest number of them.
        timeout_s: Longest duration of a call; None for any.
    """

    def __init__(self, make: Callable[[], Worker], size: int, timeout_s: float | None) -> None:
        self._make = make
        self._size = size
        self._timeout_s = timeout_s
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._waiting: deque[asyncio.Future[Worker]] = deque()

    async def run(self, place: Place, values: dict[str, Any]) -> Any:
        """Return what the function at *place* returns for *values*.

        Raises:
            WorkerDied: The worker did not survive the call, or it took too long.
        """
        loop = asyncio.get_running_loop()
        worker = await self._get(loop)
        try:
            call = worker.submit(place, values)
        except BaseException:
            self._put(worker)
            raise
        # The worker is busy until its call ends, whoever still wants the result.
        turn = loop.create_future()
        call.add_done_callback(lambda done: _tell(loop, self._done, worker, done, turn))
        try:
            await asyncio.wait_for(turn, self._timeout_s)
        except TimeoutError:
            self._busy.discard(worker)
            worker.end()
            raise WorkerDied(
                f"{place[0]}.{place[1]} did not return within {self._timeout_s} s"
            ) from None
        return call.result()

    async def _get(self, loop: asyncio.AbstractEventLoop) -> Worker:
        if self._idle or len(self._busy) < self._size:
            worker = self._idle.pop() if self._idle else self._make()
            self._busy.add(worker)
            return worker
        turn: asyncio.Future[Worker] = loop.create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._put(turn.result())
            raise

    def _done(self, worker: Worker, call: "Future[Any]", turn: "asyncio.Future[None]") -> None:
        if not turn.done():
            turn.set_result(None)
        if worker not in self._busy:
            self._put(None)  # was given up: there is room for another
        elif not call.cancelled() and isinstance(call.exception(), WorkerDied):
            logger.error("worker died, another takes its place reason=%s", call.exception())
            self._busy.discard(worker)
            worker.end()
            self._put(None)
        else:
            self._put(worker)

    def _put(self, worker: Worker | None) -> None:
        """Hand *worker* to who has waited longest; None: it is gone, make another for them."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                if worker is None:
                    worker = self._make()
                    self._busy.add(worker)
                turn.set_result(worker)
                return
        if worker is not None:
            self._busy.discard(worker)
            self._idle.append(worker)

    def end(self) -> None:
        """End all workers."""
        for worker in (*self._idle, *self._busy):
            worker.end()
        self._idle.clear()
        self._busy.clear()


def _tell(loop: asyncio.AbstractEventLoop, function: Callable[..., Any], *args: Any) -> None:
    with suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(function, *args)


@dataclass(eq=False)
class Executors:
    """The worker pools of one event loop."""

    config: ExecutorConfig = field(default_factory=ExecutorConfig)
    pools: dict[str, WorkerPool] = field(default_factory=dict)

    def pool(self, executor: str) -> WorkerPool:
        """Return the pool of ``"process"`` or ``"interpreter"``."""
        found = self.pools.get(executor)
        if found is None:
            size = self.config.workers or os.cpu_count() or 1
            found = WorkerPool(_maker(executor), size, self.config.timeout_s)
            self.pools[executor] = found
        return found

    def end(self) -> None:
        """End all workers; further calls make new ones."""
        for pool in self.pools.values():
            pool.end()
        self.pools.clear()


def _maker(executor: str) -> Callable[[], Worker]:
    # Imported when needed: multiprocessing alone costs 10 ms.
    if executor == "process":
        from fasterapi.executors.processes import ProcessWorker  # noqa: PLC0415

        return ProcessWorker
    from fasterapi.executors.interpreters import InterpreterWorker  # noqa: PLC0415

    return InterpreterWorker


_of_loop: dict[asyncio.AbstractEventLoop, Executors] = {}
_all: WeakSet[Executors] = WeakSet()


def executors_of() -> Executors:
    """Return the running loop's worker pools.

    Raises:
        UsageError: The event loop is not asyncio's.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise UsageError("executor='process' and 'interpreter' need an asyncio loop") from None
    found = _of_loop.get(loop)
    if found is None:
        for other in [other for other in _of_loop if other.is_closed()]:
            _of_loop.pop(other).end()
        found = _of_loop[loop] = Executors()
        _all.add(found)
    return found


def raise_remote(kind: str, details: Any) -> None:
    """Raise what a function raised in its worker.

    Args:
        kind: ``"http"``, the name of a built-in exception, or of another one.
        details: Status, text and headers; or arguments and the traceback's text.
    """
    if kind == "http":
        status, detail, headers = details
        raise HTTPException(status, detail, headers)
    args, text = details
    builtin = getattr(__import__("builtins"), kind, None)
    if isinstance(builtin, type) and issubclass(builtin, Exception):
        with suppress(TypeError):
            error = builtin(*args)
            error.add_note(text)
            raise error
    raise RemoteError(text)


@atexit.register
def _end_all() -> None:
    for executors in list(_all):
        executors.end()
