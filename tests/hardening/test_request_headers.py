"""Headers and cookies of requests that are no text, or too much of it."""

import time

from fasterapi import Cookie, FastAPI, Header, Request
from tests.hardening.doors import ask, make_app


def test_request_headers_that_are_no_text_are_no_server_error(door: str) -> None:
    def build(app: FastAPI) -> None:
        @app.get("/")
        async def endpoint(x_name: str = Header(""), c: str = Cookie("")) -> list[str]:
            return [x_name, c]

        @app.get("/number")
        async def number(x_name: int = Header(), c: int = Cookie(default=0)) -> int:
            return x_name

    app = make_app(door, build)
    for value in (b"\xff\xfe", b"\x80" * 10, "\u20ac".encode(), b"a\x00b", b""):
        headers = [(b"x-name", value), (b"cookie", b"c=" + value)]
        answer = ask(app, "/", headers=headers)
        assert (answer.status, answer.error) == (200, None)
        answer = ask(app, "/number", headers=headers)
        assert (answer.status, answer.error) == (422, None)


def test_huge_cookies_and_repeated_headers_take_linear_time(door: str) -> None:
    def build(app: FastAPI) -> None:
        @app.get("/")
        async def endpoint(request: Request, c: str = Cookie("")) -> int:
            return len(request.cookies) + len(c)

        @app.get("/many")
        async def many(x: list[str] = Header(default=[])) -> int:
            return len(x)

    app = make_app(door, build)
    began = time.monotonic()
    for cookie in (b'c="' + b"\\" * 300_000, b"c=1;" * 75_000, b";" * 300_000, b'c="\\1' * 60_000):
        assert ask(app, "/", headers=[(b"cookie", cookie)]).status == 200
    assert ask(app, "/many", headers=[(b"x", b"1")] * 10_000).json() == 10_000
    assert time.monotonic() - began < 5


def test_nameless_and_prefixed_cookies_keep_their_names(door: str) -> None:
    def build(app: FastAPI) -> None:
        @app.get("/")
        async def endpoint(request: Request) -> dict[str, str]:
            return request.cookies

    app = make_app(door, build)
    answer = ask(app, "/", headers=[(b"cookie", b"=__Host-a=b; c=d")])
    assert answer.json() == {"": "__Host-a=b", "c": "d"}
