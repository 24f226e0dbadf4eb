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
