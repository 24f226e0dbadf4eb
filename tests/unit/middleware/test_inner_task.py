"""Generator dependencies inside of function middleware: nested scopes, in the right order."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from starlette.middleware.base import BaseHTTPMiddleware

from fasterapi import Depends, FasterAPI, Request
from fasterapi.testclient import TestClient

LOG: list[str] = []


async def session() -> AsyncIterator[str]:
    LOG.append("open")
    try:
        yield "session"
    except BaseException as error:
        LOG.append(type(error).__name__)
        raise
    finally:
        LOG.append("close")


def cursor() -> Iterator[str]:
    LOG.append("open cursor")
    yield "cursor"
    LOG.append("close cursor")


def make_app(dispatch: Any) -> FasterAPI:
    LOG.clear()
    app = FasterAPI()
    app.add_middleware(BaseHTTPMiddleware, dispatch=dispatch)

    @app.get("/")
    async def read(
        opened: str = Depends(session), second: str = Depends(cursor), fail: bool = False
    ) -> list[str]:
        LOG.append("handler")
        if fail:
            raise LookupError("no row")
        return [opened, second]

    return app


async def pass_on(request: Request, call_next: Any) -> Any:
    response = await call_next(request)
    LOG.append("answered")
    response.headers["x-seen"] = "yes"
    return response


def test_dependencies_close_after_the_middleware_has_seen_the_answer() -> None:
    app = make_app(pass_on)
    response = TestClient(app).get("/")
    assert (response.json(), response.headers["x-seen"]) == (["session", "cursor"], "yes")
    assert LOG == [
        "open", "open cursor", "handler", "answered", "close cursor", "close",
    ]  # fmt: skip
    assert all(row.plan for row in app.plan_report() if row.route.path == "/")


def test_an_exception_passes_dependencies_and_middleware() -> None:
    with pytest.raises(LookupError, match="no row"):
        TestClient(make_app(pass_on)).get("/?fail=1")
    assert LOG[-2:] == ["LookupError", "close"]


def test_a_timeout_around_call_next_keeps_its_scope() -> None:
    async def limited(request: Request, call_next: Any) -> Any:
        with anyio.fail_after(5):
            return await call_next(request)

    assert TestClient(make_app(limited)).get("/").status_code == 200
    assert LOG[-1] == "close"


def test_a_task_group_around_call_next_keeps_its_scope() -> None:
    async def grouped(request: Request, call_next: Any) -> Any:
        async with anyio.create_task_group():
            return await call_next(request)

    assert TestClient(make_app(grouped)).get("/").status_code == 200
    assert LOG[-1] == "close"


def test_a_middleware_that_fails_after_the_answer_closes_the_dependencies() -> None:
    async def failing(request: Request, call_next: Any) -> Any:
        await call_next(request)
        raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        TestClient(make_app(failing)).get("/")
    assert LOG[-1] == "close"


def test_calling_next_twice_closes_both() -> None:
    async def twice(request: Request, call_next: Any) -> Any:
        await call_next(request)
        return await call_next(request)

    assert TestClient(make_app(twice)).get("/").status_code == 200
    assert LOG.count("open") == LOG.count("close") == 2


def test_cancelling_the_request_closes_the_dependencies() -> None:
    app = FasterAPI()
    app.add_middleware(BaseHTTPMiddleware, dispatch=pass_on)
    LOG.clear()
    entered = asyncio.Event()

    @app.get("/wait", dependencies=[Depends(session)])
    async def wait() -> None:
        entered.set()
        await asyncio.Event().wait()

    async def call() -> None:
        scope = {
            "type": "http", "method": "GET", "path": "/wait", "query_string": b"", "headers": [],
        }  # fmt: skip
        task = asyncio.ensure_future(app(scope, None, None))  # type: ignore[arg-type]
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(call())
    assert LOG == ["open", "CancelledError", "close"]
