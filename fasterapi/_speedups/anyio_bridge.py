"""What our worker threads and anyio must know of each other; the one place that says so.

anyio's functions for worker threads (`anyio.from_thread`) find their event loop in anyio's own
thread-local object, where anyio's threads put it. Ours put the same things there. The names come
from anyio 4.11 to 4.16; where a later version has others, only what is said below is lost.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from functools import cache
from typing import Any

from anyio._core import _eventloop as eventloop

try:
    from sniffio import current_async_library_cvar as library_name
except ImportError:
    library_name = None  # type: ignore[assignment]

__all__ = (
    "HAS_SNIFFIO",
    "cancel_scope_of",
    "leave_loop",
    "root_task",
    "task_states",
    "worker_identity",
)

_claim: Any = getattr(eventloop, "claim_worker_thread", None)
_threadlocals: Any = getattr(eventloop, "threadlocals", None)

_states: Any = None  # set by task_states

HAS_SNIFFIO: bool = library_name is not None


@cache
def _backend() -> Any:
    from anyio._backends import _asyncio as backend  # noqa: PLC0415 - see the module's docstring

    return backend


def task_states() -> dict[Any, Any]:
    """Return anyio's states of tasks by reference to the task.

    Empty where anyio knows of no task: then there is no cancel scope to ask for.
    """
    global _states
    _states = getattr(_backend(), "_task_states", None)
    by_reference: dict[Any, Any] = getattr(_states, "data", {})
    return by_reference


@contextmanager
def worker_identity(loop: Any) -> Iterator[Callable[[Any], None]]:
    """Make the calling thread one of *loop*'s worker threads in anyio's eyes.

    Without it, `anyio.from_thread.run` says that it is not inside a worker thread.

    Yields:
        Function that sets the cancel scope of what the thread does next. Without it,
        `anyio.from_thread.check_cancelled` sees no cancellation.
    """
    if _claim is None or _threadlocals is None:
        yield lambda scope: None
        return

    def set_scope(scope: Any) -> None:
        _threadlocals.current_cancel_scope = scope

    with _claim(_backend().backend_class, loop):
        set_scope(None)
        yield set_scope


def cancel_scope_of(task: Any) -> Any:
    """Return the innermost cancel scope around *task*, None if there is none."""
    state = _states.get(task)
    return None if state is None else state.cancel_scope


def root_task(current: Any) -> Any:
    """Return the task whose end is the end of the program, None if it is not found.

    Without it, idle threads end by themselves some seconds later.
    """
    find_root_task = getattr(_backend(), "find_root_task", None)
    if find_root_task is None:
        return None
    found = find_root_task()
    return None if found is current else found


def leave_loop(context: Context) -> None:
    """Take out of *context* that it is within an event loop; sniffio would say so in a thread."""
    if library_name is not None and context.get(library_name) is not None:
        context.run(library_name.set, None)
