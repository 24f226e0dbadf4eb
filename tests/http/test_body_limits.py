"""The server's limit on bodies gives way to a larger one that the program has set somewhere."""

import pytest

from fasterapi import APIRouter, FasterAPI, Request
from tests.http.door import serving, status_of

LIMIT, LARGER = 100, 1000


async def size(request: Request):
    return len(await request.body())


def on_application():
    app = FasterAPI(max_body_size=LARGER)
    app.post("/")(size)
    return app


def on_route():
    app = FasterAPI()
    app.post("/", max_body_size=LARGER)(size)
    return app


def on_router():
    app, router = FasterAPI(), APIRouter(max_body_size=LARGER)
    router.post("/")(size)
    app.include_router(router)
    return app


def on_include():
    app, router = FasterAPI(), APIRouter()
    router.post("/")(size)
    app.include_router(router, max_body_size=LARGER)
    return app


def on_nested_router():
    app, outer, inner = FasterAPI(), APIRouter(), APIRouter()
    inner.post("/", max_body_size=LARGER)(size)
    outer.include_router(inner)
    app.include_router(outer)
    return app


def on_mounted_application():
    app, mounted = FasterAPI(), FasterAPI(max_body_size=LARGER)
    mounted.post("/")(size)
    app.mount("", mounted)
    return app


def post(body, *, is_chunked):
    if is_chunked:
        field, body = b"Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    else:
        field = b"Content-Length: %d" % len(body)
    return b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%b\r\n\r\n%b" % (field, body)


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunks"])
@pytest.mark.parametrize(
    "make",
    [on_application, on_route, on_router, on_include, on_nested_router, on_mounted_application],
)
def test_larger_limit_wins_wherever_it_is_set(make, is_chunked):
    with serving(make(), limits={"body": LIMIT}) as door:
        answer = door.ask(post(b"x" * LARGER, is_chunked=is_chunked))
        assert answer.endswith(b"\r\n\r\n1000"), answer
        answer = door.ask(post(b"x" * (LARGER + 1), is_chunked=is_chunked))
        assert status_of(answer) == 413


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunks"])
def test_smaller_limit_of_the_program_holds_too(is_chunked):
    app = FasterAPI()
    app.post("/", max_body_size=LIMIT // 2)(size)
    with serving(app, limits={"body": LIMIT}) as door:
        assert status_of(door.ask(post(b"x" * 50, is_chunked=is_chunked))) == 200
        assert status_of(door.ask(post(b"x" * 51, is_chunked=is_chunked))) == 413
        assert status_of(door.ask(post(b"x" * 101, is_chunked=is_chunked))) == 413
