# ruff: noqa: PLC0415 -- OpenTelemetry is optional and slow to import
"""Observation of an app's requests: on or off, and with what."""

import os
import sys
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Receive, Scope, Send

from fasterapi._version import __version__
from fasterapi.telemetry._api import (
    _HTTP_METHODS,
    _SCOPE_KEY,
    TelemetryConfig,
    _context_store,
    _unconfigured,
)
from fasterapi.telemetry._recorder import Recorder, Signals, _exception, _server_attributes

if TYPE_CHECKING:
    from opentelemetry._logs import Logger
    from opentelemetry.metrics import Histogram, MeterProvider, UpDownCounter
    from opentelemetry.trace import Tracer, TracerProvider

__all__ = (
    "ExceptionTelemetryMiddleware",
    "NativeTelemetry",
    "_exception",
    "_legacy_otel",
    "_server_attributes",
)

# COMPAT: the instrumentation scope is called as in FastAPI, see `_api`.
_INSTRUMENTATION = "fastapi"
_SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"
# Source: OpenTelemetry semantic conventions 1.44, `http.server.request.duration`.
_DURATION_BUCKETS = (
    *(0.005, 0.01, 0.025, 0.05, 0.075),
    *(0.1, 0.25, 0.5, 0.75),
    *(1.0, 2.5, 5.0, 7.5, 10.0),
)
# OpenTelemetry loads a provider by itself if one of these is set.
_PROVIDER_VARIABLES = (
    "OTEL_PYTHON_TRACER_PROVIDER",
    "OTEL_PYTHON_METER_PROVIDER",
    "OTEL_PYTHON_LOGGER_PROVIDER",
)
# COMPAT: what ``get_*_provider`` return once set. The calls themselves look into
# the environment each time, which costs microseconds.
_PROVIDER_GLOBALS = (
    ("opentelemetry.trace", "_TRACER_PROVIDER"),
    ("opentelemetry.metrics._internal", "_METER_PROVIDER"),
    ("opentelemetry._logs._internal", "_LOGGER_PROVIDER"),
)
# PERF: these modules, once all of them are imported and known to have the globals.
_watched: tuple[Any, Any, Any] | None = None
_LAZY_MODULES = {
    "_logs": "opentelemetry._logs",
    "metrics": "opentelemetry.metrics",
    "otel_context": "opentelemetry.context",
    "propagate": "opentelemetry.propagate",
    "trace": "opentelemetry.trace",
}


def __getattr__(name: str) -> Any:
    """Resolve the names that need OpenTelemetry when they are asked for."""
    if name in _LAZY_MODULES:
        from importlib import import_module

        return import_module(_LAZY_MODULES[name])
    if name in ("_HEADERS_GETTER", "_HeadersGetter"):
        from fasterapi.telemetry import _propagation

        return getattr(_propagation, name.lstrip("_"))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _legacy_otel(stack: Any) -> bool:
    """Return whether OpenTelemetry's own ASGI middleware is in *stack*.

    The built stack is what counts: the flag that the instrumentation sets also
    exists where it came too late to get its middleware in.
    """
    seen: set[int] = set()
    while stack is not None and id(stack) not in seen:
        seen.add(id(stack))
        cls = type(stack)
        if (cls.__module__, cls.__name__) == (
            "opentelemetry.instrumentation.asgi",
            "OpenTelemetryMiddleware",
        ):
            return True
        stack = getattr(stack, "app", None)
    return False


class ExceptionTelemetryMiddleware:
    """Sees exceptions before the error handlers answer them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, and record the exception that leaves it, if any."""
        try:
            await self.app(scope, receive, send)
        except Exception as exc:
            _exception(scope=scope, exc=exc)
            raise


