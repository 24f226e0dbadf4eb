"""ddtrace: a span for each request, called after its route."""

# ruff: noqa: E402  patching comes before the framework
import os

os.environ.update(
    DD_INSTRUMENTATION_TELEMETRY_ENABLED="false",
    DD_REMOTE_CONFIGURATION_ENABLED="false",
    DD_TRACE_STARTUP_LOGS="0",
)
from typing import Any

from ddtrace import patch

patch(fastapi=True, starlette=True)

from ddtrace.trace import TraceFilter, tracer
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient


class Recorder(TraceFilter):
    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def process_trace(self, trace: Any) -> None:
        self.seen += [
            (span.name, span.resource, span.get_tag("http.status_code"), span.error)
            for span in trace
            if span.name == "fastapi.request"
        ]


def test_spans_have_the_names_of_routes() -> None:
    recorder = Recorder()
    tracer.configure(trace_processors=[recorder])
    app, router = FastAPI(), APIRouter()

    @app.get("/items/{number}")
    async def read(number: int) -> int:
        return number

    @router.get("/fail/{name}")
    def fail(name: str) -> None:
        raise ValueError(name)

    app.include_router(router, prefix="/api")
    client = TestClient(app, raise_server_exceptions=False)
    for path in ("/items/1", "/items/x", "/api/fail/a"):
        client.get(path)
    assert recorder.seen == [
        ("fastapi.request", "GET /items/{number}", "200", 0),
        ("fastapi.request", "GET /items/{number}", "422", 0),
        ("fastapi.request", "GET /api/fail/{name}", "500", 1),
    ]
