"""Export set up from the environment.

Source: OpenTelemetry specification, OTLP exporter configuration.
"""

from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

from fasterapi.exceptions import FastAPIError
from fasterapi.telemetry import _runtime

URL = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing configured, and nothing in the environment."""
    monkeypatch.setattr(_runtime, "_owned", [])
    monkeypatch.setattr(_runtime, "_configured", [])
    for signal in ("", "TRACES_", "METRICS_", "LOGS_"):
        monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{signal}ENDPOINT", raising=False)
        monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{signal}PROTOCOL", raising=False)
        monkeypatch.delenv(f"OTEL_{signal}EXPORTER", raising=False)


class Provider:
    """Stands for a provider: keeps what is registered with it."""

    def __init__(self) -> None:
        self.added: list[Any] = []

    def add_span_processor(self, component: Any) -> None:
        self.added.append(component)

    add_metric_reader = add_log_record_processor = add_span_processor


@pytest.fixture
def config() -> Any:
    return {
        "auto_configure": True,
        "tracing": True,
        "metrics": True,
        "logs": True,
        **{name: Provider() for name in ("tracer_provider", "meter_provider", "logger_provider")},
    }


def added(config: Any) -> list[int]:
    return [len(config[name].added) for name in config if name.endswith("provider")]


@pytest.fixture(autouse=True)
def stopped() -> Any:
    yield
    _runtime._shutdown()


def test_nothing_happens_unless_asked_for(config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _runtime._configure_from_environment(config)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", URL)
    _runtime._configure_from_environment({**config, "auto_configure": False})
    monkeypatch.setenv("OTEL_SDK_DISABLED", "True")
    _runtime._configure_from_environment(config)
    assert added(config) == [0, 0, 0]


def test_each_provider_exports_once(config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", URL)
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    _runtime._configure_from_environment(config)
    _runtime._configure_from_environment(config)
    assert added(config) == [1, 0, 1]


def test_signals_that_are_off_are_not_exported(
    config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", URL)
    _runtime._configure_from_environment({**config, "tracing": False, "metrics": False})
    assert added(config) == [0, 0, 1]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": URL + "/"}, URL + "/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": URL + "/own"}, URL + "/own"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": URL},
            URL,
        ),
        ({"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": URL}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": URL, "OTEL_TRACES_EXPORTER": " None "}, None),
        ({}, None),
    ],
)
def test_endpoint_of_a_signal(
    variables: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _runtime._export_endpoint("TRACES") == expected


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "supports OTEL_TRACES_EXPORTER=otlp or none"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "requires the OTLP http/protobuf protocol"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "collector"}, "Invalid OTLP traces endpoint"),
    ],
)
def test_what_is_not_supported_is_said(
    variables: dict[str, str], message: str, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", URL)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(FastAPIError, match=message):
        _runtime._configure_from_environment(config)
    assert added(config) == [0, 0, 0]


def test_provider_that_cannot_export_is_refused(
    config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", URL)
    with pytest.raises(FastAPIError, match="tracer provider does not support adding"):
        _runtime._configure_from_environment({**config, "tracer_provider": object()})


def test_failed_registration_shuts_the_exporter_down(
    config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing(Provider):
        def add_span_processor(self, component: Any) -> None:
            super().add_span_processor(component)
            raise RuntimeError("refused")

    refusing = Refusing()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", URL)
    with pytest.raises(RuntimeError, match="refused"):
        _runtime._configure_from_environment({**config, "tracer_provider": refusing})
    assert _runtime._owned == []
    assert refusing.added[0]._batch_processor._shutdown


def test_new_global_provider_is_ours_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry import trace

    current: list[Any] = [trace.ProxyTracerProvider()]
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: current[-1])
    monkeypatch.setattr(trace, "set_tracer_provider", current.append)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", URL)
    config: Any = {
        "auto_configure": True,
        "tracing": True,
        "metrics": True,
        "logs": True,
        **dict.fromkeys(("tracer_provider", "meter_provider", "logger_provider")),
    }
    _runtime._configure_from_environment(config)
    assert isinstance(current[-1], TracerProvider)
    assert _runtime._owned == [current[-1]]


def test_provider_set_by_somebody_else_meanwhile_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from opentelemetry import trace

    theirs = Provider()
    answers = iter([trace.ProxyTracerProvider()])
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: next(answers, theirs))
    monkeypatch.setattr(trace, "set_tracer_provider", lambda provider: None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", URL)
    config: Any = {
        "auto_configure": True,
        "tracing": True,
        "metrics": False,
        "logs": False,
        **dict.fromkeys(("tracer_provider", "meter_provider", "logger_provider")),
    }
    _runtime._configure_from_environment(config)
    assert len(theirs.added) == 1


@pytest.mark.parametrize(
    ("signal", "kind"),
    [("TRACES", TracerProvider), ("METRICS", MeterProvider), ("LOGS", LoggerProvider)],
)
def test_providers_of_the_sdk_can_export(
    signal: str, kind: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = kind(shutdown_on_exit=False)
    _runtime._export(_runtime._Signal(signal, "any", provider, URL))
    assert len(_runtime._owned) == 1


@pytest.mark.anyio
async def test_lifespan_flushes_at_its_end(config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    class Component:
        def force_flush(self) -> None:
            calls.append("flush")
            raise RuntimeError("logged, not raised")

        def shutdown(self) -> None:
            calls.append("shutdown")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "lifespan.startup"
        await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        calls.append(message["type"])

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "not a url")  # warned of, not fatal
    _runtime._owned.append(Component())
    await _runtime.lifespan(
        config=config, app=app, scope={"type": "lifespan"}, receive=receive, send=send
    )
    _runtime._shutdown()
    assert calls == [
        "lifespan.startup.complete",
        "flush",
        "lifespan.shutdown.complete",
        "shutdown",
    ]
