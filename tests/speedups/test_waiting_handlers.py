"""A coroutine run up to its first wait goes on as under ``await``."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest

from fasterapi import FastAPI

SCOPE = {
    "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
    "scheme": "http", "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "",
    "headers": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
}  # fmt: skip


class Pause:
    """Gives a value to whoever drives the task, and returns what it is sent."""

    def __init__(self, shown: Any) -> None:
        self.shown = shown

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield self.shown)


def app_of(handler: Callable[[], Awaitable[Any]]) -> tuple[Any, list[Any]]:
    """Return a coroutine that answers a request by *handler*, and where the answer goes."""
    app = FastAPI()
    app.get("/")(handler)
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(app(dict(SCOPE), receive, send))  # compiled from here on
    messages.clear()
    return app(dict(SCOPE), receive, send), messages


def finished(coroutine: Any, value: Any = None) -> None:
    with pytest.raises(StopIteration):
        coroutine.send(value)


def waiting(result: Callable[[Any], Any]) -> Callable[[], Awaitable[Any]]:
    """Return a handler that does not wait the first time, and twice later."""
    calls = iter([False])

    async def handler() -> Any:
        if next(calls, True):
            return result([await Pause("one"), await Pause("two")])
        return None

    return handler


def test_each_wait_reaches_the_loop_and_gets_its_value_back() -> None:
    coroutine, messages = app_of(waiting(lambda found: found))
    assert coroutine.send(None) == "one"
    assert coroutine.send(1) == "two"
    finished(coroutine, 2)
    assert messages[1]["body"] == b"[1,2]"


def test_an_exception_is_thrown_into_the_handler() -> None:
    seen: list[BaseException] = []
    calls = iter([False])

    async def handler() -> Any:
        if next(calls, True):
            try:
                await Pause("one")
            except KeyError as error:
                seen.append(error)
        return {"seen": len(seen)}

    coroutine, messages = app_of(handler)
    coroutine.send(None)
    error = KeyError("x")
    with pytest.raises(StopIteration):
        coroutine.throw(error)
    assert seen == [error]
    assert messages[1]["body"] == b'{"seen":1}'


def test_closing_the_request_closes_the_handler() -> None:
    closed: list[bool] = []
    calls = iter([False])

    async def handler() -> Any:
        if next(calls, True):
            try:
                await Pause("one")
            finally:
                closed.append(True)

    coroutine, _messages = app_of(handler)
    coroutine.send(None)
    coroutine.close()
    assert closed == [True]


def test_the_value_of_a_waiting_handler_may_be_a_tuple_or_an_exception() -> None:
    coroutine, messages = app_of(waiting(lambda found: tuple(found)))
    coroutine.send(None)
    coroutine.send(1)
    finished(coroutine, 2)
    assert messages[1]["body"] == b"[1,2]"


def test_cancelling_a_waiting_handler_ends_the_request() -> None:
    calls = iter([False])

    async def handler() -> None:
        if next(calls, True):
            await asyncio.sleep(3600)

    coroutine, messages = app_of(handler)

    async def cancel() -> None:
        task = asyncio.ensure_future(coroutine)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert messages == []
