# ruff: noqa: PLC0415 -- OpenTelemetry is optional and slow to import
"""Settings, data of the current request, and the hooks that routes call.

COMPAT: names of spans, events and attributes start with ``fastapi.``, as in
FastAPI: dashboards and alerts of existing programs filter by them.
"""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from time import time_ns
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect
from typing_extensions import TypedDict

from fasterapi.exceptions import RequestValidationError, WebSocketRequestValidationError

if TYPE_CHECKING:
    from opentelemetry._logs import Logger, LoggerProvider
    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, Tracer, TracerProvider

__all__ = ("TelemetryConfig", "TelemetryData", "get_telemetry_data")

_HTTP_METHODS = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE")
)
_SCOPE_KEY = "fastapi.telemetry"
_NORMAL_CLOSE_CODES = (1000, 1001)
_EXPECTED_ERRORS = (
    HTTPException,
    RequestValidationError,
    WebSocketException,
    WebSocketRequestValidationError,
)
_NO_OPERATION = nullcontext()

# Providers that stand in until a real one is set; the API has no public question for this.
_DEFERRED_PROVIDERS = frozenset(
    (
        ("opentelemetry.trace", "ProxyTracerProvider"),
        ("opentelemetry.metrics._internal", "_ProxyMeterProvider"),
        ("opentelemetry._logs._internal", "ProxyLoggerProvider"),
    )
)


class TelemetryConfig(TypedDict, total=False):
    """Settings of ``FasterAPI(telemetry={...})``; what is left out keeps its default.

    Providers given here stay the program's: they are never shut down for it.
    """

    tracer_provider: "TracerProvider | None"
    """Used in place of the global tracer provider."""
    meter_provider: "MeterProvider | None"
    """Used in place of the global meter provider."""
    logger_provider: "LoggerProvider | None"
    """Used in place of the global logger provider."""
    tracing: bool
    """Whether requests and WebSocket connections get spans; by default they do."""
    metrics: bool
    """Whether HTTP requests are measured; by default they are."""
    logs: bool
    """Whether invalid requests and unhandled exceptions are recorded, the latter
    with message and stack; by default they are."""
    operation_spans: bool
    """Whether dependencies, endpoint, serialisation and background tasks get
    spans of their own; by default they do."""
    auto_configure: bool
    """Whether OTLP exporters are added from environment variables. By default
    only if ``FASTAPI_OTEL_AUTO_CONFIGURE=true`` is set."""
    exclude: Callable[[MutableMapping[str, Any]], bool] | None
    """Called with the ASGI scope; returns True for requests to leave alone."""


@dataclass(kw_only=True)
class TelemetryData:
    """What is known of the current request, for processors in the same process.

    Filled while the request is handled, and to be read only. Nothing of it is
    exported by itself; who does so decides what to leave out.

    Attributes:
        request: The request, once its route handler starts.
        websocket: The WebSocket, once its route handler starts.
        body: The body as read, before validation.
        values: The parsed arguments, once dependencies are resolved.
        errors: Validation errors, with the input they complain about.
    """

    request: Request | None = None
    websocket: WebSocket | None = None
    body: Any = None
    values: dict[str, Any] | None = None
    errors: Sequence[Any] | None = None


@dataclass(kw_only=True)
class _RequestTelemetry:
    """The signals of one request or connection while it lasts."""

    span: "Span | None"
    span_method: str
    tracer: "Tracer | None" = None  # None also if operations get no spans
    logger: "Logger | None" = None
    route: str | None = None
    status_code: int | None = None
    data: TelemetryData | None = field(default_factory=TelemetryData)  # None once finished
    _mount_prefix: str = ""
    _exceptions: list[BaseException] = field(default_factory=list, repr=False)

    def select_route(self, path: str, *, is_mount: bool) -> None:
        """Name the span after the route at *path*."""
        # The path of a mount ends in a catch-all; what it catches names itself.
        self.route = self._mount_prefix + path
        if is_mount:
            self._mount_prefix = self.route.removesuffix("/{path}")
            self.route = self._mount_prefix + "/{path}"
        if self.span is not None:
            self.span.set_attribute("http.route", self.route)
            self.span.update_name(f"{self.span_method} {self.route}")


class _ContextStore(NamedTuple):
    """Where the current request's telemetry is kept."""

    context: ModuleType  # opentelemetry.context
    key: str


# PERF: None until a request is observed, so that the hooks cost one comparison before.
_store: _ContextStore | None = None


