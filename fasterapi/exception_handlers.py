"""The answers to exceptions that an application has from the start."""

import json
import math
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.status import WS_1008_POLICY_VIOLATION
from starlette.websockets import WebSocket

from fasterapi.encoders import jsonable_encoder
from fasterapi.exceptions import (
    RequestValidationError,
    ValidationException,
    WebSocketRequestValidationError,
)
from fasterapi.utils import is_body_allowed_for_status_code

__all__ = (
    "http_exception_handler",
    "request_validation_exception_handler",
    "websocket_request_validation_exception_handler",
)

# A report repeats what the client sent, which may be what JSON or UTF-8 cannot express. It is
# the client's mistake still, so the answer must not become a 500.
_UNWRITABLE = (ValueError, RecursionError)

# Levels of such a value that are shown.
_REPORTED_DEPTH = 32


async def http_exception_handler(request: Request, exc: HTTPException) -> Response:
    """Answer with the exception's status and headers, and its ``detail`` as JSON."""
    headers = getattr(exc, "headers", None)
    if not is_body_allowed_for_status_code(exc.status_code):
        return Response(status_code=exc.status_code, headers=headers)
    try:
        return JSONResponse({"detail": exc.detail}, exc.status_code, headers)
    except _UNWRITABLE:
        detail = _writable(exc.detail, _REPORTED_DEPTH)
        return JSONResponse({"detail": detail}, exc.status_code, headers)


async def request_validation_exception_handler(
    request: Request, exc: RequestValidationError
) -> JSONResponse:
    """Answer 422 with the list of findings, their input within the app's limit."""
    limit = getattr(request.scope.get("app"), "max_error_input", None)
    try:
        findings = jsonable_encoder(exc.errors())
        return JSONResponse({"detail": _with_short_input(findings, limit)}, 422)
    except _UNWRITABLE:
        findings = _writable_findings(exc)
        return JSONResponse({"detail": _with_short_input(findings, limit)}, 422)


async def websocket_request_validation_exception_handler(
    websocket: WebSocket, exc: WebSocketRequestValidationError
) -> None:
    """Refuse the connection, with the list of findings as the reason."""
    try:
        reason = jsonable_encoder(exc.errors())
    except _UNWRITABLE:
        reason = _writable_findings(exc)
    await websocket.close(code=WS_1008_POLICY_VIOLATION, reason=reason)


def _with_short_input(findings: Any, limit: int | None) -> Any:
    """Return *findings* without inputs of more than *limit* characters of JSON."""
    if limit is None:
        return findings
    kept = []
    for finding in findings:
        is_long = "input" in finding and len(json.dumps(finding["input"])) > limit
        shown = {key: value for key, value in finding.items() if key != "input" or not is_long}
        kept.append(shown)
    return kept


def _writable_findings(exc: ValidationException) -> Any:
    return jsonable_encoder([_writable(finding, _REPORTED_DEPTH) for finding in exc.errors()])


def _writable(value: Any, depth: int) -> Any:
    """Return *value* with what JSON cannot express replaced by text that says so.

    Args:
        value: A detail or finding, or a part of one.
        depth: How many more levels of containers to show.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if not isinstance(value, dict | list | tuple):
        return value
    if depth == 0:
        return "..."
    if isinstance(value, dict):
        return {_writable(key, 0): _writable(item, depth - 1) for key, item in value.items()}
    return [_writable(item, depth - 1) for item in value]
