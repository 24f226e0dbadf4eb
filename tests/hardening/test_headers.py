"""Heads and bodies that must never go out as they are (RFC 9110 sections 5.5, 6.4, 15)."""

import asyncio
from typing import Any

import pytest
from starlette.responses import Response as StarletteResponse
from starlette.routing import Route

from fasterapi import (
    APIRouter,
    Depends,
    FastAPI,
    HTTPException,
    Request,
    Response,
    WebSocket,
)
from fasterapi.responses import (
    EventSourceResponse,
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    StreamingResponse,
)
from fasterapi.sse import ServerSentEvent, format_sse_event
from tests.hardening.doors import Answer, answering_app, ask, make_app, scope_of

# What ends a line, or what servers and proxies disagree about.
BAD_VALUES = ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "a\x1bb", "a\x7fb", "a\x08"]
UNWRITABLE = ["\u20ac", "\u4e2d", "\ud800"]  # not in Latin-1
BAD_NAMES = ["a b", "a:b", "a\r\nb", "", "ä", "a\0"]


def assert_is_error_page(answer: Answer) -> None:
    """A 500, from the framework, with nothing of the bad head in it."""
    assert answer.status == 500, answer
    assert b"X-Evil" not in b"".join(name + value for name, value in answer.headers)
    starts = [m for m in answer.messages if m["type"] == "http.response.start"]
    assert len(starts) == 1
    assert answer.messages[-1].get("more_body", False) is False
    assert isinstance(answer.error, Exception)


# --- H1: where they are set -----------------------------------------------------------------


@pytest.mark.parametrize("value", BAD_VALUES + UNWRITABLE, ids=repr)
@pytest.mark.parametrize("path", ["/", "/sync"])
def test_injected_response_refuses_values_at_once(door: str, value: str, path: str) -> None:
    seen: list[Exception] = []

    def make(response: Response, request: Request) -> Any:
        for change in (
            lambda: response.headers.__setitem__("x-name", value),
            lambda: response.headers.append("x-name", value),
            lambda: response.headers.setdefault("x-name", value),
            lambda: response.headers.update({"x-name": value}),
            lambda: response.set_cookie("name", value="x", path=f"/{value}"),
            lambda: response.set_cookie("name", value="x", domain=value),
        ):
            try:
                change()
            except ValueError as error:
                seen.append(error)
        return "fine"

    answer = ask(answering_app(make, door=door), path)
    assert len(seen) == 6
    assert (answer.status, answer.json()) == (200, "fine")
    assert not [name for name, _ in answer.headers if name in (b"x-name", b"set-cookie")]


@pytest.mark.parametrize("name", BAD_NAMES, ids=repr)
def test_injected_response_refuses_names_at_once(door: str, name: str) -> None:
    def make(response: Response, request: Request) -> Any:
        with pytest.raises(ValueError, match="header name"):
            response.headers[name] = "x"
        return "fine"

    assert ask(answering_app(make, door=door), "/").status == 200


@pytest.mark.parametrize("part", ["key", "path", "domain"])
def test_cookie_attributes_cannot_be_added_by_a_semicolon(door: str, part: str) -> None:
    def make(response: Response, request: Request) -> Any:
        with pytest.raises((ValueError, KeyError)):
            response.set_cookie(**{"key": "name", part: "x; Domain=evil.example"})
        response.set_cookie("name", "a; Domain=evil.example")
        return "fine"

    cookies = ask(answering_app(make, door=door), "/").all_headers("set-cookie")
    assert len(cookies) == 1
    assert cookies[0].startswith('name="a\\073 Domain=evil.example"')


def test_cookie_names_are_checked(door: str) -> None:
    from http.cookies import CookieError

    def make(response: Response, request: Request) -> Any:
        for name in ("a b", "a=b", "a\r\nb", "a;b", "a\0"):
            with pytest.raises((CookieError, ValueError)):
                response.set_cookie(name, "x")
        return "fine"

    assert ask(answering_app(make, door=door), "/").status == 200


# --- H1: responses of the program's own -----------------------------------------------------


def with_raw(value: str, name: str = "x-name") -> Any:
    def make(response: Response, request: Request) -> Any:
        return JSONResponse({}, headers={name: value})

    return make


