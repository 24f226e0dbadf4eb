"""Replacing a name of ``fasterapi.routing`` has the effect it has in FastAPI."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

import fasterapi
from fasterapi import APIRouter, Depends, FastAPI
from fasterapi.routing import patchpoints


class Item(BaseModel):
    name: str


def make_app() -> FastAPI:
    app, router = FastAPI(), APIRouter()

    @app.get("/plain")
    @router.get("/plain")
    def plain(value: str = Depends(lambda: "v")) -> Item:
        return Item(name=value)

    @app.get("/stream")
    def stream() -> Iterator[int]:
        yield 1

    @app.websocket("/ws")
    async def session(websocket: fasterapi.WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    app.include_router(router, prefix="/r")
    return app


def counting(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Replace *name* by a function that calls it, and return the list of calls."""
    calls: list[str] = []
    own = getattr(fasterapi.routing, name)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return own(*args, **kwargs)

    monkeypatch.setattr(fasterapi.routing, name, wrapper)
    return calls


@pytest.mark.parametrize(
    "name", ["get_request_handler", "request_response", "get_dependant", "websocket_session",
             "get_websocket_app", "create_model_field", "wrap_app_with_body_limit"],
)  # fmt: skip
def test_builder_is_called_when_routes_are_made(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counting(monkeypatch, name)
    app = make_app()
    assert calls
    assert patchpoints.changed() == [name]
    assert TestClient(app).get("/r/plain").json() == {"name": "v"}


@pytest.mark.parametrize(
    "name", ["run_endpoint_function", "serialize_response", "solve_dependencies",
             "run_in_threadpool", "_extract_endpoint_context", "wrap_app_handling_exceptions",
             "_build_response_args", "is_body_allowed_for_status_code", "_operation"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/plain", "/r/plain"])
def test_function_is_called_for_requests(
    name: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(make_app())
    assert client.get(path).json() == {"name": "v"}
    calls = counting(monkeypatch, name)
    assert client.get(path).json() == {"name": "v"}
    assert calls


def test_function_is_no_longer_called_after_undoing() -> None:
    client = TestClient(make_app())
    with pytest.MonkeyPatch.context() as monkeypatch:
        calls = counting(monkeypatch, "run_endpoint_function")
        client.get("/plain")
    assert calls == ["run_endpoint_function"]
    client.get("/plain")
    assert calls == ["run_endpoint_function"]
    assert patchpoints.changed() == []


def test_handler_is_made_with_keywords(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    own = fasterapi.routing.get_request_handler

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        # As Sentry's integration does.
        seen.append(kwargs["dependant"].call.__name__)
        return own(*args, **kwargs)

    monkeypatch.setattr(fasterapi.routing, "get_request_handler", wrapper)
    make_app()
    assert seen == ["plain", "plain", "stream"]


def test_method_of_the_route_class_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(make_app())
    own = fasterapi.routing.APIRoute.handle
    seen: list[str] = []

    async def handle(self: Any, scope: Any, receive: Any, send: Any) -> None:
        seen.append(self.path)
        await own(self, scope, receive, send)

    monkeypatch.setattr(fasterapi.routing.APIRoute, "handle", handle)
    assert patchpoints.changed() == ["APIRoute.handle"]
    client.get("/plain")
    client.get("/r/plain")
    assert seen == ["/plain", "/plain"]


def test_included_route_is_built_anew_by_a_replaced_builder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = make_app()
    calls = counting(monkeypatch, "get_dependant")
    TestClient(app).get("/r/plain")
    assert calls


def test_every_name_of_fastapi_is_here() -> None:
    theirs = pytest.importorskip("fastapi.routing")
    names = {name for name in vars(theirs) if not name.startswith("__")} - {"Doc"}
    assert {name for name in names if not hasattr(fasterapi.routing, name)} == set()
