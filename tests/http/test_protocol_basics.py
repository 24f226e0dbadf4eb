"""The HTTP door on real sockets: framing, keep-alive, pipelining, refusals (RFC 9112, RFC 9110)."""

import asyncio
import contextvars
import json
import socket
import sys
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.responses import PlainTextResponse, StreamingResponse

from fasterapi import BackgroundTasks, Body, Depends, FasterAPI, HTTPException, Request, Response
from tests.http.door import read_all, read_answer, serving, status_of, wait_until

VARIABLE = contextvars.ContextVar("VARIABLE", default="unset")


class Item(BaseModel):
    name: str
    size: int = 1


def make_app():
    app = FasterAPI()
    app.state.log = []
    log = app.state.log

    @app.get("/plaintext", response_class=PlainTextResponse)
    async def plaintext():
        return "Hello"

    @app.get("/json")
    async def json_():
        return {"ok": True}

    @app.get("/users/{user_id}")
    async def user(user_id: int):
        return user_id

    @app.post("/items")
    async def items(item: Item):
        return item

    @app.post("/echo")
    async def echo(request: Request):
        return Response(await request.body(), media_type="application/octet-stream")

    @app.post("/stream-in")
    async def stream_in(request: Request):
        size = 0
        async for piece in request.stream():
            size += len(piece)
        return {"size": size}

    @app.post("/ignore")
    async def ignore():
        return "ignored"

    @app.get("/slow")
    async def slow():
        await asyncio.sleep(0.02)
        return {"slow": True}

    @app.get("/sync")
    def sync():
        return {"sync": True}

    @app.get("/large")
    async def large(size: int):
        return Response(b"x" * size)

    @app.get("/stream-out")
    async def stream_out():
        async def pieces():
            for number in range(3):
                yield f"{number},"
                await asyncio.sleep(0)

        return StreamingResponse(pieces(), media_type="text/plain")

    @app.get("/empty", status_code=204)
    async def empty():
        return None

    @app.head("/json")
    async def head_json():
        return {"ok": True}

    @app.get("/context")
    async def context():
        before = VARIABLE.get()
        VARIABLE.set("set")
        return {"before": before, "task": asyncio.current_task() is not None}

    async def opened():
        log.append("open")
        yield "value"
        log.append("close")

    @app.get("/stacks")
    async def stacks(value: str = Depends(opened)):
        return value

    @app.get("/background")
    async def background(tasks: BackgroundTasks):
        tasks.add_task(log.append, "background")
        return "queued"

    @app.get("/teapot")
    async def teapot():
        raise HTTPException(418, "short and stout")

    @app.get("/broken")
    async def broken():
        raise RuntimeError("broken on purpose")

    @app.get("/exit")
    async def leave():
        raise SystemExit(3)

    @app.get("/bad-header")
    async def bad_header():
        return Response("x", headers={"x-split": "a\r\nSet-Cookie: b=c"})

    @app.get("/headers")
    async def headers(request: Request, response: Response):
        response.headers["x-own"] = "yes"
        return {
            "client": request.client.host,
            "url": str(request.url),
            "fields": [name.decode() for name, _ in request.scope["headers"]],
            "raw_path": request.scope["raw_path"].decode(),
        }

    @app.post("/numbers")
    async def numbers(numbers: list[int] = Body()):
        return sum(numbers)

    @app.get("/disconnect")
    async def disconnect(request: Request):
        log.append("waiting")
        while not await request.is_disconnected():
            await asyncio.sleep(0.005)
        log.append("gone")

    return app


@pytest.fixture(scope="module")
def door():
    app = make_app()
    with serving(app) as running:
        running.app = app
        running.log = app.state.log
        yield running


def request(path, method="GET", body=b"", *lines):
    fields = "".join(f"{line}\r\n" for line in lines)
    length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\n{length}{fields}\r\n".encode() + body


