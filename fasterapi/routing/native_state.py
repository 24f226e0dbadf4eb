"""One route whose answer is frozen: making the answer, keeping it fresh, giving it out."""

import asyncio
import logging
import threading
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import Response

from fasterapi._place import add_place
from fasterapi._speedups.frozen import FrozenSlot
from fasterapi.encoded import EncodedResponse
from fasterapi.routing.native_freeze import Handler, make_frozen

__all__ = ("FrozenRoute", "Refresh")

_logger = logging.getLogger("fasterapi.native")


class Refresh:
    """A refresh under way: to be awaited, waited for in another thread, or left alone."""

    __slots__ = ("_future", "_loop")

    def __init__(self, future: "Future[None]", loop: asyncio.AbstractEventLoop | None) -> None:
        self._future = future
        self._loop = loop

    def __await__(self) -> Generator[Any, None, None]:
        if self._future.done():
            return self._future.result()
        return (yield from asyncio.wrap_future(self._future).__await__())

    def result(self, timeout: float | None = None) -> None:
        """Wait for the new answer, in a thread that is not the event loop's.

        Raises:
            TimeoutError: It takes longer than *timeout* seconds.
            RuntimeError: The event loop would wait for itself.
        """
        if not self._future.done() and _running_loop() is self._loop is not None:
            raise RuntimeError("the event loop cannot wait for a refresh here; await it")
        self._future.result(timeout)


class FrozenRoute:
    """The frozen answer of one route.

    Attributes:
        path: The route's path.
        refresh_every: Seconds after which the answer is made anew; None: never by itself.
        slot: Holds the answer, for plans.
    """

    def __init__(self, path: str, handler: Handler, refresh_every: float | None) -> None:
        self.path = path
        self.refresh_every = refresh_every
        self.slot = FrozenSlot()
        self._handler = handler
        self._source: tuple[Any, Any] = (None, None)  # app, and state of its lifespan
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        # By thread, so one for each running loop: TestClient makes a loop for each request.
        self._locks: dict[int, anyio.Lock] = {}

    @property
    def is_frozen(self) -> bool:
        """Whether there is an answer by now."""
        return self.slot.answer is not None

    def use(self, handler: Handler) -> None:
        """Make answers with *handler* from now on: the route has been built anew."""
        self._handler = handler

    def refresh(self) -> Refresh:
        """Make the answer anew; the old one is given out until then, and after a failure.

        Where no loop is running that it was made in, the next request makes it.
        """
        loop = self._loop
        if loop is None or not loop.is_running():
            self.slot.answer = None
            done: Future[None] = Future()
            done.set_result(None)
            return Refresh(done, None)
        return Refresh(asyncio.run_coroutine_threadsafe(self._renew(), loop), loop)

    async def serve(self, request: Request) -> Response:
        """Answer an ordinary request of the route."""
        if self.slot.answer is None:
            await self.ensure(request.scope.get("app"), request.scope.get("state"))
        answer = self.slot.answer
        if answer is None:  # a refresh has dropped it, at this very moment
            return await self.serve(request)
        headers = request.scope["headers"]
        given = headers if type(headers) is list else list(headers)
        status, fields, body = answer.answer(request.method, given)
        return EncodedResponse(status, fields, body, None)

    async def ensure(self, app: Any, state: Any) -> None:
        """Make the answer if there is none yet.

        Args:
            app: The application, for the handler.
            state: What its lifespan has yielded.
        """
        lock = self._locks.setdefault(threading.get_ident(), anyio.Lock())
        async with lock:
            if self.slot.answer is not None:
                return
            self._source = (app, state)
            await self._make()
        self._loop = _running_loop()
        self._plan()

    def stop(self) -> None:
        """Make no new answers: the application ends."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._timer = self._task = self._loop = None
        # Whoever starts the application again expects the function to be called again.
        self.slot.answer = None

    async def _make(self) -> None:
        app, state = self._source
        try:
            self.slot.answer = await make_frozen(
                self._handler,
                path=self.path,
                app=app,
                state=state,
                is_made_often=self.refresh_every is not None,
            )
        except Exception as error:
            add_place(error, f"in the native handler of route {self.path!r}")
            raise

    async def _renew(self) -> None:
        """Make the answer anew, after a refresh that is under way."""
        async with self._locks.setdefault(threading.get_ident(), anyio.Lock()):
            await self._make()

    def _plan(self) -> None:
        """Have the next answer made in time."""
        if self.refresh_every is not None and self._loop is not None:
            self._timer = self._loop.call_later(self.refresh_every, self._begin_renewal)

    def _begin_renewal(self) -> None:
        if self._loop is not None:
            self._task = self._loop.create_task(self._renew_in_time())

    async def _renew_in_time(self) -> None:
        try:
            await self._renew()
        except Exception:
            _logger.exception("native answer not refreshed route=%r", self.path)
        self._task = None
        self._plan()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop of this thread; None without one, or if it is trio's."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
