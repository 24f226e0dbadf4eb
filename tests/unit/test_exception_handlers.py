"""The default answers: a client's mistake stays a 4xx, whatever it sent."""

import json
import math
from typing import Any

import pytest
from starlette.requests import Request

from fasterapi.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
    websocket_request_validation_exception_handler,
)
from fasterapi.exceptions import (
    HTTPException,
    RequestValidationError,
    WebSocketRequestValidationError,
)

pytestmark = pytest.mark.anyio
REQUEST = Request({"type": "http"})


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


async def test_detail_and_headers_are_sent() -> None:
    answer = await http_exception_handler(REQUEST, HTTPException(418, {"a": 1}, {"x-a": "b"}))
    assert (answer.status_code, answer.body) == (418, b'{"detail":{"a":1}}')
    assert answer.headers["x-a"] == "b"


@pytest.mark.parametrize("status", [204, 304])
async def test_status_without_a_body_has_none(status: int) -> None:
    answer = await http_exception_handler(REQUEST, HTTPException(status, headers={"x-a": "b"}))
    assert answer.body == b""
    assert "content-type" not in answer.headers
    assert answer.headers["x-a"] == "b"


async def test_findings_are_sent() -> None:
    findings = [{"loc": ("body", 1), "input": {"a": None}}]
    answer = await request_validation_exception_handler(REQUEST, RequestValidationError(findings))
    assert answer.status_code == 422
    assert json.loads(answer.body) == {"detail": [{"loc": ["body", 1], "input": {"a": None}}]}


@pytest.mark.parametrize(
    ("rejected", "shown"),
    [
        ("a\ud800b", "a?b"),
        ({"\ud800": 1}, {"?": 1}),
        (math.nan, "nan"),
        ([-math.inf, 1.5], ["-inf", 1.5]),
        (b"\xff", "\ufffd"),
        ({"a": b"\xff", "b": (None, True)}, {"a": "\ufffd", "b": [None, True]}),
    ],
    ids=repr,
)
async def test_value_that_cannot_be_written_is_shown_as_text(rejected: Any, shown: Any) -> None:
    error = RequestValidationError([{"loc": ("body",), "input": rejected}])
    answer = await request_validation_exception_handler(REQUEST, error)
    assert answer.status_code == 422
    assert json.loads(answer.body) == {"detail": [{"loc": ["body"], "input": shown}]}


async def test_detail_that_cannot_be_written_is_shown_as_text() -> None:
    answer = await http_exception_handler(REQUEST, HTTPException(404, "no \ud800"))
    assert (answer.status_code, answer.body) == (404, b'{"detail":"no ?"}')


async def test_deep_value_is_cut() -> None:
    error = RequestValidationError([{"input": nested(100_000)}])
    answer = await request_validation_exception_handler(REQUEST, error)
    assert answer.status_code == 422
    assert b"..." in answer.body


@pytest.mark.parametrize(("rejected", "shown"), [("a", "a"), (b"\xff", "\ufffd")])
async def test_websocket_is_closed_for_a_violated_policy(rejected: Any, shown: Any) -> None:
    closed: dict[str, Any] = {}

    class Socket:
        async def close(self, **how: Any) -> None:
            closed.update(how)

    error = WebSocketRequestValidationError([{"input": rejected}])
    await websocket_request_validation_exception_handler(Socket(), error)
    assert closed == {"code": 1008, "reason": [{"input": shown}]}