# --- ordinary requests -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/plaintext", 200, b"Hello"),
        ("/json", 200, b'{"ok":true}'),
        ("/users/42", 200, b"42"),
        ("/users/%34%32", 200, b"42"),
        ("/nope", 404, b'{"detail":"Not Found"}'),
        ("/slow", 200, b'{"slow":true}'),
        ("/sync", 200, b'{"sync":true}'),
        ("/stacks", 200, b'"value"'),
        ("/teapot", 418, b'{"detail":"short and stout"}'),
        ("/broken", 500, b"Internal Server Error"),
        ("/exit", 500, b"Internal Server Error"),
        ("/bad-header", 500, b"Internal Server Error"),
        ("/background", 200, b'"queued"'),
        ("http://other.example/json", 200, b'{"ok":true}'),
    ],
)
def test_answers(door, path, status, body):
    assert door.get(path) == (status, body)


def test_answer_has_common_fields_once(door):
    with door.connect() as client:
        client.sendall(request("/json"))
        head, _, _ = read_answer(client)
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
    assert sorted(names) == [b"content-length", b"content-type", b"date", b"server"]


def test_connection_is_kept(door):
    with door.connect() as client:
        for path in ("/json", "/slow", "/nope", "/sync", "/stacks", "/stacks", "/json"):
            client.sendall(request(path))
            head, _, rest = read_answer(client)
            assert b"connection: close" not in head
            assert rest == b""


def test_many_pipelined_requests_are_answered_in_order(door):
    sent = b"".join(
        request("/slow") if number % 7 == 3 else request("/items", "POST", body, JSON)
        for number in range(50)
        for body in [json.dumps({"name": "n", "size": number}).encode()]
    )
    with door.connect() as client:
        client.sendall(sent)
        rest = b""
        for number in range(50):
            _, body, rest = read_answer(client, rest)
            expected = {"slow": True} if number % 7 == 3 else {"name": "n", "size": number}
            assert json.loads(body) == expected


JSON = "Content-Type: application/json"


def test_bytes_may_come_one_at_a_time(door):
    sent = request("/items", "POST", b'{"name": "n"}', JSON) + request("/json")
    with door.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in sent:
            client.sendall(bytes([byte]))
        _, body, rest = read_answer(client)
        assert json.loads(body) == {"name": "n", "size": 1}
        assert read_answer(client, rest)[1] == b'{"ok":true}'


def test_half_closed_client_gets_all_answers(door):
    answer = door.ask(request("/slow") + request("/json"), half_close=True)
    assert answer.count(b"HTTP/1.1 200") == 2


def test_context_variables_do_not_leak_and_there_is_a_task(door):
    with door.connect() as client:
        for _ in range(3):
            client.sendall(request("/context"))
            body = read_answer(client)[1]
            assert json.loads(body) == {"before": "unset", "task": True}


def test_scope_shows_the_request(door):
    _, body = door.get("/headers?a=b%20c", "X-One:  1 ", "Cookie: c=d")
    seen = json.loads(body)
    assert seen["client"] == "127.0.0.1"
    assert seen["url"] == "http://a/headers?a=b%20c"
    assert seen["fields"] == ["host", "connection", "x-one", "cookie"]
    assert seen["raw_path"] == "/headers"


def test_dependency_is_closed_and_background_task_runs(door):
    door.log.clear()
    door.get("/stacks")
    door.get("/background")
    wait_until(lambda: len(door.log) == 3)
    assert door.log == ["open", "close", "background"]


# --- bodies ------------------------------------------------------------------------------------