class NativeTelemetry:
    """Decides whether and with what an app's requests are observed."""

    def __init__(self, config: TelemetryConfig) -> None:
        """Keep *config*, which has every key, and read the environment."""
        self.config = config
        names = os.getenv("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "").split(",")
        named = frozenset(name.strip() for name in names if name.strip())
        self._known_methods = named or _HTTP_METHODS
        self._may_load_provider = any(name in os.environ for name in _PROVIDER_VARIABLES)
        # Instruments are made once per provider, and providers may be replaced.
        self._meter_provider: MeterProvider | None = None
        self._instruments: tuple[Histogram, UpDownCounter] | None = None
        self._tracer_provider: TracerProvider | None = None
        self._tracer: Tracer | None = None

    def enabled(self) -> bool:
        """Return whether any signal has a provider to go to.

        PERF: asked on every request; without a provider it reads six values
        and calls nothing of OpenTelemetry, nor imports it.
        """
        config = self.config
        if (
            config["tracer_provider"] is None
            and config["meter_provider"] is None
            and config["logger_provider"] is None
            and not self._may_load_provider
        ):
            if "opentelemetry" not in sys.modules:
                return False
            if _watched is not None:
                trace, metrics, logs = _watched
                if (
                    trace._TRACER_PROVIDER is None  # noqa: SLF001
                    and metrics._METER_PROVIDER is None  # noqa: SLF001
                    and logs._LOGGER_PROVIDER is None  # noqa: SLF001
                ):
                    return False
            elif _no_global_provider():
                return False
        return self._has_provider()

    def _has_provider(self) -> bool:
        """Answer `enabled` by asking OpenTelemetry."""
        try:
            from opentelemetry import _logs, metrics, trace
        except ImportError:  # a provider was named in the environment for naught
            return False
        config = self.config
        return any(
            config[signal]  # type: ignore[literal-required]
            and (config[key] is not None or not _unconfigured(get_global()))  # type: ignore[literal-required]
            for signal, key, get_global in (
                ("tracing", "tracer_provider", trace.get_tracer_provider),
                ("metrics", "meter_provider", metrics.get_meter_provider),
                ("logs", "logger_provider", _logs.get_logger_provider),
            )
        )

    async def __call__(
        self,
        *,
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        send: Send,
        legacy_otel: bool = False,
    ) -> None:
        """Run *app* for one request or connection, observed.

        Args:
            app: The app without its telemetry.
            scope: ASGI scope.
            receive: ASGI receive.
            send: ASGI send.
            legacy_otel: Whether OpenTelemetry's middleware observes it already.
        """
        exclude = self.config["exclude"]
        if exclude is not None and exclude(scope):
            await _run_unobserved(app, scope, receive, send)
            return
        signals = None if legacy_otel else self._signals(scope)
        if signals is None:
            await app(scope, receive, send)
            return
        method = scope.get("method", "")
        recorder = Recorder(
            scope,
            signals,
            method=method if method in self._known_methods else "_OTHER",
            with_operation_spans=self.config["operation_spans"],
        )
        await recorder.run(app, receive, send)

    def _signals(self, scope: Scope) -> Signals | None:
        """Return what to observe *scope* with, None if every signal is off."""
        tracer = self._get_tracer()
        logger = self._get_logger()
        instruments = None if scope["type"] == "websocket" else self._get_instruments()
        if tracer is None and logger is None and instruments is None:
            return None
        duration, active = instruments or (None, None)
        return Signals(tracer=tracer, logger=logger, duration=duration, active=active)

    def _get_tracer(self) -> "Tracer | None":
        if not self.config["tracing"]:
            return None
        from opentelemetry import trace

        explicit = self.config["tracer_provider"]
        provider = explicit or trace.get_tracer_provider()
        if _is_silent(provider, explicit, trace.NoOpTracerProvider):
            return None
        if provider is not self._tracer_provider:
            self._tracer = provider.get_tracer(
                _INSTRUMENTATION, __version__, schema_url=_SCHEMA_URL
            )
            self._tracer_provider = provider
        return self._tracer

    def _get_logger(self) -> "Logger | None":
        if not self.config["logs"]:
            return None
        from opentelemetry import _logs

        explicit = self.config["logger_provider"]
        provider = explicit or _logs.get_logger_provider()
        if _is_silent(provider, explicit, _logs.NoOpLoggerProvider):
            return None
        return _logs.get_logger(_INSTRUMENTATION, __version__, explicit, schema_url=_SCHEMA_URL)

    def _get_instruments(self) -> "tuple[Histogram, UpDownCounter] | None":
        if not self.config["metrics"]:
            return None
        from opentelemetry import metrics

        explicit = self.config["meter_provider"]
        provider = explicit or metrics.get_meter_provider()
        if _is_silent(provider, explicit, metrics.NoOpMeterProvider):
            return None
        if provider is not self._meter_provider:
            self._instruments = _new_instruments(provider)
            self._meter_provider = provider
        return self._instruments


def _no_global_provider() -> bool:
    """Return whether OpenTelemetry, as far as imported, surely has no provider set.

    Where its private globals are missing (another version, or another thread
    is importing it) the answer is False, and the public functions are asked.
    """
    global _watched
    found = [sys.modules.get(module) for module, _ in _PROVIDER_GLOBALS]
    values = [
        None if module is None else getattr(module, name, module)
        for module, (_, name) in zip(found, _PROVIDER_GLOBALS, strict=True)
    ]
    is_known = all(value is None for value in values)
    if is_known and None not in found:
        _watched = (found[0], found[1], found[2])
    return is_known


def _is_silent(provider: Any, explicit: Any, no_op_class: type[Any]) -> bool:
    """Return whether *provider* would throw away what it is given."""
    return isinstance(provider, no_op_class) or (explicit is None and _unconfigured(provider))


def _new_instruments(provider: "MeterProvider") -> "tuple[Histogram, UpDownCounter]":
    meter = provider.get_meter(_INSTRUMENTATION, __version__, schema_url=_SCHEMA_URL)
    duration = meter.create_histogram(
        "http.server.request.duration",
        unit="s",
        description="Duration of HTTP server requests.",
        explicit_bucket_boundaries_advisory=_DURATION_BUCKETS,
    )
    active = meter.create_up_down_counter(
        "http.server.active_requests",
        unit="{request}",
        description="Number of active HTTP server requests.",
    )
    return duration, active


async def _run_unobserved(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run *app* so that neither it nor an app mounted in it observes *scope*."""
    store = _context_store()
    scope[_SCOPE_KEY] = None
    # A request made from within another one would inherit that one's telemetry.
    token = store.context.attach(store.context.set_value(store.key, None))
    try:
        await app(scope, receive, send)
    finally:
        store.context.detach(token)
        scope.pop(_SCOPE_KEY, None)
