"""Answers whose status allows no body: the same by a plan and by the reference path."""

from http import HTTPStatus
from typing import Any

import pytest

from fasterapi import BackgroundTasks, FasterAPI, Request, Response
from fasterapi.responses import HTMLResponse, JSONResponse
from fasterapi.testclient import TestClient
from tests.speedups.exchanges import ask, close_door, has_plan

LOG: list[str] = []
RESPONSES: dict[str, Any] = {
    "empty": lambda: Response(status_code=204),
    "with a length": lambda: Response(status_code=304, headers={"Content-Length": "5"}),
    "with a body": lambda: Response(b"abc", status_code=204),
    "reset": lambda: Response(status_code=205),
    "fields": lambda: JSONResponse(None, 304, {"etag": '"a"'}),
    "bad field": lambda: Response(status_code=204, headers={"a": "b\r\nc: d"}),
}


def program(status: Any, response_class: Any, *, with_middleware: bool) -> FasterAPI:
    app = FasterAPI()

    @app.get("/none", status_code=status, response_class=response_class)
    async def none() -> None: ...

    @app.get("/value", status_code=status, response_class=response_class, response_model=None)
    async def value() -> Any:
        return {"a": 1}

    @app.get("/tasks", status_code=status, response_class=response_class)
    async def tasks(tasks: BackgroundTasks) -> None:
        async def note() -> None:
            LOG.append("ran")

        tasks.add_task(note)

    @app.get("/injected", status_code=status, response_class=response_class)
    async def injected(response: Response) -> None:
        response.headers["x-mark"] = "1"

    @app.get("/looked", status_code=status, response_class=response_class)
    async def looked(request: Request) -> None:
        request.scope["fastapi_inner_astack"].callback(LOG.append, "closed")

    for name, make in RESPONSES.items():
        app.add_api_route(f"/made/{name.replace(' ', '-')}", lambda make=make: make())
    if with_middleware:

        @app.middleware("http")
        async def mark(request: Request, call_next: Any) -> Any:
            response = await call_next(request)
            response.headers["x-seen"] = str(response.headers.raw)
            return response

    return app


@pytest.mark.parametrize("status", [204, 205, 304, HTTPStatus.NO_CONTENT])
@pytest.mark.parametrize(
    ("path", "response_class"),
    [
        *((path, JSONResponse) for path in ("/none", "/value", "/tasks", "/injected", "/looked")),
        ("/none", HTMLResponse),  # has another content type
    ],
)
def test_nothing_is_answered_alike(path: str, status: Any, response_class: Any) -> None:
    found = []
    for close in (lambda app: app, close_door):
        LOG.clear()
        app = close(program(status, response_class, with_middleware=False))
        found.append((ask(app, path), LOG.copy()))
    assert has_plan(program(status, response_class, with_middleware=False), path)
    assert found[0] == found[1]


@pytest.mark.parametrize("with_middleware", [False, True])
def test_responses_of_the_handler_through_a_client(with_middleware: bool) -> None:
    """Also behind a middleware function, which sees the fields."""
    paths = ["/none", "/tasks", *(f"/made/{name.replace(' ', '-')}" for name in RESPONSES)]
    found = []
    for close in (lambda app: app, close_door):
        app = close(program(204, JSONResponse, with_middleware=with_middleware))
        client = TestClient(app, raise_server_exceptions=False)
        answers = [client.get(path) for path in paths]
        found.append([(a.status_code, a.headers.raw, a.content) for a in answers])
    assert found[0] == found[1]
