"""prometheus-fastapi-instrumentator: requests are counted by route."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator

from tests.integration.ecosystem.support import COMPILED, reasons


@pytest.fixture
def client() -> TestClient:
    app, router = FastAPI(), APIRouter(prefix="/sub")

    @app.get("/items/{item_id}")
    async def read(item_id: int) -> int:
        return item_id

    @router.get("/{name}")
    def sub(name: str) -> str:
        return name

    app.include_router(router)
    registry = CollectorRegistry()
    Instrumentator(registry=registry, should_group_status_codes=False).instrument(app).expose(app)
    return TestClient(app)


def test_requests_are_counted_by_route(client: TestClient) -> None:
    for path in ("/items/1", "/items/2", "/items/x", "/sub/a", "/nothing"):
        client.get(path)
    text = client.get("/metrics").text
    assert 'http_requests_total{handler="/items/{item_id}",method="GET",status="200"} 2.0' in text
    assert 'http_requests_total{handler="/items/{item_id}",method="GET",status="422"} 1.0' in text
    assert 'handler="/sub/{name}",method="GET",status="200"} 1.0' in text
    assert 'handler="none",method="GET",status="404"} 1.0' in text
    assert "http_request_duration_seconds_bucket" in text


def test_routes_behind_the_middleware_are_compiled(client: TestClient) -> None:
    assert reasons(client.app)["/items/{item_id}"] == COMPILED
