"""Native routes through the HTTP door: the bytes of ordinary routes, and nothing upset by them."""

import asyncio
import logging
import re
import sys
from contextlib import contextmanager

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from fasterapi import FastAPI, Response
from fasterapi._speedups.http_limits import Limits
from fasterapi.native import FrozenRoute
from fasterapi.responses import PlainTextResponse
from fasterapi.server.protocol import HttpProtocol
from fasterapi.testclient import TestClient
from tests.http.wire import Desk

HOST = b"Host: a\r\n"


def request(path="/n", *, method="GET", fields=b"", body=b"", version="1.1"):
    return f"{method} {path} HTTP/{version}\r\n".encode() + HOST + fields + b"\r\n" + body


def written(app, *pieces, limits=None, **options):
    """Return what the server writes, the Date taken out, and whether it closed."""

    async def run():
        desk = Desk(app, HttpProtocol, **options)
        desk.config.http_limits = Limits(**(limits or {}))
        return await desk.send(*pieces)

    with straight():
        data, is_closed = asyncio.run(run())
    return re.sub(rb"date: [^\r]*\r\n", b"", data), is_closed


@contextmanager
def straight():
    """Have requests enter by plans, as they do where OpenTelemetry is not imported."""
    hidden = sys.modules.pop("opentelemetry", None)
    try:
        yield
    finally:
        if hidden is not None:
            sys.modules["opentelemetry"] = hidden


def test_requests_make_no_task_and_no_scope(monkeypatch):
    """Native answers do not pass the route's handler: the kept bytes are all there is."""
    native, _ = twins(lambda: 1)

    async def fail(*_):
        raise AssertionError("the way of ordinary requests")

    with straight():
        answer = written(native, request())
        for route in native.routes[-4:]:
            if route.path == "/n":
                monkeypatch.setattr(route, "app", fail)
                monkeypatch.setattr(route, "_own_app", fail)
        monkeypatch.setattr(FrozenRoute, "serve", fail)
        assert written(native, request()) == answer


def twins(make, **options):
    """Return two applications: *make* native, with the first request made, and ordinary."""
    native, ordinary = FastAPI(), FastAPI()

    async def endpoint():
        return make()

    native.get("/n", handler_type="native", **options)(endpoint)
    ordinary.get("/n", **options)(endpoint)
    for app in (native, ordinary):
        app.post("/echo")(echo)
        app.get("/other")(other)
    assert TestClient(native).get("/n").status_code
    return native, ordinary


async def echo(data: dict[str, int]):
    return data


async def other():
    return "other"


def untagged(data):
    """Return *data* without what only native answers have."""
    return re.sub(rb"(etag|vary): [^\r]*\r\n", b"", data)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
