r"""Slash redirects: where FastAPI sends them, and never a Location that starts with ``//``."""

from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

from fasterapi import APIRouter, FastAPI
from fasterapi.routing.redirects import safe_location


def make_app() -> FastAPI:
    app, router = FastAPI(), APIRouter()
    app.get("/items/")(lambda: 1)
    app.get("/users")(lambda: 2)
    app.get("/{rest:path}/end/")(lambda: 3)
    router.get("/in/")(lambda: 4)
    app.include_router(router, prefix="/r")
    return app


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/items", "/items/"),
        ("/items?a=1", "/items/?a=1"),
        ("/users/", "/users"),
        ("/r/in", "/r/in/"),
    ],
)
@pytest.mark.parametrize("is_relative", [True, False])
def test_redirect_names_the_host_unless_told_not_to(
    path: str, location: str, is_relative: bool
) -> None:
    app = make_app()
    app.router.relative_redirects = is_relative
    response = TestClient(app).get(path, follow_redirects=False)
    expected = location if is_relative else f"http://testserver{location}"
    assert (response.status_code, response.headers["location"]) == (307, expected)


@pytest.mark.parametrize("slashes", [True, False])
def test_redirects_can_be_switched_off(slashes: bool) -> None:
    app = FastAPI(redirect_slashes=slashes)
    app.get("/items/")(lambda: 1)
    response = TestClient(app).get("/items", follow_redirects=False)
    assert response.status_code == (307 if slashes else 404)


def location_without_host(path: str) -> str:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [],
        "scheme": "http", "server": None, "root_path": "",
    }  # fmt: skip
    anyio.run(make_app(), scope, receive, send)
    return dict(sent[0]["headers"])[b"location"].decode()


@pytest.mark.parametrize("path", ["//evil/end", "///evil/end", "/\\evil/end", "/\\/evil/end"])
def test_location_never_names_another_host(path: str) -> None:
    location = location_without_host(path)
    assert location.startswith("/")
    assert location[1:2] not in ("/", "\\")


@pytest.mark.parametrize(
    ("location", "safe"),
    [
        ("//evil/", "/evil/"), ("/\\evil", "/evil"), ("\\\\evil", "/evil"), ("///x", "/x"),
        ("/a//b", "/a//b"), ("/", "/"), ("http://h//x", "http://h//x"), ("", ""),
    ],
)  # fmt: skip
def test_safe_location(location: str, safe: str) -> None:
    assert safe_location(location) == safe
