"""Tell open WebSockets and event streams about orders.

Within one process. With several workers a customer hears only of what happens in the worker
that holds the connection; a shared channel (Redis, PostgreSQL's LISTEN) would take the place
of `Events` then.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .models import OrderStatus

_BACKLOG = 100  # changes a slow client may be behind


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to an order."""

    order_id: int
    status: OrderStatus
    is_new: bool = False


class Events:
    """Hands each change to every subscriber."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Change | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Remember the running event loop; changes are published from worker threads."""
        self._loop = asyncio.get_running_loop()

    def publish(self, change: Change) -> None:
        """Hand *change* to all subscribers; may be called in any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._deliver, change)

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[Change | None]]:
        """Give a queue of changes; None in it says that the reader was too slow."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue(_BACKLOG + 1)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def _deliver(self, change: Change) -> None:
        for queue in list(self._queues):
            if queue.qsize() < _BACKLOG:
                queue.put_nowait(change)
            else:  # the client reconnects and is told what it missed
                self._queues.discard(queue)
                queue.put_nowait(None)