def chunked(*pieces, end=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + end


@pytest.mark.parametrize("path", ["/echo", "/stream-in", "/ignore"])
def test_chunked_body_then_next_request(door, path):
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with door.connect() as client:
        client.sendall(head + chunked(b"abc", b"d" * 1000) + request("/json"))
        _, body, rest = read_answer(client)
        if path == "/echo":
            assert body == b"abc" + b"d" * 1000
        elif path == "/stream-in":
            assert body == b'{"size":1003}'
        assert read_answer(client, rest)[1] == b'{"ok":true}'


def test_trailers_do_not_become_headers(door):
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    end = b"0\r\nX-Trailer: 1\r\n\r\n"
    with door.connect() as client:
        client.sendall(head + chunked(b"abc", end=end) + request("/headers"))
        _, body, rest = read_answer(client)
        assert body == b"abc"
        assert "x-trailer" not in json.loads(read_answer(client, rest)[1])["fields"]


def test_large_body_is_streamed_to_the_handler(door):
    size = 9 * 1024 * 1024
    with door.connect() as client:
        client.sendall(
            f"POST /stream-in HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode()
        )
        for _ in range(9):
            client.sendall(b"x" * (1024 * 1024))
        assert json.loads(read_answer(client)[1]) == {"size": size}


def test_body_is_only_asked_for_when_it_is_wanted(door):
    with door.connect() as client:
        client.sendall(
            b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert read_answer(client)[1] == b"abc"


def test_final_answer_instead_of_continue_closes(door):
    answer = door.ask(
        b"POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    )
    assert status_of(answer) == 404
    assert b"connection: close" in answer


@pytest.mark.parametrize("size", [0, 1000, 65536, 65537, 3_000_000])
def test_large_answers(door, size):
    assert door.get(f"/large?size={size}") == (200, b"x" * size)


def test_streaming_answer_is_chunked(door):
    with door.connect() as client:
        client.sendall(request("/stream-out") + request("/json", "GET", b"", "Connection: close"))
        answer = read_all(client)
    assert b"transfer-encoding: chunked\r\n" in answer
    assert b"\r\n\r\n2\r\n0,\r\n2\r\n1,\r\n2\r\n2,\r\n0\r\n\r\nHTTP/1.1 200" in answer


def test_http_1_0_gets_no_chunks_and_is_closed(door):
    answer = door.ask(b"GET /stream-out HTTP/1.0\r\n\r\n")
    assert b"transfer-encoding" not in answer
    assert answer.endswith(b"\r\n\r\n0,1,2,")


@pytest.mark.parametrize("sent", [request("/json", "HEAD"), request("/empty")])
def test_answers_without_a_body_keep_the_framing(door, sent):
    with door.connect() as client:
        client.sendall(sent + request("/json", "GET", b"", "Connection: close"))
        answer = read_all(client)
    first, _, second = answer.partition(b"\r\n\r\n")
    assert second.startswith(b"HTTP/1.1 200")
    assert (b"content-length: 11" in first) == sent.startswith(b"HEAD")


# --- refusals ----------------------------------------------------------------------------------

HOST = b"Host: a\r\n"
REFUSED = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "bad host": (b"GET / HTTP/1.1\r\nHost: a/b?x=\r\n\r\n", 400),
    "http 0.9": (b"GET /\r\n\r\n", 400),
    "http 2": (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    "connect": (b"CONNECT a:80 HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "fragment": (b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "bare lf": (b"GET / HTTP/1.1\n" + HOST + b"\r\n", 400),
    "fold": (b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400),
    "space before colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "nul": (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
    "long line": (b"GET /" + b"a" * 9000, 414),
    "long header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 9000, 431),
    "many headers": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 100 + b"\r\n", 431),
    "length and chunks": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two lengths": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        400,
    ),
    "unknown coding": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        400,
    ),
    "chunks in 1.0": (b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "bad chunk": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n",
        400,
    ),
    "bad later chunk": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd",
        400,
    ),
    "body too large": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999\r\n\r\n",
        413,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("split", [0, 1])
def test_refusal_closes_and_leaves_earlier_answers_alone(door, name, split):
    sent, status = REFUSED[name]
    with door.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (
            [request("/slow") + sent] if not split else [request("/slow"), sent[:-1], sent[-1:]]
        ):
            try:
                client.sendall(piece)
            except OSError:
                break
        answer = read_all(client)
    assert status_of(answer) == 200
    assert b'{"slow":true}' in answer
    refusal = answer.partition(b'{"slow":true}')[2]
    assert status_of(refusal) == status
    assert b"connection: close" in refusal
    assert door.get() == (200, b"Hello")


def test_upgrade_that_is_ignored_keeps_body_and_connection(door):
    with door.connect() as client:
        client.sendall(
            request("/echo", "POST", b"abc", "Connection: upgrade", "Upgrade: h2c")
            + request("/json")
        )
        _, body, rest = read_answer(client)
        assert body == b"abc"
        assert read_answer(client, rest)[1] == b'{"ok":true}'


def test_handler_learns_that_the_client_is_gone(door):
    door.log.clear()
    with door.connect() as client:
        client.sendall(request("/disconnect"))
        wait_until(lambda: door.log == ["waiting"])
    wait_until(lambda: door.log == ["waiting", "gone"])


# --- other people's applications ---------------------------------------------------------------


async def raw_app(scope: dict[str, Any], receive, send):
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    path = scope["path"]
    if path == "/nothing":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"b")]})
    if path == "/unfinished":
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        return
    if path == "/early":
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": body or b"raw"})


