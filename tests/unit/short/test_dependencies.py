"""Dependencies of the short style: functions of ``req`` and ``res``, wherever they are declared."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import pytest

from fasterapi import APIRouter, App, Depends, HTTPException, Response, Security
from fasterapi.app import Router
from fasterapi.exceptions import UsageError
from fasterapi.testclient import TestClient

Ask = Callable[..., Any]


def plain():
    return "x"


def current_user(req):
    return req.headers.get("x-user", "nobody")


def outer(req, user: Annotated[str, Depends(current_user)]):
    return [user, req.method]


async def opened(req, res) -> AsyncIterator[str]:
    res.set_header("x-opened", req.path)
    yield "open"


def opened_sync(req) -> Iterator[str]:
    yield req.path


class Pager:
    def __init__(self, req, limit: int = 3) -> None:
        self.text = f"{req.path} {limit}"


def test_dependencies_of_every_kind(ask: Ask) -> None:
    def handler(
        nested=Depends(outer),
        resource: str = Depends(opened),
        sync_resource: str = Depends(opened_sync),
        pager: Any = Depends(Pager),
        secured: str = Security(current_user, scopes=["a"]),
    ):
        return [nested, resource, sync_resource, pager.text, secured]

    answer = ask(handler, url="/?limit=4", headers={"x-user": "bo"})
    assert answer.json() == [["bo", "GET"], "open", "/", "/ 4", "bo"]
    assert answer.headers["x-opened"] == "/"


def test_one_request_calls_a_dependency_once(ask: Ask) -> None:
    calls: list[str] = []

    def counted(req):
        calls.append(req.path)
        return len(calls)

    def other(count=Depends(counted)):
        return count

    def handler(a=Depends(counted), b=Depends(other), c=Depends(counted, use_cache=False)):
        return [a, b, c]

    assert ask(handler).json() == [1, 1, 2]


def test_overrides_know_dependencies_by_their_function(app: App, client: TestClient) -> None:
    @app.get("/")
    def handler(user=Depends(current_user), users=Depends(outer)):
        return [user, users]

    app.dependency_overrides[current_user] = lambda: "fake"
    assert client.get("/").json() == ["fake", ["fake", "GET"]]


def require_key(req):
    if req.headers.get("x-key") != "k":
        raise HTTPException(401)


def test_dependencies_without_parameter() -> None:
    def handler():
        return "in"

    by_app = App(dependencies=[Depends(require_key)])
    by_app.get("/")(handler)
    by_route = App()
    by_route.get("/", dependencies=[Depends(require_key)])(handler)
    by_router, router = App(), Router(dependencies=[Depends(require_key)])
    router.get("/")(handler)
    by_router.include_router(router)
    by_include, plain_router = App(), APIRouter()
    plain_router.get("/")(plain)
    by_include.include_router(plain_router, dependencies=[Depends(require_key)])
    by_nesting, inner, middle = App(), Router(), Router()
    inner.get("/")(handler)
    middle.include_router(inner, dependencies=[Depends(require_key)])
    by_nesting.include_router(middle)
    for app in (by_app, by_route, by_router, by_include, by_nesting):
        client = TestClient(app)
        assert client.get("/").status_code == 401
        assert client.get("/", headers={"x-key": "k"}).status_code == 200


def test_dependencies_of_an_include_set_headers_of_text() -> None:
    def mark(response: Response) -> None:
        response.headers["x-mark"] = "1"

    app, router = App(), Router()
    router.get("/")(plain)
    app.include_router(router, dependencies=[Depends(mark)])
    answer = TestClient(app).get("/")
    assert (answer.text, answer.headers["x-mark"]) == ("x", "1")


def needs_itself(req, other=None):
    return other


def test_cycles_are_still_found() -> None:
    needs_itself.__defaults__ = (Depends(needs_itself),)
    with pytest.raises(UsageError, match="need each other"):
        App().get("/")(lambda a=Depends(needs_itself): a)