def _context_store() -> _ContextStore:
    """Return the store, importing OpenTelemetry at the first call."""
    global _store
    if _store is None:
        from opentelemetry import context

        _store = _ContextStore(context, context.create_key("fastapi.request"))
    return _store


def __getattr__(name: str) -> Any:
    """Resolve the names that need OpenTelemetry when they are asked for."""
    if name == "otel_context":
        return _context_store().context
    if name == "_REQUEST_TELEMETRY_KEY":
        return _context_store().key
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _get_request_telemetry(context: "Context | None" = None) -> _RequestTelemetry | None:
    if _store is None:
        return None
    value = _store.context.get_value(_store.key, context)
    return value if isinstance(value, _RequestTelemetry) else None


def get_telemetry_data(context: "Context | None" = None) -> TelemetryData | None:
    """Return the data of the current request, None outside of one.

    Args:
        context: An OpenTelemetry context to read instead of the current one,
            for example a log record's. Once its request is finished the
            answer is None.
    """
    request_telemetry = _get_request_telemetry(context)
    return None if request_telemetry is None else request_telemetry.data


def _validation_failed(exc: RequestValidationError | WebSocketRequestValidationError) -> None:
    """Record that the current request is invalid."""
    request_telemetry = _get_request_telemetry()
    if request_telemetry is None:
        return
    errors = exc.errors()
    if request_telemetry.data is not None:
        if isinstance(exc, RequestValidationError):
            request_telemetry.data.body = exc.body
        request_telemetry.data.errors = errors
    if request_telemetry.logger is None:
        return
    from opentelemetry._logs import SeverityNumber

    attributes: dict[str, Any] = {"fastapi.validation.error_count": len(errors)}
    if request_telemetry.route is not None:
        attributes["http.route"] = request_telemetry.route
    request_telemetry.logger.emit(
        event_name="fastapi.validation.failed",
        timestamp=time_ns(),
        severity_number=SeverityNumber.WARN,
        severity_text="WARN",
        body="Request validation failed",
        attributes=attributes,
    )


def _exception_type(exc: BaseException) -> str:
    """Return the class of *exc* as OpenTelemetry's ``error.type`` names it."""
    cls = type(exc)
    return (
        cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
    )


def _normal_websocket_disconnect(exc: BaseException) -> bool:
    return isinstance(exc, WebSocketDisconnect) and exc.code in _NORMAL_CLOSE_CODES


def _operation(
    *, name: str, function: Callable[..., Any] | None = None
) -> AbstractContextManager[None]:
    """Return a context in which one operation of the current request runs."""
    if _store is None:
        return _NO_OPERATION
    request_telemetry = _get_request_telemetry()
    if request_telemetry is None or request_telemetry.tracer is None:
        return _NO_OPERATION
    return _traced_operation(tracer=request_telemetry.tracer, name=name, function=function)


@contextmanager
def _traced_operation(
    *, tracer: "Tracer", name: str, function: Callable[..., Any] | None
) -> Iterator[None]:
    """Run the block in a span, marked as failed by errors that nobody expects."""
    from opentelemetry.trace import StatusCode

    with tracer.start_as_current_span(
        f"fastapi.{name}",
        attributes=_code_attributes(function),
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Exception as exc:
            expected = isinstance(exc, _EXPECTED_ERRORS) or _normal_websocket_disconnect(exc)
            # After the response there is nobody left who could expect anything.
            if not expected or name == "background_task":
                span.set_attribute("error.type", _exception_type(exc))
                span.set_status(StatusCode.ERROR)
            raise


def _code_attributes(function: Callable[..., Any] | None) -> dict[str, str]:
    if function is None:
        return {}
    cls = type(function)
    module = getattr(function, "__module__", cls.__module__)
    qualname = getattr(function, "__qualname__", cls.__qualname__)
    return {"code.function.name": f"{module}.{qualname}"}


def _run_sync_endpoint(*, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Return the result of *function*, called as the operation ``endpoint``."""
    if _store is None:
        return function(**arguments)
    with _operation(name="endpoint", function=function):
        return function(**arguments)


def _route_selected(
    *, scope: MutableMapping[str, Any], path: str | None, mount: bool = False
) -> None:
    """Tell the signals of *scope* which route or mount matched."""
    if _store is None:
        return
    request_telemetry = scope.get(_SCOPE_KEY)
    if path is not None and isinstance(request_telemetry, _RequestTelemetry):
        request_telemetry.select_route(path, is_mount=mount)


def _unconfigured(provider: Any) -> bool:
    """Return whether *provider* only stands in for one that was never set."""
    cls = type(provider)
    return (cls.__module__, cls.__name__) in _DEFERRED_PROVIDERS