def later_set(value: str) -> Any:
    def make(response: Response, request: Request) -> Any:
        answer = PlainTextResponse("x")
        answer.headers["x-name"] = value
        return answer

    return make


def in_cookie(value: str) -> Any:
    def make(response: Response, request: Request) -> Any:
        answer = HTMLResponse("x")
        answer.set_cookie("name", "x", path=value)
        return answer

    return make


def in_raw_headers(value: str) -> Any:
    def make(response: Response, request: Request) -> Any:
        answer = StarletteResponse("x")
        answer.raw_headers.append((b"x-name", value.encode("latin-1", "replace")))
        return answer

    return make


def in_injected_raw_headers(value: str) -> Any:
    def make(response: Response, request: Request) -> Any:
        response.raw_headers.append((b"x-name", value.encode("latin-1", "replace")))
        return {"a": 1}

    return make


def in_stream(value: str) -> Any:
    def make(response: Response, request: Request) -> Any:
        return StreamingResponse(iter([b"x"]), headers={"x-name": value})

    return make


def in_media_type(value: str) -> Any:
    def make(response: Response, request: Request) -> Any:
        return StarletteResponse("x", media_type=f"text/{value}")

    return make


def in_exception(value: str) -> Any:
    def make(response: Response, request: Request) -> Any:
        raise HTTPException(400, "no", headers={"x-name": value})

    return make


def in_file(value: str) -> Any:
    def make(response: Response, request: Request) -> Any:
        return FileResponse(__file__, headers={"x-name": value})

    return make


def in_own_send(value: str) -> Any:
    class Own(StarletteResponse):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            headers = [(b"x-name", value.encode("latin-1", "replace"))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"x"})

    return lambda response, request: Own("x")


WAYS = [
    with_raw, later_set, in_cookie, in_raw_headers, in_injected_raw_headers, in_stream,
    in_media_type, in_exception, in_file, in_own_send,
]  # fmt: skip


@pytest.mark.parametrize("value", BAD_VALUES, ids=repr)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", ["/", "/sync"])
def test_bad_value_becomes_a_500(door: str, way: Any, value: str, path: str) -> None:
    assert_is_error_page(ask(answering_app(way(value), door=door), path))


@pytest.mark.parametrize("value", BAD_VALUES[:2], ids=repr)
@pytest.mark.parametrize("way", WAYS)
def test_bad_value_becomes_a_500_behind_function_middleware(
    door: str, way: Any, value: str
) -> None:
    app = answering_app(way(value), door=door, with_function_middleware=True)
    assert_is_error_page(ask(app, "/"))


@pytest.mark.parametrize("value", UNWRITABLE, ids=repr)
@pytest.mark.parametrize("way", [with_raw, later_set, in_exception, in_stream])
def test_text_outside_latin_1_becomes_a_500(door: str, way: Any, value: str) -> None:
    assert_is_error_page(ask(answering_app(way(value), door=door), "/"))


@pytest.mark.parametrize("name", ["a b", "a:b", "a\r\nb", "", "a\0"], ids=repr)
def test_bad_name_becomes_a_500(door: str, name: str) -> None:
    assert_is_error_page(ask(answering_app(with_raw("x", name), door=door), "/"))


def test_latin_1_and_tabs_are_sent(door: str) -> None:
    answer = ask(answering_app(with_raw("ä\tb ~"), door=door), "/")
    assert (answer.status, answer.header("x-name")) == (200, "ä\tb ~")


def test_error_page_of_the_program_is_used(door: str) -> None:
    app = answering_app(with_raw("a\nb"), door=door)

    @app.exception_handler(500)
    async def page(request: Request, error: Exception) -> Response:
        return PlainTextResponse(f"own page: {type(error).__name__}", status_code=500)

    assert ask(app, "/").body == b"own page: ValueError"