LINES = st.sampled_from(
    (
        *(b"", b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Cookie: a=b\r\n"),
        *(b"Accept-Encoding: br;q=x, ,\r\n", b'If-None-Match: "a", W/"b", c\r\n'),
        *(b"Content-Length: 3\r\n", b"Expect: 100-continue\r\n"),
        *(b"Transfer-Encoding: chunked\r\n", b"X-Forwarded-For: 1.2.3.4\r\n"),
    )
)


@settings(max_examples=60, deadline=None)
@given(
    value=JSON,
    status=st.sampled_from([None, 200, 201, 203, 404, 503]),
    lines=st.lists(LINES, max_size=2, unique=True),
    version=st.sampled_from(["1.1", "1.0"]),
    path=st.sampled_from(["/n", "/n?a=1", "/n/", "/%6e"]),
    method=st.sampled_from(["GET", "POST", "OPTIONS"]),
)
def test_answer_is_that_of_the_ordinary_route(value, status, lines, version, path, method):
    native, ordinary = twins(lambda: value, status_code=status)
    piece = request(path, method=method, fields=b"".join(lines), body=b"abc", version=version)
    ours, theirs = written(native, piece, piece), written(ordinary, piece, piece)
    assert (untagged(ours[0]), ours[1]) == theirs


@settings(max_examples=30, deadline=None)
@given(value=JSON, status=st.sampled_from([200, 201, 404]))
def test_answer_is_the_same_at_both_doors(value, status):
    native, _ = twins(lambda: value, status_code=status)
    answer = TestClient(native).get("/n")
    head, _, body = written(native, request())[0].partition(b"\r\n\r\n")
    fields = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
    at_asgi_door = [[name, field] for name, field in answer.headers.raw]
    assert [field for field in fields if field[0] != b"server"] == at_asgi_door
    assert body == answer.content


@pytest.mark.parametrize("status", [204, 304, 205])
def test_answers_without_content(status):
    native, ordinary = twins(lambda: Response(status_code=status))
    assert written(native, request()) == written(ordinary, request())


def test_long_answers():
    """Over what is copied behind the head."""
    native, ordinary = twins(lambda: PlainTextResponse("x" * 200_000))
    piece = request(fields=b"Accept-Encoding: identity\r\n")
    assert untagged(written(native, piece * 2)[0]) == written(ordinary, piece * 2)[0]


def test_head_and_not_modified():
    native, _ = twins(lambda: {"a": 1})
    whole = written(native, request())[0]
    head, _, _ = whole.partition(b"\r\n\r\n")
    assert written(native, request(method="HEAD"))[0] == head + b"\r\n\r\n"
    tag = re.search(rb"etag: (.*?)\r\n", whole + b"\r\n")[1]
    many = b", ".join(b'W/"%d"' % n for n in range(500)) + b", " + tag
    for field in (tag, b"W/" + tag, b"*", b'"x", ' + tag, many):
        data, is_closed = written(native, request(fields=b"If-None-Match: " + field + b"\r\n"))
        assert data.startswith(b"HTTP/1.1 304 Not Modified\r\n")
        assert b"content-length" not in data
        assert not is_closed


def test_codings_at_the_door():
    native, _ = twins(lambda: list(range(2000)))
    for accepted, coding in ((b"gzip", b"gzip"), (b"gzip;q=0, *;q=0", None), (b"q=;,;", None)):
        field = b"Accept-Encoding: " + accepted + b"\r\n"
        data = written(native, request(fields=field))[0]
        found = re.search(rb"content-encoding: (.*?)\r\n", data)
        assert (found and found[1]) == coding
        assert b"vary: Accept-Encoding\r\n" in data


def test_pipelining_with_ordinary_routes():
    native, ordinary = twins(lambda: {"a": 1})
    pieces = [
        request(),
        request("/other"),
        request(fields=b"Content-Length: 5\r\n", body=b"hello"),
        request("/echo", method="POST", body=b'{"a":1}').replace(
            HOST, HOST + b"Content-Type: application/json\r\nContent-Length: 7\r\n"
        ),
        request("/nothing"),
        request(fields=b"Transfer-Encoding: chunked\r\n", body=b"3\r\nabc\r\n0\r\n\r\n"),
        request(fields=b"Connection: close\r\n"),
        request(),
    ]
    stream = b"".join(pieces)
    expected = written(ordinary, stream)
    assert expected[0].count(b"HTTP/1.1") == 7
    ours = written(native, stream)
    assert (untagged(ours[0]), ours[1]) == expected
    bytewise = written(native, *(stream[i : i + 1] for i in range(len(stream))))
    assert bytewise == ours


def test_limits_hold():
    native, ordinary = twins(lambda: {"a": 1})
    for limits, piece in (
        ({"keep_alive_requests": 2}, request() * 3),
        ({"body": 2}, request(fields=b"Content-Length: 5\r\n", body=b"hello")),
        ({"header_block": 200}, request(fields=b"X: " + b"x" * 300 + b"\r\n")),
    ):
        ours = written(native, piece, limits=limits)
        assert (untagged(ours[0]), ours[1]) == written(ordinary, piece, limits=limits)


def test_a_large_body_ends_the_connection_as_for_other_routes():
    native, ordinary = twins(lambda: {"a": 1})
    piece = request(fields=b"Content-Length: 99999999\r\n", body=b"x")
    ours = written(native, piece)
    assert (untagged(ours[0]), ours[1]) == written(ordinary, piece)


def test_server_headers_change_with_the_servers_own():
    """The kept bytes hold Date and Server of one moment; they are not used after it."""
    native, _ = twins(lambda: 1)

    async def run():
        desk = Desk(native, HttpProtocol)
        answers = []
        for name in (b"one", b"two"):
            desk.state.default_headers = [(b"server", name)]
            answers.append((await desk.send(request()))[0])
            # A new second, as the clock of the connections sees it.
            desk.state._fasterapi_host.on_tick()
        return answers

    with straight():
        first, second = asyncio.run(run())
    assert b"server: one" in first
    assert b"server: two" in second


def test_access_log_has_native_requests(caplog):
    native, _ = twins(lambda: 1)
    caplog.set_level(logging.INFO, "uvicorn.access")
    written(native, request("/n?q=1"), access_log=True)
    written(native, request(fields=b"X-Forwarded-For: 9.8.7.6\r\n"), access_log=True)
    lines = [record.getMessage() for record in caplog.records]
    assert '127.0.0.1:5 - "GET /n?q=1 HTTP/1.1" 200' in lines
    assert any(line.startswith("9.8.7.6") for line in lines)


def test_requests_are_counted():
    native, _ = twins(lambda: 1)

    async def run():
        desk = Desk(native, HttpProtocol, limit_max_requests=100)
        await desk.send(request() * 3)
        return desk.state.total_requests, desk.state.tasks

    with straight():
        assert asyncio.run(run()) == (3, set())


def test_middleware_runs_around_native_routes():
    native, seen = FastAPI(), []

    @native.get("/n", handler_type="native")
    async def one():
        return 1

    @native.middleware("http")
    async def note(incoming, call_next):
        seen.append(incoming.url.path)
        return await call_next(incoming)

    assert b"\r\n\r\n1" in written(native, request())[0]
    assert seen == ["/n"]


def test_the_start_freezes_before_the_first_connection():
    calls = []
    app = FastAPI()

    @app.get("/n", handler_type="native")
    async def n():
        calls.append(asyncio.get_running_loop())
        return 1

    async def run():
        config = uvicorn.Config(app, http=HttpProtocol, log_config=None, lifespan="on")
        config.load()
        lifespan = config.lifespan_class(config)
        await lifespan.startup()
        began = list(calls)
        data, _ = await Desk(app, HttpProtocol).send(request() * 2)
        await lifespan.shutdown()
        return began == [asyncio.get_running_loop()], data.count(b"\r\n\r\n1")

    with straight():
        assert asyncio.run(run()) == (True, 2)
    assert len(calls) == 1


def test_compiled_handlers_answer_at_the_door():
    app = FastAPI()

    @app.api_route("/m", methods=["GET", "POST", "HEAD"], native="metrics")
    def metrics(): ...

    piece = request("/m", method="POST", fields=b"Content-Length: 3\r\n", body=b"abc")
    for pieces in ((piece,), tuple(piece[i : i + 1] for i in range(len(piece)))):
        data, is_closed = written(app, *pieces)
        assert data.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"process_cpu_seconds_total " in data
        assert not is_closed
    head = written(app, request("/m", method="HEAD"))[0]
    assert head.endswith(b"\r\n\r\n")
    assert b"content-type: text/plain; version=" in head
