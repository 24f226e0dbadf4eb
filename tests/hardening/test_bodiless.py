"""Answers whose status or method allows no body (RFC 9110 sections 6.4.1, 9.3.2, 15)."""

import logging
from typing import Any

import pytest
from starlette.responses import Response as StarletteResponse

from fasterapi import FastAPI, Response
from fasterapi.responses import FileResponse, JSONResponse, StreamingResponse
from tests.hardening.doors import answering_app, ask, make_app

BODILESS = [204, 205, 304]


@pytest.mark.parametrize("status", BODILESS)
@pytest.mark.parametrize("with_function_middleware", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        lambda status: StarletteResponse("body", status, headers={"content-length": "4"}),
        lambda status: JSONResponse({"a": 1}, status),
        lambda status: StreamingResponse(iter([b"bo", b"dy"]), status),
        lambda status: FileResponse(__file__, status),
    ],
    ids=["plain", "json", "stream", "file"],
)
def test_status_without_body_has_none(
    door: str,
    status: int,
    make: Any,
    with_function_middleware: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = answering_app(
        lambda response, request: make(status),
        door=door,
        with_function_middleware=with_function_middleware,
    )
    with caplog.at_level(logging.WARNING):
        answer = ask(app, "/")
    assert (answer.status, answer.body, answer.error) == (status, b"", None)
    assert answer.header("content-length") == ("0" if status == 205 else None)
    assert answer.messages[-1].get("more_body", False) is False
    assert "body dropped" in caplog.text


@pytest.mark.parametrize("status", BODILESS)
def test_declared_status_without_body_has_none(door: str, status: int) -> None:
    def build(app: FastAPI) -> None:
        @app.get("/", status_code=status)
        async def endpoint() -> None:
            return None

        @app.get("/later")
        async def later(response: Response) -> dict[str, int]:
            response.status_code = status
            return {"a": 1}

    app = make_app(door, build)
    for path in ("/", "/later"):
        answer = ask(app, path)
        assert (answer.status, answer.body, answer.error) == (status, b"", None)
        assert answer.header("content-length") in (None, "0")


def test_empty_answers_are_not_warned_about(door: str, caplog: pytest.LogCaptureFixture) -> None:
    app = answering_app(lambda response, request: StarletteResponse(status_code=204), door=door)
    assert ask(app, "/").status == 204
    assert caplog.text == ""


def test_head_has_the_length_of_get(door: str) -> None:
    def build(app: FastAPI) -> None:
        @app.api_route("/", methods=["GET", "HEAD"])
        async def endpoint() -> dict[str, int]:
            return {"a": 1}

    app = make_app(door, build)
    assert ask(app, "/", method="HEAD").headers == ask(app, "/").headers