@pytest.mark.parametrize(
    "where", ["middleware", "function middleware", "mount", "route", "handler"]
)
def test_bad_head_of_anything_in_the_app_becomes_a_500(where: str) -> None:
    app = FastAPI()

    async def evil(scope: Any, receive: Any, send: Any) -> None:
        await send({
            "type": "http.response.start", "status": 200,
            "headers": ((b"x-name", b"a\r\nX-Evil: 1"),),
        })  # fmt: skip
        await send({"type": "http.response.body", "body": b"x"})

    @app.get("/")
    async def endpoint(fail: bool = False) -> dict[str, int]:
        if fail:
            raise LookupError
        return {}

    if where == "middleware":

        class Adding:
            def __init__(self, app: Any) -> None:
                pass

            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                await evil(scope, receive, send)

        app.add_middleware(Adding)
    elif where == "function middleware":

        @app.middleware("http")
        async def adding(request: Request, call_next: Any) -> Any:
            response = await call_next(request)
            response.raw_headers.append((b"x-name", b"a\r\nX-Evil: 1"))
            return response

    elif where == "handler":

        @app.exception_handler(LookupError)
        async def handler(request: Request, error: Exception) -> Response:
            return PlainTextResponse("x", headers={"x-name": "a\r\nX-Evil: 1"})

    elif where == "mount":
        app.mount("/sub", evil)
    else:

        async def plain(request: Request) -> Response:
            return PlainTextResponse("x", headers={"x-name": "a\r\nX-Evil: 1"})

        app.router.routes.append(Route("/sub", plain))
    path = {"mount": "/sub/", "route": "/sub"}.get(where, "/")
    query = b"fail=1" if where == "handler" else b""
    assert_is_error_page(ask(app, path, query=query))


def test_injected_header_of_middleware_is_refused_where_it_is_set() -> None:
    app = FastAPI()
    seen: list[Exception] = []

    @app.middleware("http")
    async def adding(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        try:
            response.headers["x-name"] = "a\nb"
        except ValueError as error:
            seen.append(error)
        return response

    @app.get("/async")
    async def endpoint() -> dict[str, int]:
        return {}

    assert ask(app, "/async").status == 200
    assert len(seen) == 1


@pytest.mark.parametrize("status", [0, 99, 1000, -1])
def test_status_that_is_none_becomes_a_500(door: str, status: int) -> None:
    app = answering_app(lambda response, request: StarletteResponse("x", status), door=door)
    assert_is_error_page(ask(app, "/"))


def test_websocket_is_not_accepted_with_a_bad_header() -> None:
    app = FastAPI()

    @app.websocket("/")
    async def session(websocket: WebSocket) -> None:
        await websocket.accept(headers=[(b"x-name", b"a\r\nX-Evil: 1")])

    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {**scope_of("/"), "type": "websocket", "scheme": "ws", "subprotocols": []}
    with pytest.raises(ValueError, match="invalid value for header"):
        asyncio.run(app(scope, receive, send))
    assert sent == []


# --- H1: server-sent events -----------------------------------------------------------------


@pytest.mark.parametrize("field", ["event", "id"])
@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\r\ndata: evil"])
def test_event_fields_are_one_line(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"'{field}'"):
        ServerSentEvent(data=1, **{field: value})
    with pytest.raises(ValueError, match=f"'{field}'"):
        format_sse_event(data_str="x", **{field: value})


def test_lines_of_data_and_comments_cannot_become_fields(door: str) -> None:
    def build(app: FastAPI) -> None:
        @app.get("/events", response_class=EventSourceResponse)
        async def events() -> Any:
            yield ServerSentEvent(raw_data="a\nevent: evil\r\nid: 1\rretry: 1\n\ndata: evil")
            yield ServerSentEvent(comment="x\n\ndata: evil")
            yield "a\n\ndata: evil"

    answer = ask(make_app(door, build), "/events")
    lines = answer.body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    assert answer.status == 200
    assert {line.partition(b":")[0] for line in lines} == {b"data", b""}
    assert [line for line in lines if line.startswith(b"data: evil")] == []
    assert b"data: event: evil" in lines
    assert b": data: evil" in lines


def test_dependencies_of_a_router_cannot_set_bad_headers(door: str) -> None:
    def build(app: FastAPI) -> None:
        def add(response: Response, value: str = "") -> None:
            response.headers["x-name"] = value

        router = APIRouter(dependencies=[Depends(add)], route_class=app.router.route_class)

        @router.get("/")
        async def endpoint() -> int:
            return 1

        app.include_router(router, prefix="/r")

    app = make_app(door, build)
    assert ask(app, "/r/", query=b"value=x").header("x-name") == "x"
    assert_is_error_page(ask(app, "/r/", query=b"value=a%0d%0aX-Evil: 1"))
