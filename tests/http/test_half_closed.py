"""A client that has sent its last byte still gets every answer (RFC 9112 section 9.6).

The end may come at any moment: before a handler has begun, while it waits, between one answer
and the next request that was read with it, while the client reads slowly.
"""

import asyncio

import pytest

from fasterapi.server import HttpProtocol
from tests.http.raw.answers import read_answers
from tests.http.raw.app import app
from tests.http.raw.case import chunked, get, post
from tests.http.wire import Desk, Wire

SLOW, PLAIN, LARGE = get(target="/slow"), get(target="/plaintext"), get(target="/large")
BODY = post("Content-Length: 3", body=b"abc")
CHUNKS = chunked(b"3\r\nabc\r\n0\r\n\r\n")
MOMENTS = range(40)


def statuses_of(wire):
    answers, rest = read_answers(bytes(wire.out), ended=wire.is_closed)
    assert rest == b""
    return [answer.status for answer in answers]


async def send(moment, *pieces):
    """Return a connection whose client ends its side some turns of the loop after *pieces*."""
    desk = Desk(app, HttpProtocol)
    wire = Wire(HttpProtocol, desk.config, desk.state)
    for piece in pieces:
        wire.feed(piece)
    for _ in range(moment):
        await asyncio.sleep(0)
    wire.half_close()
    await wire.settle()
    assert wire.is_closed
    assert desk.state.tasks == set()
    return wire


@pytest.mark.parametrize(
    "pieces",
    [(SLOW + PLAIN + SLOW + PLAIN,), (SLOW, PLAIN, SLOW + PLAIN), (BODY + SLOW, BODY + CHUNKS)],
    ids=["in one piece", "in three pieces", "with bodies"],
)
def test_every_request_is_answered_whenever_the_end_comes(pieces):
    for moment in MOMENTS:
        wire = asyncio.run(send(moment, *pieces))
        assert statuses_of(wire) == [200] * 4, f"end after {moment} turns"


@pytest.mark.parametrize(
    "cut", [PLAIN[:7], PLAIN[:-1], BODY[:-1], CHUNKS[:-1]], ids=["line", "head", "body", "chunks"]
)
def test_half_a_request_ends_with_the_connection(cut):
    """What is left of it will never come: nobody waits for that."""
    for moment in MOMENTS:
        wire = asyncio.run(send(moment, SLOW + PLAIN + cut))
        assert statuses_of(wire) == [200] * 2, f"end after {moment} turns"


def test_answers_wait_for_a_client_that_reads_slowly():
    async def run():
        desk = Desk(app, HttpProtocol)
        wire = Wire(HttpProtocol, desk.config, desk.state)
        wire.protocol.pause_writing()
        wire.feed(SLOW + PLAIN)
        await wire.settle()
        assert not wire.is_closed
        wire.half_close()
        await wire.settle()
        assert not wire.is_closed
        wire.protocol.resume_writing()
        await wire.settle()
        assert statuses_of(wire) == [200] * 2
        assert wire.is_closed

    asyncio.run(run())


def test_stream_that_goes_on_reaches_a_half_closed_client():
    for moment in range(12):
        wire = asyncio.run(send(moment, get(target="/stream?count=6") + PLAIN))
        answers, _ = read_answers(bytes(wire.out))
        assert [len(answer.body) for answer in answers] == [30, 5], f"end after {moment} turns"


async def talk(app, act):
    """Return a wire whose client has half closed, after *act* with it."""
    desk = Desk(app, HttpProtocol, interface="asgi3")
    wire = Wire(HttpProtocol, desk.config, desk.state)
    wire.feed(get())
    wire.half_close()
    await wire.settle()
    await act(wire)
    await wire.settle()
    return wire


def test_stream_may_be_silent_for_as_long_as_it_likes():
    """A byte that means nothing finds out that the client is there, and the stream goes on."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await receive()
        gone = asyncio.ensure_future(receive())
        await asyncio.wait([gone, word], return_when="FIRST_COMPLETED")
        heard.append(gone.done())
        gone.cancel()
        for data in (b"two", b"three"):
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body"})

    async def wait_long(wire):
        for _ in range(5000):
            wire.protocol.look_for_life()
        word.set_result(None)

    async def run():
        nonlocal word
        word = asyncio.get_running_loop().create_future()
        return await talk(app, wait_long)

    word, heard = None, []
    wire = asyncio.run(run())
    answers, rest = read_answers(bytes(wire.out), ended=wire.is_closed)
    assert [answer.body for answer in answers] == [b"onetwothree"]
    assert rest == b""
    assert heard == [False]
    assert bytes(wire.out).count(b"\r\n" + b"0" * 11 + b"3\r\ntwo") == 1  # few enough digits


@pytest.mark.parametrize("fields", [[(b"content-length", b"6")], None], ids=["length", "no head"])
def test_where_no_byte_may_be_sent_silence_is_the_end(fields):
    async def app(scope, receive, send):
        if fields is not None:
            await send({"type": "http.response.start", "status": 200, "headers": fields})
            await send({"type": "http.response.body", "body": b"one", "more_body": True})
        while (message := await receive())["type"] == "http.request":
            pass
        heard.append(message["type"])

    async def wait(wire):
        wire.protocol.look_for_life()
        wire.protocol.look_for_life()

    heard = []
    asyncio.run(talk(app, wait))
    assert heard == ["http.disconnect"]


def test_program_that_only_waits_learns_that_nobody_does():
    async def app(scope, receive, send):
        while (message := await receive())["type"] == "http.request":
            pass
        heard.append(message["type"])

    async def run():
        desk = Desk(app, HttpProtocol, interface="asgi3")
        wire = Wire(HttpProtocol, desk.config, desk.state)
        wire.feed(get())
        wire.half_close()
        assert not wire.is_closed
        await asyncio.wait(desk.state.tasks)

    heard = []
    asyncio.run(run())
    assert heard == ["http.disconnect"]
