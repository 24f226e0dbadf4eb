"""starlette-exporter: metrics by route."""

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette_exporter import PrometheusMiddleware, handle_metrics

from tests.integration.ecosystem.support import COMPILED, reasons


def test_requests_are_counted_by_route() -> None:
    app, router = FastAPI(), APIRouter(prefix="/sub")
    app.add_middleware(PrometheusMiddleware, app_name="shop", group_paths=True)
    app.add_route("/metrics", handle_metrics)

    @app.get("/items/{item_id}")
    async def read(item_id: int) -> int:
        return item_id

    @app.get("/fail")
    async def fail() -> None:
        raise ValueError

    @router.get("/{name}")
    async def sub(name: str) -> str:
        return name

    app.include_router(router)
    client = TestClient(app, raise_server_exceptions=False)
    for path in ("/items/1", "/items/2", "/sub/x", "/fail"):
        client.get(path)
    lines = client.get("/metrics").text.splitlines()
    counted = [line for line in lines if line.startswith("starlette_requests_total{")]
    assert any('path="/items/{item_id}"' in c and c.endswith(" 2.0") for c in counted), counted
    assert any('path="/fail"' in c and 'status_code="500"' in c for c in counted), counted
    assert any("{name}" in c for c in counted), counted
    assert reasons(app)["/items/{item_id}"] == COMPILED
