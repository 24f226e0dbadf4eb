"""Parts of Starlette that somebody has replaced are called, and no route is compiled then."""

import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from fasterapi import APIRouter, BackgroundTasks, FastAPI
from fasterapi.middleware.pristine import replaced_parts


def make_app() -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def passing(request: Request, call_next: Any) -> Response:
        return await call_next(request)

    @app.get("/value")
    async def value(tasks: BackgroundTasks) -> dict[str, int]:
        tasks.add_task(int)
        return {"value": 1}

    return app


def reasons(app: FastAPI) -> set[str]:
    return {row.reason for row in app.plan_report() if row.route.path == "/value"}


@pytest.fixture
def calls() -> Iterator[list[str]]:
    yield []
    assert replaced_parts() == []


def counting(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, calls: list[str]) -> None:
    own = getattr(owner, name)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return own(*args, **kwargs)

    async def async_wrapper(*args: Any) -> None:
        calls.append(name)
        await own(*args)

    monkeypatch.setattr(owner, name, async_wrapper if name == "__call__" else wrapper)


PARTS = [
    (Starlette, "__call__"),
    (FastAPI, "__call__"),
    (ServerErrorMiddleware, "__call__"),
    (ExceptionMiddleware, "__call__"),
    (ExceptionMiddleware, "__init__"),
    (BaseHTTPMiddleware, "__call__"),
    (Middleware, "__init__"),
    (Request, "__init__"),
    (Response, "__call__"),
    (BackgroundTask, "__call__"),
]


@pytest.mark.parametrize(("owner", "name"), PARTS)
def test_replaced_before_the_start(owner: Any, name: str, calls: list[str]) -> None:
    app = make_app()
    with pytest.MonkeyPatch.context() as monkeypatch:
        counting(monkeypatch, owner, name, calls)
        assert TestClient(app).get("/value").json() == {"value": 1}
        assert name in calls
        shown = "FastAPI" if owner is FastAPI else owner.__name__
        assert reasons(app) == {f"replaced: {shown}.{name}"}


def test_replaced_after_the_start_counts_from_the_next_change_of_routes(calls: list[str]) -> None:
    app = make_app()
    client = TestClient(app)
    client.get("/value")
    with pytest.MonkeyPatch.context() as monkeypatch:
        counting(monkeypatch, Starlette, "__call__", calls)
        app.add_api_route("/more", lambda: None)
        client.get("/value")
        calls.clear()
        assert client.get("/value").json() == {"value": 1}
        assert calls == ["__call__"]
        assert "Starlette.__call__" in reasons(app).pop()


def test_nothing_replaced_says_nothing() -> None:
    app = make_app()
    assert reasons(app) == {""}
    TestClient(app).get("/value")
    assert reasons(app) == {""}


def test_replaced_before_the_package_was_imported() -> None:
    program = """
import json, functools
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware

calls = []
own_call, own_init = Starlette.__call__, Middleware.__init__

@functools.wraps(own_call)  # copies the module's name, too
async def call(self, *args):
    calls.append("call")
    await own_call(self, *args)

def init(self, cls, *args, **kwargs):
    calls.append(cls.__name__)
    own_init(self, cls, *args, **kwargs)

Starlette.__call__, Middleware.__init__ = call, init
from fasterapi import FastAPI
from fasterapi.testclient import TestClient
app = FastAPI(openapi_url=None)
app.get("/")(lambda: 1)
assert TestClient(app).get("/").json() == 1
print(json.dumps([calls, [row.reason for row in app.plan_report()]]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    calls, found = json.loads(done.stdout)
    assert "call" in calls
    assert {"ServerErrorMiddleware", "ExceptionMiddleware", "AsyncExitStackMiddleware"} <= {*calls}
    assert found == ["replaced: Starlette.__call__, Middleware.__init__"]


def test_stack_of_the_applications_own() -> None:
    class Own(FastAPI):
        def build_middleware_stack(self) -> Any:
            return ServerErrorMiddleware(ExceptionMiddleware(self.router))

    app = Own(openapi_url=None)
    app.get("/value")(lambda: 1)
    with pytest.raises(Exception, match="fastapi_middleware_astack"):
        TestClient(app).get("/value")
    assert reasons(app) == {"the application builds its middleware stack without the framework's"}


def test_router_of_the_applications_own() -> None:
    class Own(APIRouter):
        async def app(self, scope: Any, receive: Any, send: Any) -> None:
            await Response("own")(scope, receive, send)

    app = FastAPI(openapi_url=None)
    app.router = Own()
    app.get("/value")(lambda: 1)
    assert TestClient(app).get("/value").text == "own"
    assert TestClient(app).get("/nothing").text == "own"
    assert reasons(app) == {"the application's router, Own, has its own way"}


def test_on_every_python_all_parts_are_known_as_what_they_are() -> None:
    assert replaced_parts() == []


def test_a_replaced_door_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = FastAPI.__call__

    @functools.wraps(genuine)
    async def call(self: Any, scope: Any, receive: Any, send: Any) -> None:
        await genuine(self, scope, receive, send)

    monkeypatch.setattr(FastAPI, "__call__", call)
    assert replaced_parts() == ["FastAPI.__call__"]
