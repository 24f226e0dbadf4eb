"""A middleware function that has ASGI middleware further in: the application in a task of its own.

Function middleware inside of all ASGI middleware is called by the dispatcher. One further out, as
``@app.middleware("http")`` after ``app.add_middleware(CORSMiddleware)`` is, has an ASGI
application behind ``call_next``, which may stream, wait for the client, or go on after its answer.
Starlette runs it in a task of a task group, with a stream of messages between both. Here it is one
asyncio task, and messages are handed over without a queue; what either side sees is the same.

Reference implementation: ``starlette.middleware.base.BaseHTTPMiddleware.__call__``, which is
called wherever there is no asyncio, or somebody has replaced it.
"""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any, Final

from anyio import CancelScope
from starlette.middleware.base import BaseHTTPMiddleware, _CachedRequest, _StreamingResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fasterapi.encoded import EncodedResponse

__all__ = ("FunctionLayer",)

_GENUINE_CALL = BaseHTTPMiddleware.__call__
_BODY: Final = "http.response.body"
_PATH: Final = "http.response.pathsend"  # an extension: a file instead of the body


class FunctionLayer:
    """ASGI application that does what a `BaseHTTPMiddleware` does.

    Attributes:
        app: That middleware; whoever walks along the layers finds it there.
    """

    def __init__(self, middleware: BaseHTTPMiddleware) -> None:
        self.app = middleware

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what the function returns."""
        middleware = self.app
        if scope["type"] != "http" or not _can_replace(middleware):
            await middleware(scope, receive, send)
            return
        request = _CachedRequest(scope, receive, send)
        inner = _Inner(middleware.app, request, send)
        try:
            response = await middleware.dispatch_func(request, inner.call_next)
            await response(scope, request.wrapped_receive, send)
        except BaseException:
            await inner.cancel()
            raise
        await inner.finish()


def _can_replace(middleware: BaseHTTPMiddleware) -> bool:
    if type(middleware).__call__ is not _GENUINE_CALL:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Inner:
    """What lies further in, for one request, between ``call_next`` and its end.

    The task sends a message and goes on when it was taken; after the last one it waits until the
    answer of the function has been sent. From then on nobody takes messages any more.
    """

    def __init__(self, app: ASGIApp, request: _CachedRequest, send: Send) -> None:
        self._app = app
        self._request = request
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._begin()

    def _begin(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._scope = CancelScope()
        self._offered: deque[tuple[Message, asyncio.Future[None] | None]] = deque()
        self._taker: asyncio.Future[Message | None] | None = None
        self._is_sent = False
        self._until_sent: list[asyncio.Future[None]] = []
        self._is_over = False
        self._until_over: list[asyncio.Future[None]] = []
        self._error: BaseException | None = None

    async def call_next(self, _request: Request) -> Response:
        """Return the answer of the application, as soon as it has begun.

        Raises:
            RuntimeError: It has not answered.
            Exception: What the application raised before its answer.
        """
        if self._task is not None:  # called again: a body that was read is there once more
            await self.finish()
            self._begin()
            self._request._wrapped_rcv_consumed = False  # noqa: SLF001 - as the dispatcher does
        self._task = _start(self._run(), self._loop)
        info = None
        while (message := await self._next()) is not None:
            if message["type"] == "http.response.debug":
                info = message["info"]
            elif message["type"] == "http.response.early_hint":
                await self._send(message)
            else:
                return self._response(message, info)
        error, self._error = self._error, None
        if error is None:
            raise RuntimeError("No response returned.")
        raise error

    def _response(self, start: Message, info: Any) -> Response:
        if start["type"] != "http.response.start":
            raise AssertionError(f"Unexpected message: {start}")
        headers = start.get("headers", [])
        response: Response
        if info is not None:
            response = _StreamingResponse(self._chunks(), start["status"], info=info)
            response.raw_headers = headers
            return response
        if not isinstance(headers, list):
            headers = list(headers)
        whole = self._whole_body()
        response = EncodedResponse(start["status"], headers, whole or b"", None)
        if whole is None:
            response.body_iterator = self._chunks()
        return response

    def _whole_body(self) -> bytes | None:
        """Return the body if all of it is there, in one message."""
        if not self._offered:
            return None
        message = self._offered[0][0]
        if message["type"] != _BODY or message.get("more_body", False):
            return None
        _wake(self._offered.popleft()[1])
        return bytes(message.get("body", b""))

    async def _chunks(self) -> AsyncIterator[Any]:
        while (message := await self._next()) is not None:
            if message["type"] == _PATH:
                yield message
                break
            if message["type"] != _BODY:
                raise AssertionError(f"Unexpected message: {message}")
            if body := message.get("body", b""):
                yield body
            if not message.get("more_body", False):
                break

    async def finish(self) -> None:
        """Let the application go on to its end, now that the function's answer was sent.

        Raises:
            Exception: What it raised meanwhile, unless `call_next` has raised it.
        """
        self._release()
        try:
            await self._end()
        except asyncio.CancelledError:
            await self.cancel()
            raise
        error, self._error = self._error, None
        if error is not None:
            raise error

    async def cancel(self) -> None:
        """Cancel the application and wait for its end, however often we are cancelled meanwhile."""
        # By a scope, so that exits which are shielded from cancellation run to their end; and
        # before the rest, for what waits must see this, not that the answer was sent.
        self._scope.cancel()
        self._release()
        while self._task is not None and not self._is_over:
            # anyio cancels again at each turn of the loop until its scope is left.
            with suppress(asyncio.CancelledError):
                await self._end()

    async def _end(self) -> None:
        if self._task is not None and not self._is_over:
            await self._turn(self._until_over)

    def _release(self) -> None:
        self._is_sent = True
        _wake(*self._until_sent, *(taken for _, taken in self._offered))
        self._offered.clear()

    async def _turn(self, waiters: list[asyncio.Future[None]]) -> None:
        """Wait to be woken; each has a future of its own, which its cancellation cancels."""
        waiter: asyncio.Future[None] = self._loop.create_future()
        waiters.append(waiter)
        await waiter

    # --- in the task ---

    async def _run(self) -> None:
        try:
            with self._scope:
                await self._app(self._request.scope, self._receive_or_disconnect, self._offer)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            self._error = error  # raised by `call_next` or `finish`
        finally:
            self._is_over = True
            _wake(*self._until_over)
            if self._taker is not None and not self._taker.done():
                self._taker.set_result(None)

    async def _offer(self, message: Message) -> None:
        """Send *message* outwards; dropped if nobody wants it any more."""
        if self._is_sent:
            return
        kind = message["type"]
        is_last = kind == _PATH or (kind == _BODY and not message.get("more_body", False))
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(message)
        elif is_last or kind != _BODY:
            self._offered.append((message, None))
        else:
            taken: asyncio.Future[None] = self._loop.create_future()
            self._offered.append((message, taken))
            await taken
        if is_last:
            await self._turn(self._until_sent)

    async def _receive_or_disconnect(self) -> Message:
        if not self._is_sent:
            receiving = asyncio.ensure_future(self._request.wrapped_receive())
            sent: asyncio.Future[None] = self._loop.create_future()
            self._until_sent.append(sent)
            try:
                await asyncio.wait((receiving, sent), return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._until_sent.remove(sent)
                if not receiving.done():
                    receiving.cancel()
                    await asyncio.wait([receiving])
            if not self._is_sent:
                return receiving.result()
        return {"type": "http.disconnect"}

    async def _next(self) -> Message | None:
        """Return the next message, None after the last."""
        if self._offered:
            message, taken = self._offered.popleft()
            _wake(taken)
            return message
        if self._is_over:
            return None
        self._taker = self._loop.create_future()
        try:
            return await self._taker
        finally:
            self._taker = None


def _start(work: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
    if sys.version_info >= (3, 12):  # its first step at once, without a turn of the loop
        return asyncio.Task(work, loop=loop, eager_start=True)
    return loop.create_task(work)


def _wake(*waiters: asyncio.Future[None] | None) -> None:
    for waiter in waiters:
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
