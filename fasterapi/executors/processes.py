"""Calls in processes."""

import importlib
import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import reduce
from typing import Any

from fasterapi.executors.pool import Place, WorkerDied

__all__ = ("ProcessWorker",)


def _call(place: Place, values: dict[str, Any]) -> Any:
    module, name = place
    function = reduce(getattr, name.split("."), importlib.import_module(module))
    return function(**values)  # type: ignore[operator]


class ProcessWorker:
    """A process of its own executor, so that its death breaks no other one.

    Forked from a server without threads: forking this process, which has many, could leave
    locks held for ever. Windows has only ``spawn``.
    """

    def __init__(self) -> None:
        known = multiprocessing.get_all_start_methods()
        method = "forkserver" if "forkserver" in known else "spawn"
        self._executor = ProcessPoolExecutor(1, multiprocessing.get_context(method))

    def submit(self, place: Place, values: dict[str, Any]) -> Future[Any]:
        """Begin a call."""
        result: Future[Any] = Future()
        inner = self._executor.submit(_call, place, values)
        inner.add_done_callback(lambda done: _hand_on(done, result, place))
        return result

    def end(self) -> None:
        """Kill the process."""
        processes = list((getattr(self._executor, "_processes", None) or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            with suppress(OSError, ValueError):
                process.kill()


def _hand_on(inner: "Future[Any]", result: "Future[Any]", place: Place) -> None:
    if inner.cancelled():
        result.set_exception(WorkerDied(f"the process of {place[0]}.{place[1]} was ended"))
        return
    error = inner.exception()
    if isinstance(error, BrokenProcessPool):
        died = WorkerDied(f"the process of {place[0]}.{place[1]} died")
        died.__cause__ = error
        result.set_exception(died)
    elif error is not None:
        result.set_exception(error)
    else:
        result.set_result(inner.result())
