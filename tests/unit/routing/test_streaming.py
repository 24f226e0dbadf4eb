"""Streams stay alive while their endpoint is silent, and end when it fails."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

import fasterapi
from fasterapi import FastAPI
from fasterapi.exceptions import ResponseValidationError
from fasterapi.sse import EventSourceResponse


def test_silent_event_stream_sends_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    pings: list[bytes] = []
    own = fasterapi.routing.StreamingResponse

    class Watching(own):  # type: ignore[misc,valid-type]
        def __init__(self, content: Any, **options: Any) -> None:
            async def watched() -> Any:
                async for chunk in content:
                    if chunk == fasterapi.routing.KEEPALIVE_COMMENT:
                        pings.append(chunk)
                        if len(pings) == 2:
                            release.set()
                    yield chunk

            super().__init__(watched(), **options)

    monkeypatch.setattr(fasterapi.routing, "_PING_INTERVAL", 0.001)
    monkeypatch.setattr(fasterapi.routing, "StreamingResponse", Watching)
    app = FastAPI()

    @app.get("/", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[int]:
        nonlocal release
        release = anyio.Event()
        yield 1
        await release.wait()
        yield 2

    release: Any = None
    text = TestClient(app).get("/").text
    assert text.startswith("data: 1\n\n")
    assert text.endswith("data: 2\n\n")
    assert text.count(": ping\n\n") >= 2


@pytest.mark.parametrize("response_class", [EventSourceResponse, None])
@pytest.mark.parametrize("is_async", [True, False])
def test_wrong_item_is_an_error(response_class: Any, is_async: bool) -> None:
    app = FastAPI()

    async def items() -> AsyncIterator[int]:
        yield "x"

    def sync_items() -> Iterator[int]:
        yield "x"

    options = {} if response_class is None else {"response_class": response_class}
    app.get("/", **options)(items if is_async else sync_items)
    with pytest.raises((ResponseValidationError, ExceptionGroup)) as caught:
        TestClient(app).get("/")
    error = caught.value
    while isinstance(error, ExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, ResponseValidationError)
    assert error.errors()[0]["loc"] == ("response",)


def test_generator_is_closed_when_the_client_leaves() -> None:
    closed: list[str] = []
    app = FastAPI()

    @app.get("/", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[int]:
        try:
            for number in range(10**9):
                yield number
        finally:
            closed.append("closed")

    async def run() -> None:
        left = anyio.Event()

        async def receive() -> Any:
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if b"data: 3" in message.get("body", b""):
                left.set()

        scope = {
            "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [],
            "server": ("a", 80), "scheme": "http", "root_path": "",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
        }  # fmt: skip
        with anyio.fail_after(10):
            await app(scope, receive, send)

    anyio.run(run)
    assert closed == ["closed"]
