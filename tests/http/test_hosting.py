"""What hosted applications see of the door: awaitables, disconnects, the log, the counters."""

import asyncio
import logging

import pytest

from fasterapi import FasterAPI
from fasterapi._speedups.http_authority import is_valid_host
from tests.http.door import read_answer, serving, status_of, wait_until

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def answer(send, body=b"raw"):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def test_receive_and_send_may_run_in_tasks_of_their_own():
    async def app(_scope, receive, send):
        message = await asyncio.create_task(receive())
        fields = [(b"content-length", b"4")]
        start = {"type": "http.response.start", "status": 200, "headers": fields}
        await asyncio.wait_for(send(start), 5)
        body = message["body"] or b"none"
        await asyncio.gather(send({"type": "http.response.body", "body": body}))

    with serving(app) as door, door.connect() as client:
        client.sendall(GET)
        assert read_answer(client)[1] == b"none"


def test_several_wait_for_the_disconnect():
    seen = []

    async def app(_scope, receive, _send):
        await receive()
        messages = await asyncio.gather(receive(), receive())
        seen.extend(message["type"] for message in messages)

    with serving(app) as door:
        with door.connect() as client:
            client.sendall(GET)
            wait_until(lambda: door.server.server_state.tasks)
        wait_until(lambda: seen == ["http.disconnect"] * 2)


def test_requests_are_counted_for_recycling():
    async def app(_scope, _receive, send):
        await answer(send)

    with serving(app) as door:
        for _ in range(3):
            door.ask(GET, half_close=True)
        wait_until(lambda: door.server.server_state.total_requests == 3)


def test_access_log_shows_client_target_and_status(caplog):
    caplog.set_level(logging.INFO, "uvicorn.access")
    app = FasterAPI()
    with serving(app) as door:
        door.ask(
            b"GET /a%0ab?c=d HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n",
            half_close=True,
        )
        wait_until(lambda: [r for r in caplog.records if r.name == "uvicorn.access"])
    lines = [r.getMessage() for r in caplog.records if r.name == "uvicorn.access"]
    assert lines == ['192.0.2.7:0 - "GET /a%0Ab?c=d HTTP/1.1" 404']


def test_request_that_is_cancelled_gets_503():
    async def app(_scope, _receive, _send):
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    with serving(app) as door:
        assert status_of(door.ask(GET)) == 503


def test_stop_answers_what_was_accepted_and_closes_idle_connections():
    app = FasterAPI()
    seen = []

    @app.get("/")
    async def slow():
        seen.append("begun")
        while not door.server.should_exit:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.2)
        return "done"

    with serving(app) as door, door.connect() as busy, door.connect() as idle:
        busy.sendall(GET)
        wait_until(lambda: seen)
        door.server.should_exit = True
        head, body, _ = read_answer(busy)
        assert body == b'"done"'
        assert b"connection: close" in head
        assert busy.recv(10) == b""
        assert idle.recv(10) == b""


@pytest.mark.parametrize(
    ("value", "is_valid"),
    [
        (b"", True), (b"a", True), (b"a.example:80", True), (b"a:", True), (b"[::1]", True),
        (b"[::1]:65535", True), (b"a%41", True), (b"a_b~!", True), (b"127.0.0.1", True),
        (b"a:65536", False), (b"a:8x", False), (b"a b", False), (b"a/b", False), (b"[::1", False),
        (b"[::1%eth0]", False), (b"[1:2]", False), (b"u@a", False), (b"a%4", False),
        (b"a,b", True), (b"a?b", False), (b"\xc3\xa4", False), (b"[::1]x", False),
    ],
)  # fmt: skip
def test_host_is_judged_by_rfc_3986(value, is_valid):
    assert is_valid_host(value) is is_valid
