"""opentelemetry-instrumentation-fastapi: one application, and all that are made afterwards."""

from collections.abc import Iterator
from typing import Any

import fastapi
import pytest
from fastapi import APIRouter, WebSocket
from fastapi.testclient import TestClient
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def providers(exporter: InMemorySpanExporter) -> dict[str, Any]:
    tracer_provider = TracerProvider()
    tracer_provider.add_span_processor(SimpleSpanProcessor(exporter))
    return {
        "tracer_provider": tracer_provider,
        "meter_provider": MeterProvider([InMemoryMetricReader()]),
    }


def make_app() -> fastapi.FastAPI:
    app, router = fastapi.FastAPI(), APIRouter(prefix="/sub")

    @app.get("/items/{item_id}")
    async def read(item_id: int) -> dict[str, bool]:
        return {"recording": get_current_span().is_recording()}

    @app.get("/fail")
    def fail() -> None:
        raise ValueError("broken")

    @app.websocket("/ws")
    async def session(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    @router.get("/{name}")
    async def sub(name: str) -> str:
        return name

    app.include_router(router)
    return app


@pytest.fixture
def app(providers: dict[str, Any]) -> Iterator[fastapi.FastAPI]:
    app = make_app()
    FastAPIInstrumentor.instrument_app(app, **providers)
    yield app
    FastAPIInstrumentor.uninstrument_app(app)


def server_span(exporter: InMemorySpanExporter) -> Any:
    (span,) = [span for span in exporter.get_finished_spans() if span.kind is SpanKind.SERVER]
    return span


def test_span_is_called_after_the_route(app: Any, exporter: InMemorySpanExporter) -> None:
    assert TestClient(app).get("/items/7?q=1").json() == {"recording": True}
    span = server_span(exporter)
    assert span.name == "GET /items/{item_id}"
    assert span.attributes["http.route"] == "/items/{item_id}"
    assert span.attributes["http.status_code"] == 200


def test_included_route_and_no_route(app: Any, exporter: InMemorySpanExporter) -> None:
    client = TestClient(app)
    assert client.get("/sub/x").json() == "x"
    assert client.get("/nothing").status_code == 404
    names = [s.name for s in exporter.get_finished_spans() if s.kind is SpanKind.SERVER]
    assert names[0].endswith("/{name}")
    assert names[1] == "GET"


def test_exception_is_recorded(app: Any, exporter: InMemorySpanExporter) -> None:
    assert TestClient(app, raise_server_exceptions=False).get("/fail").status_code == 500
    span = server_span(exporter)
    assert span.status.status_code is StatusCode.ERROR
    assert [event.name for event in span.events] == ["exception"]


def test_remote_parent_and_websocket(app: Any, exporter: InMemorySpanExporter) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    client = TestClient(app, headers={"traceparent": trace})
    with client.websocket_connect("/ws") as session:
        assert session.receive_text() == "hello"
    span = server_span(exporter)
    assert span.name.endswith("/ws")
    assert f"{span.context.trace_id:032x}" == trace.split("-")[1]


def test_all_applications(exporter: InMemorySpanExporter, providers: dict[str, Any]) -> None:
    FastAPIInstrumentor().instrument(**providers)
    try:
        assert TestClient(make_app()).get("/items/7").json() == {"recording": True}
        assert server_span(exporter).name == "GET /items/{item_id}"
    finally:
        FastAPIInstrumentor().uninstrument()
    assert TestClient(make_app()).get("/items/7").json() == {"recording": False}
