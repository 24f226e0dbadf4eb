"""Function middleware around ASGI middleware: the same messages as by Starlette's own way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.middleware.base import BaseHTTPMiddleware

from fasterapi import FastAPI, Request, Response
from fasterapi.middleware.cors import CORSMiddleware
from fasterapi.middleware.function_layer import FunctionLayer
from fasterapi.testclient import TestClient

Application = Callable[[Any, Any, Any], Awaitable[None]]
START = {"type": "http.response.start", "status": 201, "headers": [(b"x-inner", b"1")]}
SCOPE = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}


def body(data: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def sending(*messages: Any) -> Application:
    """Return an application that sends, raises exceptions, and gives up its turn at None."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            if message is None:
                await asyncio.sleep(0)
            elif isinstance(message, BaseException):
                raise message
            else:
                await send(message)

    return app


async def receiving(scope: Any, receive: Any, send: Any) -> None:
    """Say what was received before and after the answer."""
    before = await receive()
    await send({**START, "headers": [(b"x-before", before["body"])]})
    await send(body(b"", more=False))
    after = await receive()
    raise ValueError(after["type"])


APPLICATIONS = {
    "whole": sending(START, body(b"all", more=False)),
    "whole, later": sending(None, START, None, body(b"all", more=False)),
    "chunks": sending(START, body(b"a", more=True), None, body(b"", more=True), body(b"b", more=0)),
    "no end": sending(START, body(b"a", more=True)),
    "no body": sending(START),
    "nothing": sending(None),
    "hint": sending({"type": "http.response.early_hint", "links": []}, START, body(b"a", more=0)),
    "debug": sending({"type": "http.response.debug", "info": {"a": 1}}, START, body(b"a", more=0)),
    "path": sending(START, {"type": "http.response.pathsend", "path": "/etc/hosts"}),
    "too much": sending(START, body(b"a", more=False), body(b"b", more=False)),
    "fails": sending(ValueError("before")),
    "fails in between": sending(START, ValueError("in between")),
    "fails after": sending(START, body(b"a", more=False), ValueError("after")),
    "body first": sending(body(b"a", more=False)),
    "start twice": sending(START, START, body(b"a", more=False)),
    "receives": receiving,
}


async def passing(request: Request, call_next: Any) -> Any:
    response = await call_next(request)
    response.headers["x-outer"] = "2"
    return response


async def dropping(request: Request, call_next: Any) -> Any:
    await call_next(request)
    return await not_asking(request, call_next)


async def not_asking(request: Request, call_next: Any) -> Any:
    return Response("own")


def observe(app: Any) -> tuple[list[Any], str]:
    """Return what is sent, the body in one piece, and the exception."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"asked", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and sent and isinstance(sent[-1], bytes):
            sent[-1] += message["body"]
        else:
            is_body = message["type"] == "http.response.body"
            sent.append(message["body"] if is_body else message)

    error = ""
    try:
        asyncio.run(app(dict(SCOPE), receive, send))
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"
    return sent, error


@pytest.mark.parametrize("dispatch", [passing, dropping, not_asking])
@pytest.mark.parametrize("name", APPLICATIONS)
def test_messages_are_those_of_starlette(name: str, dispatch: Any) -> None:
    genuine = BaseHTTPMiddleware(APPLICATIONS[name], dispatch)
    sent, error = observe(genuine)
    our_sent, our_error = observe(FunctionLayer(genuine))
    assert our_sent == sent
    assert our_error.startswith(error)  # ours may say more
    assert bool(our_error) == bool(error)


def test_call_next_may_be_called_again() -> None:
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["*"])

    @app.middleware("http")
    async def twice(request: Request, call_next: Any) -> Any:
        await request.body()
        first = await call_next(request)
        second = await call_next(request)
        second.headers["x-first"] = str(first.status_code)
        return second

    @app.post("/echo")
    async def echo(request: Request) -> Any:
        return await request.json()

    answer = TestClient(app).post("/echo", json={"a": 1})
    assert answer.json() == {"a": 1}
    assert answer.headers["x-first"] == "200"


def test_a_replaced_way_of_starlette_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    genuine_call = BaseHTTPMiddleware.__call__

    async def watched(self: Any, scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await genuine_call(self, scope, receive, send)

    layer = FunctionLayer(BaseHTTPMiddleware(APPLICATIONS["whole"], passing))
    monkeypatch.setattr(BaseHTTPMiddleware, "__call__", watched)
    assert observe(layer)[0][-1] == b"all"
    assert seen == ["/"]


def test_a_cancelled_request_ends_what_lies_further_in() -> None:
    ended = []

    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append("inner")

    async def main() -> None:
        layer = FunctionLayer(BaseHTTPMiddleware(waiting, passing))
        request = asyncio.ensure_future(layer(dict(SCOPE), None, None))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request

    asyncio.run(main())
    assert ended == ["inner"]
