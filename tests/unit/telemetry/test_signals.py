"""Spans, metrics and logs of requests.

Source: OpenTelemetry semantic conventions for HTTP; names as FastAPI 0.165 gives them.
"""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider, SpanKind, StatusCode
from starlette.websockets import WebSocketDisconnect

from fasterapi import BackgroundTasks, Depends, FastAPI, HTTPException, WebSocket
from fasterapi.telemetry import TelemetryData, get_telemetry_data
from fasterapi.telemetry._asgi import NativeTelemetry, _legacy_otel, _server_attributes
from fasterapi.testclient import TestClient


class Observed:
    """An app, a client of it, and what its telemetry recorded."""

    def __init__(self, **options: Any) -> None:
        self._spans = InMemorySpanExporter()
        self._logs = InMemoryLogRecordExporter()
        self._metrics = InMemoryMetricReader()
        tracer_provider = TracerProvider()
        tracer_provider.add_span_processor(SimpleSpanProcessor(self._spans))
        logger_provider = LoggerProvider()
        logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        config = {
            "tracer_provider": tracer_provider,
            "meter_provider": MeterProvider([self._metrics]),
            "logger_provider": logger_provider,
            **options,
        }
        self.app = FastAPI(telemetry=config)
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    def server_span(self) -> ReadableSpan:
        (span,) = [span for span in self.spans() if span.kind is SpanKind.SERVER]
        return span

    def operations(self) -> list[str]:
        return [span.name for span in self.spans() if span.kind is SpanKind.INTERNAL]

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        records = [item.log_record for item in self._logs.get_finished_logs()]
        return [(record.event_name, dict(record.attributes or {})) for record in records]

    def points(self, metric_name: str) -> list[Any]:
        data = self._metrics.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == metric_name
            for point in metric.data.data_points
        ]


@pytest.fixture
def observed() -> Observed:
    made = Observed()

    def dependency() -> int:
        return 1

    @made.app.get("/items/{item_id}")
    def read(item_id: int, value: int = Depends(dependency)) -> int:
        return item_id + value

    @made.app.get("/boom")
    async def boom() -> None:
        raise RuntimeError("boom")

    @made.app.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(418)

    return made


def test_request_has_a_span_named_after_its_route(observed: Observed) -> None:
    observed.client.get("/items/3?sig=secret&a=b", headers={"host": "example.com:8080"})
    span = observed.server_span()
    assert span.name == "GET /items/{item_id}"
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/items/{item_id}",
        "network.protocol.version": "1.1",
        "server.address": "example.com",
        "server.port": 8080,
        "url.path": "/items/3",
        "url.query": "sig=REDACTED&a=b",
        "url.scheme": "http",
    }


def test_operations_have_spans_below_it(observed: Observed) -> None:
    observed.client.get("/items/3")
    assert observed.operations() == [
        "fastapi.dependencies",
        "fastapi.endpoint",
        "fastapi.serialization",
    ]
    server = observed.server_span().context
    assert {span.parent.span_id for span in observed.spans() if span.parent} == {server.span_id}


def test_headers_carry_the_parent(observed: Observed) -> None:
    trace_id, span_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    observed.client.get("/items/3", headers={"traceparent": f"00-{trace_id}-{span_id}-01"})
    parent = observed.server_span().parent
    assert parent is not None
    assert (f"{parent.trace_id:032x}", f"{parent.span_id:016x}") == (trace_id, span_id)


def test_duration_and_activity_are_measured(observed: Observed) -> None:
    observed.client.get("/items/3")
    observed.client.get("/items/4")
    (duration,) = observed.points("http.server.request.duration")
    assert duration.count == 2
    assert duration.attributes["http.route"] == "/items/{item_id}"
    (active,) = observed.points("http.server.active_requests")
    assert active.value == 0
    assert active.attributes == {"url.scheme": "http", "http.request.method": "GET"}