def test_any_asgi_application_can_be_hosted():
    with serving(raw_app) as door, door.connect() as client:
        for path, method, body in [("/", "GET", b""), ("/early", "POST", b"posted")]:
            client.sendall(request(path, method, body))
            if path == "/early":
                break
            assert read_answer(client)[1] == b"raw"
        assert b"posted" in client.recv(10000) + client.recv(10000)
        assert status_of(door.ask(request("/nothing"))) == 500
        assert door.ask(request("/unfinished")).endswith(b"4\r\npart\r\n")


def test_asyncio_loop_serves_as_well():
    with serving(make_app(), loop_factory=asyncio.new_event_loop) as door:
        assert door.get("/json") == (200, b'{"ok":true}')
        assert door.get("/slow") == (200, b'{"slow":true}')


# --- limits in time and number -----------------------------------------------------------------


def test_slow_heads_and_bodies_are_refused():
    limits = {"header_timeout": 0.4, "body_timeout": 0.4}
    with serving(make_app(), limits=limits, timeout_keep_alive=1) as door:
        assert status_of(door.ask(b"GET / HTTP/1.1\r\nHos")) == 408
        assert (
            status_of(door.ask(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1"))
            == 408
        )
        answer = door.ask(request("/json"))  # closed when it has been idle
        assert status_of(answer) == 200


def test_too_many_requests_at_once_get_503():
    with serving(make_app(), limits={"connections": 2}) as door:
        with door.connect(), door.connect():
            wait_until(lambda: len(door.server.server_state.connections) == 2)
            answer = door.ask(request("/json"))
            assert status_of(answer) == 503
            assert b"retry-after: 1\r\n" in answer
        wait_until(lambda: not door.server.server_state.connections)
        assert door.get("/json")[0] == 200


def test_client_that_never_reads_is_dropped():
    with serving(make_app(), limits={"write_timeout": 0.4}) as door, door.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(request("/large?size=9000000"))
        wait_until(lambda: len(door.server.server_state.connections) == 1)
        wait_until(lambda: not door.server.server_state.connections)


def test_pipelined_requests_that_are_never_read_do_not_pile_up():
    with serving(make_app()) as door, door.connect(timeout=0.5) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent = 0
        flood = request("/large?size=10000") * 2000
        try:
            while sent < 100:
                client.sendall(flood)
                sent += 1
        except TimeoutError:
            pass
        assert sent < 100


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no eager tasks")
def test_handler_that_does_not_wait_needs_no_turn_of_the_loop():
    app = FasterAPI()
    turns = []

    @app.get("/")
    async def root():
        asyncio.get_running_loop().call_soon(turns.append, "turn")
        turns.append("handler")

    with serving(app) as door:
        with door.connect() as client:
            client.sendall(request("/") * 3)
            read_all_answers(client, 3)
        assert turns[:3] == ["handler"] * 3


def read_all_answers(client, count):
    rest = b""
    for _ in range(count):
        _, _, rest = read_answer(client, rest)


@pytest.mark.parametrize("cut", [0, 1, 7])
def test_model_in_the_body_may_come_after_the_head_and_in_pieces(door, cut):
    """The plan reads the body itself; the head alone starts it."""
    body = b'{"name": "cup", "size": 2}'
    sent = request("/items", "POST", body, JSON)
    with door.connect() as client:
        client.sendall(sent[: len(sent) - len(body) + cut])
        assert door.get("/json")[0] == 200  # by then the server has read the first part
        client.sendall(body[cut:])
        _, answer, _ = read_answer(client)
        assert json.loads(answer) == {"name": "cup", "size": 2}
