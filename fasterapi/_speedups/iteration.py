"""Plain iterators on the event loop: each step in a worker thread.

Request path: streaming response -> [here] -> handoff.
Reference implementation: `starlette.concurrency.iterate_in_threadpool`.

Python, not compiled: programs ask whether a response's ``body_iterator`` is an async generator.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any, TypeVar

from fasterapi._speedups.handoff import run_in_thread

__all__ = ("iterate_in_threadpool",)

_T = TypeVar("_T")
_END = object()


async def iterate_in_threadpool(iterator: Iterable[_T]) -> AsyncIterator[_T]:
    """Yield the items of *iterator*, each fetched in a worker thread when it is asked for."""
    as_iterator = iter(iterator)
    while True:
        item: Any = await run_in_thread(next, as_iterator, _END)
        if item is _END:
            break
        yield item