def test_unhandled_exception_is_an_error(observed: Observed) -> None:
    assert observed.client.get("/boom").status_code == 500
    span = observed.server_span()
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "RuntimeError"
    ((name, attributes),) = observed.events()
    assert name == "http.server.request.exception"
    assert attributes["http.route"] == "/boom"
    assert attributes["exception.message"] == "boom"


def test_expected_exception_is_none(observed: Observed) -> None:
    assert observed.client.get("/teapot").status_code == 418
    assert {span.status.status_code for span in observed.spans()} == {StatusCode.UNSET}
    assert observed.events() == []


def test_invalid_request_is_recorded(observed: Observed) -> None:
    assert observed.client.get("/items/x").status_code == 422
    assert observed.events() == [
        (
            "fastapi.validation.failed",
            {"fastapi.validation.error_count": 1, "http.route": "/items/{item_id}"},
        )
    ]


def test_unknown_path_and_method(observed: Observed) -> None:
    observed.client.request("PROPFIND", "/nowhere")
    span = observed.server_span()
    assert span.name == "HTTP"
    assert (span.attributes or {})["http.request.method"] == "_OTHER"
    assert (span.attributes or {})["http.request.method_original"] == "PROPFIND"
    assert "http.route" not in (span.attributes or {})


def test_known_methods_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "PROPFIND, GET,")
    observed = Observed()
    observed.client.request("PROPFIND", "/nowhere")
    assert observed.server_span().name == "PROPFIND"


def test_background_task_is_an_operation(observed: Observed) -> None:
    def fail() -> None:
        raise HTTPException(400)

    @observed.app.get("/background")
    async def background(tasks: BackgroundTasks) -> None:
        tasks.add_task(fail)

    observed.client.get("/background")
    (span,) = [s for s in observed.spans() if s.name == "fastapi.background_task"]
    assert span.status.status_code is StatusCode.ERROR


def test_websocket_is_one_span(observed: Observed) -> None:
    @observed.app.websocket("/ws/{n}")
    async def talk(websocket: WebSocket, n: int) -> None:
        await websocket.accept()
        await websocket.receive_text()

    connection = observed.client.websocket_connect("/ws/1")
    with pytest.raises(WebSocketDisconnect), connection as websocket:
        websocket.close(1000)
    span = observed.server_span()
    assert span.name == "WS /ws/{n}"
    assert span.status.status_code is StatusCode.UNSET
    assert (span.attributes or {})["network.protocol.name"] == "websocket"
    assert observed.points("http.server.request.duration") == []


def test_failing_websocket_is_recorded(observed: Observed) -> None:
    @observed.app.websocket("/ws")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        raise WebSocketDisconnect(1011)

    with pytest.raises(WebSocketDisconnect), observed.client.websocket_connect("/ws"):
        raise WebSocketDisconnect(1011)
    assert observed.events()[0][0] == "fastapi.websocket.exception"


def test_mounted_app_names_the_whole_route(observed: Observed) -> None:
    inner = FastAPI()
    inner.get("/inside/{x}")(lambda x: x)
    observed.app.mount("/tenants/{tenant}", inner)
    observed.client.get("/tenants/a/inside/b")
    assert observed.server_span().name == "GET /tenants/{tenant}/inside/{x}"


def test_data_of_the_request_is_there_while_it_lasts(observed: Observed) -> None:
    seen: list[Any] = []

    @observed.app.post("/data/{n}")
    async def data(n: int, body: dict[str, int]) -> None:
        current = get_telemetry_data()
        assert isinstance(current, TelemetryData)
        seen.append((current.body, current.values, current.request is not None))
        seen.append(otel_context.get_current())

    observed.client.post("/data/2", json={"a": 1})
    assert seen[0] == ({"a": 1}, {"n": 2, "body": {"a": 1}}, True)
    assert get_telemetry_data(seen[1]) is None
    assert get_telemetry_data() is None


