"""The inner part of a request in a task of its own, where function middleware lies outside.

Generator dependencies open cancel scopes that close after the answer was sent. A middleware may
open some of its own around ``call_next`` (a timeout, a task group) which close before. Scopes of
one task must be nested; two tasks keep them apart. COMPAT: Starlette does the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from anyio import CancelScope

from fasterapi._guard import handler_exit

__all__ = ("InnerTask",)


class InnerTask:
    """Runs the route, waits until its answer has been sent, and closes what it had opened.

    Args:
        answer: Makes the answer.
        close: Closes the dependencies after the answer was sent.
        close_with: Closes them because of an exception; returns the one to raise.
    """

    def __init__(
        self,
        answer: Callable[[], Awaitable[None]],
        close: Callable[[], Awaitable[None]],
        close_with: Callable[[BaseException], Awaitable[BaseException]],
    ) -> None:
        """Prepare the task; `start` starts it."""
        self._answer = answer
        self._close = close
        self._close_with = close_with
        loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[None] = loop.create_future()
        self._sent: asyncio.Future[None] = loop.create_future()
        self._task: asyncio.Task[None] | None = None
        self._scope = CancelScope()

    async def start(self) -> None:
        """Start the task and return when the answer is there.

        Raises:
            Exception: What the route raised and nobody handled.
        """
        self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            await self._answered
        except asyncio.CancelledError:
            await self._cancel()
            raise

    async def finish(self) -> None:
        """Close the dependencies; the answer was sent."""
        if not self._sent.done():
            self._sent.set_result(None)
        if self._task is None:
            return
        try:
            # Not the task itself: being cancelled would cancel it at each turn of the loop.
            await asyncio.wait([self._task])
        except asyncio.CancelledError:
            await self._cancel()
            raise
        self._task.result()

    async def fail(self, error: BaseException) -> BaseException:
        """Close the dependencies because of *error* outside; return the exception to raise.

        COMPAT: under Starlette they see a cancellation then, not the error.
        """
        await self._cancel()
        return error

    async def _cancel(self) -> None:
        """Cancel the task and wait for its end, however often we are cancelled meanwhile."""
        if self._task is None or self._task.done():
            return
        # By a scope, so that exits which are shielded from cancellation run to their end.
        self._scope.cancel()
        while not self._task.done():
            # anyio cancels again at each turn of the loop until its scope is left.
            with suppress(asyncio.CancelledError):
                await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.exception()  # what exits raise while they are cancelled is lost

    async def _run(self) -> None:
        with self._scope:
            await self._answer_and_close()

    async def _answer_and_close(self) -> None:
        try:
            await self._answer()
        except asyncio.CancelledError as error:
            self._answered.cancel()
            await self._close_with(error)
            raise
        except (SystemExit, KeyboardInterrupt) as error:
            # A task that ends with one of these ends the loop, and the server with it.
            failure = await self._close_with(error)
            if isinstance(failure, SystemExit | KeyboardInterrupt):
                failure = handler_exit(failure)
                failure.__cause__ = error
            self._answered.set_exception(failure)
            return
        except Exception as error:  # raised again by `start`
            if not self._answered.done():
                self._answered.set_exception(error)
            return
        if not self._answered.done():
            self._answered.set_result(None)
        try:
            await self._sent
        except asyncio.CancelledError as error:
            await self._close_with(error)
            raise
        try:
            await self._close()
        except (SystemExit, KeyboardInterrupt) as error:
            raise handler_exit(error) from error
