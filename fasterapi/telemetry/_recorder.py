# ruff: noqa: PLC0415 -- OpenTelemetry is optional and slow to import
"""The signals of one request or connection, from its start to its last message."""

from contextlib import AbstractContextManager, nullcontext
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fasterapi.telemetry._api import (
    _SCOPE_KEY,
    _context_store,
    _exception_type,
    _normal_websocket_disconnect,
    _RequestTelemetry,
)

if TYPE_CHECKING:
    from opentelemetry._logs import Logger
    from opentelemetry.metrics import Histogram, UpDownCounter
    from opentelemetry.trace import Span, Tracer

__all__ = ("Recorder", "Signals")

# Source: OpenTelemetry semantic conventions 1.44, HTTP server span, `url.query`.
_SENSITIVE_QUERY_PARAMETERS = frozenset(
    ("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "sig", "X-Goog-Signature")
)
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Signals(NamedTuple):
    """What a request is observed with; None where a signal is off."""

    tracer: "Tracer | None"
    logger: "Logger | None"
    duration: "Histogram | None"
    active: "UpDownCounter | None"


class Recorder:
    """Observes one run of an ASGI app; used once."""

    def __init__(
        self, scope: Scope, signals: Signals, *, method: str, with_operation_spans: bool
    ) -> None:
        """Prepare to observe *scope*.

        Args:
            scope: Scope of the request or connection.
            signals: What to observe it with.
            method: Its method, ``_OTHER`` for one that is not well known.
            with_operation_spans: Whether its operations get spans too.
        """
        self._scope = scope
        self._signals = signals
        self._is_websocket = scope["type"] == "websocket"
        self._span_method = self._name_of(method)
        self._attributes = self._request_attributes(method)
        self._active_attributes = {
            key: value
            for key, value in self._attributes.items()
            if key != "network.protocol.version"
        }
        self._method = method
        self._with_operation_spans = with_operation_spans
        self._started = perf_counter()
        self._is_finished = False
        self._awaits_trailers = False
        self._is_disconnected = False
        self._telemetry: _RequestTelemetry

    async def run(self, app: ASGIApp, receive: Receive, send: Send) -> None:
        """Run *app* for the scope, observed."""
        store = _context_store()
        signals = self._signals
        if signals.active is not None:
            signals.active.add(1, self._active_attributes)
        parent_token = None
        span = None
        if signals.tracer is not None:
            parent = _extracted_parent(self._scope)
            parent_token = store.context.attach(parent)
            span = self._start_span(signals.tracer, parent)
        self._telemetry = self._new_telemetry(span)
        self._scope[_SCOPE_KEY] = self._telemetry
        token = store.context.attach(store.context.set_value(store.key, self._telemetry))
        try:
            with _current(span):
                await self._run_observed(app, receive, send)
        finally:
            self._telemetry.data = None
            self._telemetry._exceptions.clear()  # noqa: SLF001 -- ours
            store.context.detach(token)
            self._scope.pop(_SCOPE_KEY, None)
            if parent_token is not None:
                store.context.detach(parent_token)

    async def _run_observed(self, app: ASGIApp, receive: Receive, send: Send) -> None:
        try:
            if self._is_websocket:
                await app(self._scope, receive, send)
            else:
                await app(self._scope, self._receiver(receive), self._sender(send))
        except BaseException as exc:
            _exception(scope=self._scope, exc=exc)
            is_normal = self._is_websocket and _normal_websocket_disconnect(exc)
            self._finish(None if is_normal else exc)
            raise
        finally:
            if not self._is_finished:
                self._finish(self._reason_to_end_early())

    def _sender(self, send: Send) -> Send:
        async def observed_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._telemetry.status_code = message["status"]
                self._awaits_trailers = message.get("trailers", False)
            await send(message)
            if self._is_last(message):
                self._finish(None)

        return observed_send

    def _receiver(self, receive: Receive) -> Receive:
        async def observed_receive() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                self._is_disconnected = True
            return message

        return observed_receive

    def _is_last(self, message: Message) -> bool:
        """Return whether *message* completes the response."""
        kind = message["type"]
        if kind == "http.response.body":
            return not message.get("more_body", False) and not self._awaits_trailers
        if kind == "http.response.trailers":
            return not message.get("more_trailers", False)
        return bool(kind == "http.response.pathsend")

    def _reason_to_end_early(self) -> BaseException | None:
        if self._is_websocket:
            return None
        if self._is_disconnected:
            return ConnectionError("Client disconnected")
        return RuntimeError("Incomplete ASGI response")

    def _finish(self, error: BaseException | None) -> None:
        """Record the outcome and end the span; later calls do nothing."""
        if self._is_finished:
            return
        self._is_finished = True
        attributes, span = self._attributes, self._telemetry.span
        attributes.update(self._outcome_attributes(error))
        if span is not None:
            span.set_attributes(attributes)
            if "error.type" in attributes:
                from opentelemetry.trace import StatusCode

                span.set_status(StatusCode.ERROR)
        # Before the span ends, so that exemplars can point at it.
        if self._signals.duration is not None:
            self._signals.duration.record(max(0, perf_counter() - self._started), attributes)
        if self._signals.active is not None:
            self._signals.active.add(-1, self._active_attributes)
        if span is not None:
            span.end()

    def _outcome_attributes(self, error: BaseException | None) -> dict[str, Any]:
        telemetry = self._telemetry
        status = telemetry.status_code
        attributes: dict[str, Any] = {}
        if telemetry.route is not None:
            attributes["http.route"] = telemetry.route
        if status is not None:
            attributes["http.response.status_code"] = status
        is_server_error = not self._is_websocket and (status is None or status >= 500)
        if error is not None or is_server_error:
            seen = telemetry._exceptions  # noqa: SLF001 -- ours
            failure = error or (seen[-1] if seen else None)
            attributes["error.type"] = (
                _exception_type(failure) if failure else str(status or "incomplete_response")
            )
        return attributes

    def _name_of(self, method: str) -> str:
        if self._is_websocket:
            return "WS"
        return "HTTP" if method == "_OTHER" else method

    def _request_attributes(self, method: str) -> dict[str, Any]:
        scope = self._scope
        if self._is_websocket:
            return {
                "url.scheme": scope.get("scheme", "ws"),
                "network.protocol.name": "websocket",
            }
        attributes = {
            "url.scheme": scope.get("scheme", "http"),
            "http.request.method": method,
        }
        if scope.get("http_version"):
            attributes["network.protocol.version"] = scope["http_version"]
        return attributes

    def _start_span(self, tracer: "Tracer", parent: Any) -> "Span":
        from opentelemetry.trace import SpanKind

        attributes = {**self._attributes, **_server_attributes(self._scope)}
        if not self._is_websocket:
            attributes["url.path"] = self._scope["path"]
            if self._scope.get("query_string"):
                attributes["url.query"] = _redacted(self._scope["query_string"])
            original_method = self._scope.get("method", "")
            if original_method != self._method:
                attributes["http.request.method_original"] = original_method
        return tracer.start_span(
            self._span_method, context=parent, kind=SpanKind.SERVER, attributes=attributes
        )

    def _new_telemetry(self, span: "Span | None") -> _RequestTelemetry:
        scope = self._scope
        prefix: str = scope.get("app_root_path", scope.get("root_path", ""))
        return _RequestTelemetry(
            span=span,
            span_method=self._span_method,
            tracer=self._signals.tracer if self._with_operation_spans else None,
            logger=self._signals.logger,
            _mount_prefix=prefix.rstrip("/"),
        )


def _current(span: "Span | None") -> AbstractContextManager[Any]:
    """Return a context in which *span* is the current one; the caller ends it."""
    if span is None:
        return nullcontext()
    from opentelemetry.trace import use_span

    return use_span(span, end_on_exit=False, record_exception=False, set_status_on_exception=False)


def _extracted_parent(scope: Scope) -> Any:
    """Return the OpenTelemetry context that the request's headers carry."""
    from opentelemetry import propagate

    from fasterapi.telemetry._propagation import HEADERS_GETTER

    return propagate.extract(Headers(scope=scope), getter=HEADERS_GETTER)


def _redacted(query_string: bytes) -> str:
    """Return *query_string* with the values of known signatures replaced."""
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    return urlencode(
        [(key, "REDACTED" if key in _SENSITIVE_QUERY_PARAMETERS else value) for key, value in pairs]
    )


def _server_attributes(scope: Scope) -> dict[str, Any]:
    """Return address and port of the server as the client names it.

    Empty if the Host header is malformed: that must not stop the request.
    Forwarded headers are not read, the server or a middleware applies them.
    """
    authority = Headers(scope=scope).get("host")
    if authority is None:
        address, port = scope.get("server") or (None, None)
    else:
        try:
            url = urlsplit("//" + authority)
            address, port = url.hostname, url.port
        except ValueError:
            return {}
        if url.username is not None or url.path or url.query or url.fragment:
            return {}
        if port is None:
            port = _DEFAULT_PORTS.get(scope.get("scheme", "http"))
    if address is None:
        return {}
    attributes = {"server.address": address}
    return attributes if port is None else {**attributes, "server.port": port}


def _exception(*, scope: Scope, exc: BaseException) -> None:
    """Record that *exc* left the app of *scope*, once per exception."""
    is_websocket = scope["type"] == "websocket"
    telemetry = scope.get(_SCOPE_KEY)
    if not isinstance(telemetry, _RequestTelemetry):
        return
    if is_websocket and _normal_websocket_disconnect(exc):
        return
    seen = telemetry._exceptions  # noqa: SLF001 -- ours
    if any(earlier is exc for earlier in seen):
        return
    seen.append(exc)
    # Cancellation and the like end a request without being anybody's mistake.
    if telemetry.logger is None or not isinstance(exc, Exception):
        return
    from opentelemetry._logs import SeverityNumber

    what = "WebSocket connection" if is_websocket else "request"
    telemetry.logger.emit(
        exception=exc,
        event_name="fastapi.websocket.exception"
        if is_websocket
        else "http.server.request.exception",
        timestamp=time_ns(),
        severity_number=SeverityNumber.ERROR,
        severity_text="ERROR",
        body=f"Unhandled exception in FastAPI {what}",
        attributes={"http.route": telemetry.route} if telemetry.route else None,
    )
