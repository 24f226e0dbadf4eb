"""What function middleware may do with ``call_next`` beyond what Starlette allows."""

from contextvars import ContextVar
from typing import Any

import pytest
from pydantic import BaseModel

from fasterapi import BackgroundTasks, FasterAPI, Request, Response
from fasterapi.testclient import TestClient

PLACE: ContextVar[str] = ContextVar("place", default="outside")
LOG: list[str] = []


class Item(BaseModel):
    name: str


def make_app() -> FasterAPI:
    LOG.clear()
    app = FasterAPI()

    @app.post("/items")
    async def create(item: Item, response: Response, tasks: BackgroundTasks, a: int = 0) -> Item:
        response.set_cookie("a", str(a))
        tasks.add_task(LOG.append, "task")
        LOG.append("endpoint")
        PLACE.set("endpoint")
        return item

    return app


@pytest.fixture
def client() -> TestClient:
    app = make_app()

    @app.middleware("http")
    async def retry(request: Request, call_next: Any) -> Any:
        await request.body()
        first = await call_next(request)
        second = await call_next(request)
        assert (first.status_code, first.body) == (second.status_code, second.body)
        return second

    return TestClient(app)


def test_a_second_call_starts_from_nothing(client: TestClient) -> None:
    response = client.post("/items?a=3", json={"name": "n"})
    assert (response.status_code, response.json()) == (200, {"name": "n"})
    assert response.headers.get_list("set-cookie") == ["a=3; Path=/; SameSite=lax"]
    assert LOG == ["endpoint", "endpoint", "task", "task"]


def test_a_second_call_does_not_repeat_errors(client: TestClient) -> None:
    response = client.post("/items?a=x", json={})
    assert [error["loc"] for error in response.json()["detail"]] == [
        ["query", "a"], ["body", "name"],
    ]  # fmt: skip


def test_context_variables_of_the_endpoint_are_seen() -> None:
    app = make_app()
    seen: list[str] = []

    @app.middleware("http")
    async def look(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        seen.append(PLACE.get())
        return response

    TestClient(app).post("/items", json={"name": "n"})
    assert seen == ["endpoint"]


def test_what_middleware_changes_in_the_scope_counts_further_in() -> None:
    app = FasterAPI()
    seen: list[Any] = []

    @app.get("/changed")
    async def changed(a: int) -> int:
        return a

    @app.middleware("http")
    async def inner(request: Request, call_next: Any) -> Any:
        seen.append((dict(request.query_params), request.headers.get("x-new"), request.method))
        return await call_next(request)

    @app.middleware("http")
    async def outer(request: Request, call_next: Any) -> Any:
        assert not request.query_params
        request.scope.update(query_string=b"a=5", method="GET", headers=[(b"x-new", b"1")])
        return await call_next(request)

    response = TestClient(app).delete("/changed")
    assert (response.status_code, response.json()) == (200, 5)
    assert seen == [({"a": "5"}, "1", "GET")]