def test_excluded_request_leaves_no_trace() -> None:
    observed = Observed(exclude=lambda scope: scope["path"] == "/health")
    seen: list[Any] = []
    observed.app.get("/health")(lambda: seen.append(get_telemetry_data()))
    observed.client.get("/health")
    assert (observed.spans(), observed.events(), seen) == ([], [], [None])


@pytest.mark.parametrize(
    ("options", "operations"),
    [({"operation_spans": False}, 0), ({"metrics": False, "logs": False}, 3)],
)
def test_signals_can_be_switched_off(options: dict[str, bool], operations: int) -> None:
    observed = Observed(**options)
    observed.app.get("/{n}")(lambda n: n)
    observed.client.get("/1")
    assert len(observed.operations()) == operations
    assert observed.server_span()
    assert bool(observed.points("http.server.active_requests")) == options.get("metrics", True)


def config(**options: Any) -> Any:
    return {
        "tracer_provider": None,
        "meter_provider": None,
        "logger_provider": None,
        "tracing": True,
        "metrics": True,
        "logs": True,
        "operation_spans": True,
        "auto_configure": False,
        "exclude": None,
        **options,
    }


@pytest.fixture
def no_provider(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Forgets the global tracer provider; returns what sets another."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    return lambda provider: monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)


def test_on_with_a_provider_only(no_provider: Callable[[Any], None]) -> None:
    assert not NativeTelemetry(config()).enabled()
    assert NativeTelemetry(config(tracer_provider=TracerProvider())).enabled()
    assert not NativeTelemetry(config(tracer_provider=TracerProvider(), tracing=False)).enabled()
    telemetry = NativeTelemetry(config())
    no_provider(TracerProvider())
    assert telemetry.enabled()
    assert not NativeTelemetry(config(tracing=False)).enabled()


def test_provider_named_in_the_environment_is_loaded(
    no_provider: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_PYTHON_TRACER_PROVIDER", "sdk_tracer_provider")
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", type(trace._TRACER_PROVIDER_SET_ONCE)())
    assert NativeTelemetry(config()).enabled()


def test_no_op_provider_is_no_work() -> None:
    observed = Observed(tracer_provider=NoOpTracerProvider(), metrics=False, logs=False)
    scopes: list[Any] = []

    @observed.app.get("/")
    async def root() -> None:
        scopes.append(get_telemetry_data())

    observed.client.get("/")
    assert scopes == [None]


def test_contributed_middleware_is_found_in_the_stack() -> None:
    class Layer:
        def __init__(self, app: Any = None) -> None:
            self.app = app

    class OpenTelemetryMiddleware(Layer): ...

    OpenTelemetryMiddleware.__module__ = "opentelemetry.instrumentation.asgi"
    assert _legacy_otel(Layer(OpenTelemetryMiddleware(Layer())))
    assert not _legacy_otel(Layer(Layer()))
    ring = Layer()
    ring.app = Layer(ring)
    assert not _legacy_otel(ring)


@pytest.mark.parametrize(
    ("host", "scheme", "expected"),
    [
        (b"a.example", "https", {"server.address": "a.example", "server.port": 443}),
        (b"[::1]:80", "http", {"server.address": "::1", "server.port": 80}),
        (b"a.example", "other", {"server.address": "a.example"}),
        (b"a.example:x", "http", {}),
        (b"me@a.example", "http", {}),
        (b"a.example/admin?x=", "http", {}),
        (b"[::1", "http", {}),
    ],
)
def test_address_comes_from_a_valid_host_only(
    host: bytes, scheme: str, expected: dict[str, Any]
) -> None:
    scope = {"type": "http", "scheme": scheme, "headers": [(b"host", host)]}
    assert _server_attributes(scope) == expected


def test_address_without_host_is_the_socket() -> None:
    scope = {"type": "http", "headers": [], "server": ("127.0.0.1", 80)}
    assert _server_attributes(scope) == {"server.address": "127.0.0.1", "server.port": 80}
    assert _server_attributes({"type": "http", "headers": []}) == {}
