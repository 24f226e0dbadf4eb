"""fastapi-cache2: answers come from Redis (in memory here) until they expire."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from fakeredis import FakeAsyncRedis
from fastapi import Depends, FastAPI, Request, Response
from fastapi.testclient import TestClient
from fastapi_cache import FastAPICache
from fastapi_cache.backends.redis import RedisBackend
from fastapi_cache.decorator import cache
from pydantic import BaseModel

from tests.integration.ecosystem.support import COMPILED, reasons

calls: list[str] = []


class Item(BaseModel):
    name: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    FastAPICache.init(RedisBackend(FakeAsyncRedis()), prefix="test")
    yield
    FastAPICache.reset()


@pytest.fixture
def client() -> Iterator[TestClient]:
    calls.clear()
    app = FastAPI(lifespan=lifespan)

    @app.get("/items/{name}")
    @cache(expire=60)
    async def read(name: str, q: int = 0, who: str = Depends(lambda: "w")) -> Item:
        calls.append(f"{name} {q} {who}")
        return Item(name=name)

    @app.get("/sync")
    @cache(expire=60, namespace="other")
    def sync(request: Request, response: Response) -> dict[str, str]:
        calls.append("sync")
        return {"path": request.url.path}

    with TestClient(app) as client:
        yield client


def test_second_answer_comes_from_the_cache(client: TestClient) -> None:
    first, second = client.get("/items/cup"), client.get("/items/cup")
    assert first.json() == second.json() == {"name": "cup"}
    assert (first.headers["x-fastapi-cache"], second.headers["x-fastapi-cache"]) == ("MISS", "HIT")
    assert second.headers["cache-control"].startswith("max-age=")
    assert calls == ["cup 0 w"]


def test_arguments_are_part_of_the_key(client: TestClient) -> None:
    client.get("/items/cup?q=1")
    client.get("/items/cup?q=2")
    assert calls == ["cup 1 w", "cup 2 w"]


def test_etag_is_answered_with_304(client: TestClient) -> None:
    etag = client.get("/items/cup").headers["etag"]
    answer = client.get("/items/cup", headers={"if-none-match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_plain_function_and_hidden_parameters(client: TestClient) -> None:
    assert [client.get("/sync").json() for _ in range(2)] == [{"path": "/sync"}] * 2
    assert calls == ["sync"]
    assert "parameters" not in client.get("/openapi.json").json()["paths"]["/sync"]["get"]
    assert reasons(client.app)["/sync"] == COMPILED
