"""ASGI extensions of answers: trailers (RFC 9112 section 7.1.2) and early hints (RFC 8297)."""

import asyncio
import logging

import pytest

from fasterapi import FasterAPI
from fasterapi.server import HttpProtocol
from tests.http.raw.case import get, request
from tests.http.wire import Desk

START = {"type": "http.response.start", "status": 200, "headers": [], "trailers": True}
LENGTH = {**START, "headers": [(b"content-length", b"3")]}
BODY = {"type": "http.response.body", "body": b"abc"}
MORE = {**BODY, "more_body": True}
TRAILERS = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]}
FIRST = {**TRAILERS, "headers": [(b"x-a", b"2")], "more_trailers": True}


def answer_of(*messages, asked=None, app=None):
    """Return what a client gets of an application that sends *messages*, and whether it closed."""

    async def send_all(scope, receive, send):
        assert scope["extensions"]["http.response.trailers"] == {}
        for message in messages:
            await send(message)

    async def run():
        desk = Desk(app or send_all, HttpProtocol, interface="asgi3")
        desk.config.server_header = desk.config.date_header = False
        return await desk.send(asked or get())

    return asyncio.run(run())


CHUNKS = b"transfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ((START, BODY, TRAILERS), b"3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n"),
        ((START, MORE, BODY, TRAILERS), b"3\r\nabc\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n"),
        ((START, BODY, FIRST, TRAILERS), b"3\r\nabc\r\n0\r\nx-a: 2\r\nx-sum: 1\r\n\r\n"),
        ((START, {**BODY, "body": b""}, TRAILERS), b"0\r\nx-sum: 1\r\n\r\n"),
        ((START, BODY, {**TRAILERS, "headers": []}), b"3\r\nabc\r\n0\r\n\r\n"),
    ],
    ids=["one", "after two pieces", "two messages", "no body", "none after all"],
)
def test_trailers_follow_the_last_chunk(messages, body):
    out, is_closed = answer_of(*messages)
    assert out.partition(CHUNKS)[2] == body
    assert not is_closed


@pytest.mark.parametrize(
    ("messages", "asked", "end"),
    [
        ((LENGTH, BODY, TRAILERS), get(), b"content-length: 3\r\n\r\nabc"),
        ((START, BODY, TRAILERS), get(version="HTTP/1.0"), b"\r\n\r\nabc"),
        ((START, BODY, TRAILERS), request("HEAD", "/"), b"\r\n\r\n"),
        (({**START, "status": 204}, {**BODY, "body": b""}, TRAILERS), get(), b"\r\n\r\n"),
    ],
    ids=["length", "1.0", "HEAD", "204"],
)
def test_trailers_are_dropped_where_they_have_no_place(messages, asked, end):
    out, is_closed = answer_of(*messages, asked=asked)
    assert out.endswith(end)
    assert b"x-sum" not in out
    assert b"0\r\n" not in out.partition(b"\r\n\r\n")[2]
    assert is_closed == (b"HTTP/1.0" in asked)


@pytest.mark.parametrize(
    "messages",
    [
        (START, BODY),
        (START, BODY, BODY),
        (START, BODY, {**TRAILERS, "headers": [(b"x", b"a\r\nb")]}),
        (START, BODY, {**TRAILERS, "headers": [(b"Content-Length", b"1")]}),
        (START, BODY, {**TRAILERS, "headers": [(b"transfer-encoding", b"chunked")]}),
        (LENGTH, {**BODY, "body": b"ab"}, TRAILERS),
    ],
    ids=["missing", "body instead", "line end", "length", "coding", "short body"],
)
def test_answer_with_wrong_trailers_is_cut_off(messages, caplog):
    caplog.set_level(logging.CRITICAL)
    out, is_closed = answer_of(*messages)
    assert is_closed
    assert b"0\r\n" not in out.partition(b"\r\n\r\n")[2]


def test_application_of_ours_passes_trailers_on():
    app = FasterAPI()

    async def inner(scope, receive, send):
        for message in (START, BODY, TRAILERS):
            await send(message)

    app.mount("/echo", inner)
    out, is_closed = answer_of(app=app, asked=get(target="/echo/"))
    assert out.endswith(b"3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n")
    assert not is_closed


HINT = {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload", b"</b.js>"]}
PLAIN = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]}


def test_early_hints_come_before_the_answer():
    out, _ = answer_of(HINT, HINT, PLAIN, BODY)
    hint = b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\nlink: </b.js>\r\n\r\n"
    assert out == hint * 2 + b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc"


def test_old_clients_get_no_early_hints():
    out, _ = answer_of(HINT, PLAIN, BODY, asked=get(version="HTTP/1.0"))
    assert out.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"103" not in out
