"""What goes wrong inside the program: logged once, answered as HTTP demands, nobody else harmed."""

import logging
import re

import pytest
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse

from fasterapi import BackgroundTasks, Depends, FasterAPI, HTTPException, Response, WebSocket
from tests.http.door import read_all, serving, wait_until
from tests.http.raw.answers import read_answers
from tests.http.raw.case import PROBE, get, post, request


class Broken(Exception):
    """Raised on purpose by the routes below."""


class Item(BaseModel):
    size: int


class PassThrough:
    """A layer that does nothing but take the way over ASGI."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


def closes_badly():
    yield "value"
    raise Broken("in the exit")


async def closes_badly_async():
    yield "value"
    raise Broken("in the exit")


def leaves():
    yield "value"
    raise HTTPException(418, "in the exit")


async def pieces():
    yield b"x" * 100
    raise Broken("in the stream")


async def late():
    raise Broken("in the background")


def add_routes(app):
    @app.get("/probe")
    async def probe():
        return Response(b"probe")

    @app.get("/handler/{number}")
    async def handler(number: int):
        raise Broken("in the handler")

    @app.get("/sync")
    def sync():
        raise Broken("in the handler")

    @app.post("/unread")
    async def unread():
        raise Broken("in the handler")

    @app.get("/exit")
    def leave():
        raise SystemExit(3)

    @app.get("/memory")
    async def memory():
        raise MemoryError

    @app.get("/recursion")
    async def recursion():
        def again():
            again()

        again()

    @app.get("/model", response_model=Item)
    async def model():
        return {"size": "no number"}

    @app.get("/exits")
    async def exits(value: str = Depends(closes_badly)):
        return value

    @app.get("/exits-async")
    async def exits_async(value: str = Depends(closes_badly_async)):
        return value

    @app.get("/exits-early")
    async def exits_early(value: str = Depends(closes_badly, scope="function")):
        return value

    @app.get("/exits-refusing")
    async def exits_refusing(value: str = Depends(leaves, scope="function")):
        return value

    @app.get("/stream")
    async def stream():
        return StreamingResponse(pieces())

    @app.get("/sized-stream")
    async def sized_stream():
        return StreamingResponse(pieces(), headers={"content-length": "300"})

    @app.get("/background")
    async def background(tasks: BackgroundTasks):
        tasks.add_task(late)
        return "sent"

    @app.get("/response-background")
    async def response_background():
        return Response(b'"sent"', background=BackgroundTask(late))

    @app.websocket("/ws")
    async def ws(websocket: WebSocket):
        raise Broken("in the handler")


def make_app(layer):
    app = FasterAPI()
    add_routes(app)
    if layer == "asgi":
        app.add_middleware(PassThrough)
    elif layer == "http":

        @app.middleware("http")
        async def pass_on(request, call_next):
            return await call_next(request)

    return app


@pytest.fixture(scope="module", params=["bare", "asgi", "http"])
def door(request):
    with serving(make_app(request.param)) as running:
        yield running


@pytest.fixture
def errors(caplog):
    caplog.set_level(logging.ERROR)

    def wait(count=1):
        wait_until(lambda: len(of_program(caplog)) >= count)
        return [text_of(record) for record in of_program(caplog)]

    return wait


def of_program(caplog):
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


def text_of(record):
    lines = [record.getMessage()]
    if record.exc_info:
        lines.append(logging.Formatter().formatException(record.exc_info))
    return "\n".join(lines)


def converse(door, data):
    """Send *data* and a probe behind it; return answers and what is no whole answer."""
    with door.connect() as client:
        client.sendall(data + PROBE)
        return read_answers(read_all(client))


def assert_next_is_unharmed(door, answers):
    """The probe behind was answered, or the connection was closed with an announcement."""
    if len(answers) == 1:
        assert answers[0].values(b"connection") == [b"close"]
    else:
        assert (answers[1].status, answers[1].body) == (200, b"probe")
    assert converse(door, b"")[0][0].body == b"probe"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/handler/7", "Broken: in the handler"),
        ("/sync", "Broken: in the handler"),
        ("/memory", "MemoryError"),
        ("/recursion", "RecursionError"),
        ("/exit", "SystemExit"),
        ("/model", "ResponseValidationError"),
        ("/exits-early", "Broken: in the exit"),
    ],
)
def test_failure_before_the_answer_is_500(door, errors, path, error):
    answers, rest = converse(door, get(target=path))
    assert answers[0].status == 500
    assert rest == b""
    assert_next_is_unharmed(door, answers)
    logged = errors()
    assert len(logged) == 1
    assert error in logged[0]
    assert path in logged[0].partition("\n")[0]


def test_failure_with_an_unread_body_is_500(door, errors):
    data = post("Content-Length: 70000", body=b"x" * 70000, target="/unread")
    answers, rest = converse(door, data)
    assert answers[0].status == 500
    assert rest == b""
    assert_next_is_unharmed(door, answers)
    assert len(errors()) == 1


@pytest.mark.parametrize("path", ["/exits", "/exits-async"])
def test_failing_exit_leaves_the_sent_answer_alone(door, errors, path):
    answers, rest = converse(door, get(target=path))
    assert (answers[0].status, answers[0].body) == (200, b'"value"')
    assert rest == b""
    assert_next_is_unharmed(door, answers)
    logged = errors()
    assert len(logged) == 1
    assert "Broken: in the exit" in logged[0]


def test_exit_may_refuse_before_the_answer(door, caplog):
    answers, _ = converse(door, get(target="/exits-refusing"))
    assert answers[0].status == 418
    assert not of_program(caplog)


@pytest.mark.parametrize("path", ["/stream", "/sized-stream"])
def test_failing_stream_is_cut_off_visibly(door, errors, path):
    answers, rest = converse(door, get(target=path))
    assert answers == [], "a client must not take a part for the whole"
    assert re.match(rb"HTTP/1\.1 200 ", rest)
    assert rest.count(b"HTTP/1.1") == 1, "nothing may follow on this connection"
    assert converse(door, b"")[0][0].body == b"probe"
    logged = errors()
    assert len(logged) == 1
    assert "Broken: in the stream" in logged[0]


def test_failing_stream_for_http_1_0_is_closed(door, errors):
    with door.connect() as client:
        client.sendall(request("GET", "/stream", version="HTTP/1.0"))
        assert read_all(client).endswith(b"x" * 100)
    assert len(errors()) == 1


@pytest.mark.parametrize("path", ["/background", "/response-background"])
def test_failing_background_task_harms_nobody(door, errors, path):
    answers, rest = converse(door, get(target=path))
    assert (answers[0].status, answers[0].body) == (200, b'"sent"')
    assert rest == b""
    assert_next_is_unharmed(door, answers)
    logged = errors()
    assert len(logged) == 1
    assert "Broken: in the background" in logged[0]


def test_fifty_failures_in_a_row_change_nothing(door, errors):
    data = b"".join(get(target="/handler/7") for _ in range(50))
    answers, _ = converse(door, data)
    assert answers[0].status == 500
    logged = errors(len(answers) - (len(answers) == 51))
    assert not [text for text in logged if "Broken: in the handler" not in text]
    assert len(logged) <= 50
    assert converse(door, b"")[0][0].body == b"probe"


# --- other people's applications ---------------------------------------------------------------


async def raw(scope, receive, send):
    path = scope["path"]
    start = {"type": "http.response.start", "status": 200, "headers": []}
    if path == "/probe":
        await send({**start, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"probe"})
    elif path == "/before":
        raise Broken("before")
    elif path == "/twice":
        await send(start)
        await send(start)
    elif path == "/after":
        await send({**start, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"done"})
        raise Broken("after")
    elif path == "/body-first":
        await send({"type": "http.response.body", "body": b"done"})
    elif path == "/status":
        await send({**start, "status": 42})
    elif path == "/split":
        await send({**start, "headers": [(b"x", b"a\r\nb: c")]})
    elif path in ("/long", "/short"):
        await send({**start, "headers": [(b"content-length", b"3")]})
        await send({"type": "http.response.body", "body": b"abcd" if path == "/long" else b"ab"})
    elif path == "/more":
        await send(start)
        await send({"type": "http.response.body", "body": b"abc", "more_body": True})


@pytest.fixture(scope="module")
def raw_door():
    with serving(raw) as running:
        yield running


@pytest.mark.parametrize("path", ["/before", "/body-first", "/status", "/split", "/nothing"])
def test_asgi_mistake_before_the_answer_is_500(raw_door, errors, path):
    answers, rest = converse(raw_door, get(target=path))
    assert answers[0].status == 500
    assert rest == b""
    assert_next_is_unharmed(raw_door, answers)
    if path != "/nothing":
        assert len(errors()) == 1


@pytest.mark.parametrize("path", ["/twice", "/long", "/short", "/more"])
def test_asgi_mistake_in_the_answer_breaks_the_connection_only(raw_door, errors, path):
    answers, rest = converse(raw_door, get(target=path))
    assert b"probe" not in rest
    assert all(answer.status == 500 for answer in answers)
    assert converse(raw_door, b"")[0][0].body == b"probe"
    assert errors()


def test_asgi_mistake_after_the_answer_is_only_logged(raw_door, errors):
    answers, _ = converse(raw_door, get(target="/after"))
    assert (answers[0].status, answers[0].body) == (200, b"done")
    assert_next_is_unharmed(raw_door, answers)
    assert len(errors()) == 1
