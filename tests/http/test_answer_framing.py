"""Answers whose own fields or body contradict each other never leave as they are (RFC 9112 6)."""

import asyncio
import logging

import pytest

from fasterapi import FasterAPI, Response
from fasterapi.server import HttpProtocol
from tests.http.raw.answers import read_answers
from tests.http.raw.case import chunked, get, post
from tests.http.wire import Desk, Wire

LENGTH, OTHER = (b"content-length", b"3"), (b"Content-Length", b"4")
CHUNKED, GZIP = (b"transfer-encoding", b"chunked"), (b"Transfer-Encoding", b"gzip")


def hosted(status, fields):
    """Return an ASGI application that sends these fields and three bytes."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": b"abc"})

    return app


def own(status, fields):
    """Return a program of ours that answers with them."""
    app = FasterAPI()

    @app.get("/echo")
    async def answer():
        response = Response(b"abc", status_code=status)
        response.raw_headers[:] = fields
        return response

    return app


def answers_of(app):
    async def run():
        desk = Desk(app, HttpProtocol, lifespan="off")
        return await desk.send(get())

    out, is_closed = asyncio.run(run())
    answers, rest = read_answers(out, ended=is_closed)
    assert rest == b""
    return [(answer.status, answer.body) for answer in answers], is_closed


@pytest.mark.parametrize("make", [hosted, own])
@pytest.mark.parametrize(
    "fields",
    [[], [LENGTH], [CHUNKED], [GZIP], [LENGTH, CHUNKED], [CHUNKED, LENGTH], [GZIP, LENGTH],
     [LENGTH, GZIP], [GZIP, CHUNKED]],
)  # fmt: skip
def test_answer_is_framed_once(make, fields):
    assert answers_of(make(200, fields)) == ([(200, b"abc")], False)


@pytest.mark.parametrize("make", [hosted, own])
@pytest.mark.parametrize(
    "fields",
    [[LENGTH, OTHER], [LENGTH, LENGTH], [OTHER], [(b"content-length", b"2")],
     [(b"content-length", b"-3")]],
)  # fmt: skip
def test_wrong_length_is_an_error(make, fields, caplog):
    caplog.set_level(logging.CRITICAL)
    answers, _ = answers_of(make(200, fields))
    assert [status for status, _ in answers] == [500]


@pytest.mark.parametrize("make", [hosted, own])
@pytest.mark.parametrize("status", [600, 999])
def test_any_status_of_three_digits_is_sent(make, status):
    """The registry ends at 599 (RFC 9110 section 15), programs do not."""
    assert answers_of(make(status, [LENGTH])) == ([(status, b"abc")], False)


@pytest.mark.parametrize("make", [hosted, own])
@pytest.mark.parametrize("value", [b" 3", b"3\t", b"03"])
def test_blanks_around_a_length_mean_nothing(make, value):
    assert answers_of(make(200, [(b"content-length", value)])) == ([(200, b"abc")], False)


@pytest.mark.parametrize(
    ("value", "closes"),
    [(b"close", True), (b"x, Close", True), (b"closed", False), (b"not-close", False)],
)
def test_connection_of_the_application_is_a_list(value, closes):
    fields = [LENGTH, (b"connection", value)]
    assert answers_of(hosted(200, fields)) == ([(200, b"abc")], closes)


START = {"type": "http.response.start", "status": 200, "headers": [LENGTH]}
OPEN = {"type": "http.response.start", "status": 200, "headers": []}


def sending(*messages):
    """Return an ASGI application that sends these, or raises those that are exceptions."""

    async def app(scope, receive, send):
        for message in messages:
            if isinstance(message, Exception):
                raise message
            await send(message)

    return app


def body(data):
    return {"type": "http.response.body", "body": data}


@pytest.mark.parametrize(
    "messages",
    [[START], [OPEN], [START, RuntimeError()], [OPEN, RuntimeError()], [OPEN, OPEN],
     [OPEN, body("text")], [OPEN, body(3)], [OPEN, body([3])]],
    ids=["ends", "ends without a length", "fails", "fails without a length", "begins twice",
         "text", "number", "list"],
)  # fmt: skip
def test_program_that_stops_before_its_body_is_answered_for(messages, caplog):
    """Its head has not gone out yet, and what the client gets is what the log says."""
    caplog.set_level(logging.INFO, "uvicorn.access")

    async def run():
        desk = Desk(sending(*messages), HttpProtocol, interface="asgi3", access_log=True)
        return await desk.send(get())

    out, is_closed = asyncio.run(run())
    answers, rest = read_answers(out, ended=is_closed)
    assert [(answer.status, answer.body) for answer in answers] == [(500, b"Internal Server Error")]
    assert rest == b""
    assert is_closed
    access = [line.getMessage() for line in caplog.records if line.name == "uvicorn.access"]
    assert [line[-3:] for line in access] == ["500"]
    assert [line.levelname for line in caplog.records if line.name == "uvicorn.error"] == ["ERROR"]


@pytest.mark.parametrize("data", [None, bytearray(b""), memoryview(b"")])
def test_body_may_be_anything_that_is_empty(data):
    assert answers_of(sending(OPEN, body(data))) == ([(200, b"")], False)


@pytest.mark.parametrize("make", [hosted, own])
@pytest.mark.parametrize("fields", [[], [LENGTH], [CHUNKED], [LENGTH, GZIP]])
@pytest.mark.parametrize("status", [204, 205, 304])
def test_status_without_a_body_has_none(make, fields, status, caplog):
    caplog.set_level(logging.CRITICAL)
    assert answers_of(make(status, fields)) == ([(status, b"")], False)


@pytest.mark.parametrize(
    "rest", [b"x\r\n", b"3\r\nabcX", b"0\r\n bad"], ids=["size", "end", "trailer"]
)
def test_bad_body_of_an_answered_request_gets_no_second_answer(rest, caplog):
    """A client that pipelines would take it for the answer to its next request."""
    caplog.set_level(logging.CRITICAL)

    async def run():
        desk = Desk(hosted(200, [LENGTH]), HttpProtocol, interface="asgi3", lifespan="off")
        wire = Wire(HttpProtocol, desk.config, desk.state)
        wire.feed(chunked(b""))
        await wire.settle()
        wire.feed(rest)
        await wire.settle()
        return bytes(wire.out), wire.is_closed

    out, is_closed = asyncio.run(run())
    answers, _ = read_answers(out, ended=True)
    assert [answer.status for answer in answers] == [200]
    assert is_closed


def test_body_over_the_limit_is_refused_once(caplog):
    caplog.set_level(logging.CRITICAL)

    async def run():
        desk = Desk(hosted(200, [LENGTH]), HttpProtocol, interface="asgi3", lifespan="off")
        return await desk.send(post("Content-Length: 10485761"), b"x" * 1000)

    out, is_closed = asyncio.run(run())
    answers, _ = read_answers(out, ended=True)
    assert [answer.status for answer in answers] == [413]
    assert is_closed
