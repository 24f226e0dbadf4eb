"""dishka: dependencies of a container, by decorator and by route class."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import pytest
from dishka import Provider, Scope, make_async_container, provide
from dishka.integrations.fastapi import (
    DishkaRoute,
    FastapiProvider,
    FromDishka,
    inject,
    setup_dishka,
)
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from fastapi.testclient import TestClient

from tests.integration.ecosystem.support import reasons

events: list[str] = []


class Connection:
    def __init__(self, path: str) -> None:
        self.path = path


class Things(Provider):
    @provide(scope=Scope.APP)
    def settings(self) -> int:
        return 42

    @provide(scope=Scope.REQUEST)
    async def connection(self, request: Request) -> AsyncIterator[Connection]:
        events.append("open")
        yield Connection(request.url.path)
        events.append("closed")


@pytest.fixture
def client() -> Iterator[TestClient]:
    events.clear()
    app, router = FastAPI(), APIRouter(prefix="/auto", route_class=DishkaRoute)

    @app.get("/injected/{name}")
    @inject
    async def injected(
        name: str,
        connection: FromDishka[Connection],
        number: FromDishka[int],
        own: Annotated[str, Depends(lambda: "own")],
    ) -> list[str | int]:
        return [name, connection.path, number, own]

    @router.get("/{name}")
    async def automatic(name: str, connection: FromDishka[Connection]) -> list[str]:
        return [name, connection.path]

    @app.websocket("/ws")
    @inject
    async def session(websocket: WebSocket, number: FromDishka[int]) -> None:
        await websocket.accept()
        await websocket.send_json(number)
        await websocket.close()

    app.include_router(router)
    setup_dishka(make_async_container(Things(), FastapiProvider()), app)
    with TestClient(app) as client:
        yield client


def test_decorated_handler(client: TestClient) -> None:
    assert client.get("/injected/x").json() == ["x", "/injected/x", 42, "own"]
    assert events == ["open", "closed"]
    # The decorator adds parameters of both kinds and takes the one that there is.
    assert "WebSocket parameter" in reasons(client.app)["/injected/{name}"]


def test_route_class(client: TestClient) -> None:
    assert client.get("/auto/x").json() == ["x", "/auto/x"]


def test_websocket(client: TestClient) -> None:
    with client.websocket_connect("/ws") as session:
        assert session.receive_json() == 42


def test_container_is_not_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert [p["name"] for p in paths["/injected/{name}"]["get"]["parameters"]] == ["name"]
