# ruff: noqa: PLC0415 -- OpenTelemetry is optional and slow to import
"""Export set up from the environment, and its end with the app or the process."""

import atexit
import os
import threading
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fasterapi.exceptions import FastAPIError
from fasterapi.logger import logger
from fasterapi.telemetry._api import TelemetryConfig, _unconfigured

__all__ = ("lifespan",)

_ENDS_OF_LIFESPAN = frozenset(
    ("lifespan.shutdown.complete", "lifespan.shutdown.failed", "lifespan.startup.failed")
)
_EXPLICITLY = "explicitly and pass telemetry={'auto_configure': False} to FastAPI()."

_lock = threading.RLock()
_owned: list[Any] = []  # providers and processors to flush and shut down
_configured: list[tuple[str, Any]] = []  # (signal, provider) that export already


class _Signal(NamedTuple):
    """One kind of data, and where it goes."""

    name: str  # as in the names of environment variables
    provider_name: str  # as in "tracer provider"
    explicit: Any  # the provider that the program gave, None for the global one
    endpoint: str


async def lifespan(
    *, config: TelemetryConfig, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """Run the lifespan of *app*, with export set up before and flushed after it."""

    async def configuring_receive() -> Message:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                _configure_from_environment(config)
            except Exception as exc:
                logger.warning("FastAPI automatic telemetry configuration failed: %s", exc)
        return message

    async def flushing_send(message: Message) -> None:
        if _owned and message["type"] in _ENDS_OF_LIFESPAN:
            await run_sync(_flush)
        await send(message)

    await app(scope, configuring_receive, flushing_send)


def _flush() -> None:
    """Send what is waiting."""
    _call_each(tuple(_owned), "force_flush")


def _shutdown() -> None:
    """Send what is waiting and stop, at the end of the process."""
    with _lock:
        owned = tuple(_owned)
        _owned.clear()
    _call_each(owned, "shutdown")


atexit.register(_shutdown)


def _call_each(components: tuple[Any, ...], method: str) -> None:
    for component in components:
        try:
            getattr(component, method)()
        except Exception:  # one exporter must not keep the others from their turn
            logger.exception("FastAPI telemetry cleanup failed")


def _configure_from_environment(config: TelemetryConfig) -> None:
    """Add OTLP exporters for the endpoints named in the environment.

    Providers and their other exporters stay; each provider gets ours once.

    Raises:
        FastAPIError: The environment asks for something else than OTLP over
            HTTP, or OpenTelemetry's SDK is not installed.
    """
    if not config["auto_configure"]:
        return
    if os.getenv("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    with _lock:
        requested = _requested_signals(config)
        if requested:
            _require_sdk()
        for signal in requested:
            _export(signal)


def _requested_signals(config: TelemetryConfig) -> list[_Signal]:
    candidates = (
        ("TRACES", config["tracing"], "tracer", config["tracer_provider"]),
        ("METRICS", config["metrics"], "meter", config["meter_provider"]),
        ("LOGS", config["logs"], "logger", config["logger_provider"]),
    )
    return [
        _Signal(name, provider_name, explicit, endpoint)
        for name, enabled, provider_name, explicit in candidates
        if enabled and (endpoint := _export_endpoint(name)) is not None
    ]


def _export_endpoint(signal: str) -> str | None:
    """Return the URL that *signal* is to be sent to, None if it is not to be sent.

    Source: OpenTelemetry specification, OTLP exporter configuration.
    """
    exporter = (os.getenv(f"OTEL_{signal}_EXPORTER") or "otlp").strip().lower()
    endpoint = _endpoint_variable(signal)
    if not endpoint or exporter == "none":
        return None
    if exporter != "otlp":
        raise FastAPIError(
            f"FastAPI automatic telemetry supports OTEL_{signal}_EXPORTER=otlp or none. "
            f"Configure other exporters {_EXPLICITLY}"
        )
    protocol = (
        os.getenv(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL")
        or os.getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
        or "http/protobuf"
    )
    if protocol != "http/protobuf":
        raise FastAPIError(
            "FastAPI automatic telemetry requires the OTLP http/protobuf protocol. "
            f"Configure other transports {_EXPLICITLY}"
        )
    url = urlsplit(endpoint)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise FastAPIError(
            f"Invalid OTLP {signal.lower()} endpoint. Use an absolute HTTP or HTTPS URL."
        )
    return endpoint


def _endpoint_variable(signal: str) -> str | None:
    own = os.getenv(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    common = os.getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
    if own or not common:
        return own
    return f"{common.removesuffix('/')}/v1/{signal.lower()}"


def _require_sdk() -> None:
    """Import everything that exporting needs, so that nothing is set up by halves."""
    try:
        import opentelemetry.exporter.otlp.proto.http._log_exporter
        import opentelemetry.exporter.otlp.proto.http.metric_exporter
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk._logs.export
        import opentelemetry.sdk.metrics.export
        import opentelemetry.sdk.trace.export  # noqa: F401
    except ImportError as exc:
        raise FastAPIError(
            "Automatic OpenTelemetry export requires the extra 'opentelemetry'. Install it, "
            "configure providers yourself, or pass telemetry={'auto_configure': False} to "
            "FastAPI()."
        ) from exc


def _export(signal: _Signal) -> None:
    """Let the provider of *signal* export to its endpoint, unless it does already."""
    get_global = _global_getter(signal)
    provider = _registration_provider(get_global() if signal.explicit is None else signal.explicit)
    if any(name == signal.name and known is provider for name, known in _configured):
        return
    if signal.explicit is None and _unconfigured(provider):
        created = _set_new_provider(signal)
        if get_global() is created:
            _configured.append((signal.name, created))
            _owned.append(created)
            return
        # Somebody else set the global one in the meantime: use theirs.
        created.shutdown()
        provider = _registration_provider(get_global())
    _add_exporter(signal, provider)


def _add_exporter(signal: _Signal, provider: Any) -> None:
    """Register an exporter with an existing *provider*."""
    register = _registration_method(signal, provider)
    component = _new_component(signal)
    try:
        register(component)
    except Exception:
        component.shutdown()
        raise
    _configured.append((signal.name, provider))
    _owned.append(component)


def _registration_method(signal: _Signal, provider: Any) -> Callable[[Any], None]:
    """Return what registers an exporter; wrappers of vendors need not be SDK classes."""
    method = {
        "TRACES": "add_span_processor",
        "METRICS": "add_metric_reader",
        "LOGS": "add_log_record_processor",
    }[signal.name]
    register: Callable[[Any], None] | None = getattr(provider, method, None)
    if not callable(register):
        raise FastAPIError(
            f"The configured OpenTelemetry {signal.provider_name} provider does not support "
            "adding an OTLP exporter. Configure environment export through that provider and "
            "pass telemetry={'auto_configure': False} to FastAPI()."
        )
    return register


def _registration_provider(provider: Any) -> Any:
    """Return what an exporter can be registered with.

    Early versions of Logfire wrap the meter provider in a proxy that cannot do
    it; measurements still go through the proxy.
    """
    cls = type(provider)
    is_logfire_proxy = (cls.__module__, cls.__name__) == (
        "logfire._internal.metrics",
        "ProxyMeterProvider",
    )
    if is_logfire_proxy and not hasattr(provider, "add_metric_reader"):
        return provider.provider
    return provider


def _global_getter(signal: _Signal) -> Callable[[], Any]:
    from opentelemetry import _logs, metrics, trace

    return {
        "TRACES": trace.get_tracer_provider,
        "METRICS": metrics.get_meter_provider,
        "LOGS": _logs.get_logger_provider,
    }[signal.name]


def _new_component(signal: _Signal) -> Any:
    """Return a processor, or a reader of metrics, that exports to the endpoint."""
    if signal.name == "TRACES":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        return BatchSpanProcessor(OTLPSpanExporter(endpoint=signal.endpoint))
    if signal.name == "METRICS":
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        return PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=signal.endpoint))
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    return BatchLogRecordProcessor(OTLPLogExporter(endpoint=signal.endpoint))


def _set_new_provider(signal: _Signal) -> Any:
    """Return a new provider with our exporter, after offering it as the global one.

    It is shut down by us, in order, not by the SDK's own exit handler.
    """
    from opentelemetry import _logs, metrics, trace

    component = _new_component(signal)
    if signal.name == "TRACES":
        from opentelemetry.sdk.trace import TracerProvider

        tracer_provider = TracerProvider(shutdown_on_exit=False)
        tracer_provider.add_span_processor(component)
        trace.set_tracer_provider(tracer_provider)
        return tracer_provider
    if signal.name == "METRICS":
        from opentelemetry.sdk.metrics import MeterProvider

        meter_provider = MeterProvider(metric_readers=[component], shutdown_on_exit=False)
        metrics.set_meter_provider(meter_provider)
        return meter_provider
    from opentelemetry.sdk._logs import LoggerProvider

    logger_provider = LoggerProvider(shutdown_on_exit=False)
    logger_provider.add_log_record_processor(component)
    _logs.set_logger_provider(logger_provider)
    return logger_provider
