"""Scopes and messages as odd servers make them (ASGI specification 3.0, HTTP 2.3).

Adapters for cloud functions, WSGI bridges, test clients and middleware leave out what is optional,
use subclasses and other containers, and send messages that nobody knows. What FastAPI answers is
expected here; where it fails, an answer with status 500 and the exception for the server's log.
"""

import asyncio
import json
import tracemalloc
from collections import OrderedDict, deque
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from fasterapi import Cookie, FastAPI, Form, Header, Request
from tests.hardening.doors import DOORS, Answer, exchange, make_app, scope_of

JSON = (b"content-type", b"application/json")
FORM = (b"content-type", b"application/x-www-form-urlencoded")


class Item(BaseModel):
    size: int


class Text(str):
    """A subclass, as a router of middleware may leave in a scope."""

    __slots__ = ()


def add_routes(app: FastAPI) -> None:
    @app.get("/plain/{number}")
    async def plain(number: int, q: str = "none") -> list[Any]:
        return [number, q]

    @app.get("/fields")
    async def fields(
        x_a: Annotated[list[str] | None, Header()] = None, c: Annotated[str, Cookie()] = ""
    ) -> list[Any]:
        return [x_a, c]

    @app.get("/request")
    async def request(request: Request) -> list[Any]:
        return [request.url.path, request.client and request.client.host, request.headers["x-a"]]

    @app.post("/item")
    async def item(item: Item) -> int:
        return item.size

    @app.post("/form")
    async def form(size: Annotated[int, Form()] = 0) -> int:
        return size

    @app.post("/body")
    async def body(request: Request) -> str:
        return (await request.body()).decode()


@pytest.fixture(scope="module", params=DOORS)
def app(request: pytest.FixtureRequest) -> FastAPI:
    made = make_app(request.param, add_routes)
    assert ask(made, scope_of("/plain/1")).status == 200  # from now on it is compiled
    return made


def ask(app: FastAPI, scope: Any, *messages: Any) -> Answer:
    """Return the answer to a request whose messages are these, then nothing but disconnects."""
    pending = [*messages] or [{"type": "http.request"}]
    answer = Answer()

    async def receive() -> Any:
        await asyncio.sleep(0)
        return pending.pop(0) if pending else {"type": "http.disconnect"}

    async def given(scope: Any, _receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    answer = asyncio.run(exchange(given, scope, []))
    if answer.error is not None and answer.status != 500:
        raise answer.error
    return answer


def without(scope: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in scope.items() if name not in names}


OPTIONAL = ("asgi", "http_version", "scheme", "raw_path", "root_path", "client", "server", "state")


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_is_optional_may_be_missing(app: FastAPI, name: str) -> None:
    scope = without(scope_of("/request", headers=[(b"x-a", b"1")]), name)
    answer = ask(app, scope)
    assert (answer.status, answer.json()[2]) == (200, "1")


def test_all_that_is_optional_may_be_missing(app: FastAPI) -> None:
    answer = ask(app, without(scope_of("/plain/7", query=b"q=x"), *OPTIONAL))
    assert (answer.status, answer.json()) == (200, [7, "x"])


@pytest.mark.parametrize(
    "given",
    [{"client": None}, {"server": None}, {"server": ("/run/socket", None)}, {"client": ["::1", 1]},
     {"raw_path": None}, {"extensions": None}, {"aws.event": {}}, {"state": {"a": 1}},
     {"asgi": {"version": "3.0"}}],
    ids=str,
)  # fmt: skip
def test_values_may_be_none_or_more_than_known(app: FastAPI, given: dict[str, Any]) -> None:
    answer = ask(app, {**scope_of("/request", headers=[(b"x-a", b"1")]), **given})
    assert (answer.status, answer.json()[2]) == (200, "1")


@pytest.mark.parametrize("name", ["path", "method"])
def test_text_may_be_of_a_subclass(app: FastAPI, name: str) -> None:
    scope = scope_of("/plain/7")
    answer = ask(app, {**scope, name: Text(scope[name])})
    assert (answer.status, answer.json()) == (200, [7, "none"])


def test_query_string_may_be_text(app: FastAPI) -> None:
    """Starlette takes it, and middleware that rewrites it may leave it so."""
    answer = ask(app, {**scope_of("/plain/7"), "query_string": "q=x"})
    assert (answer.status, answer.json()) == (200, [7, "x"])


@pytest.mark.parametrize("name", ["path", "method", "headers"])
def test_without_what_is_required_there_is_an_answer(app: FastAPI, name: str) -> None:
    answer = ask(app, without(scope_of("/fields"), name))
    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    assert isinstance(answer.error, KeyError)


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [("path", b"/plain/7", 500), ("path", None, 500), ("method", b"GET", 405),
     ("method", None, 405), ("method", "get", 405), ("headers", None, 500)],
)  # fmt: skip
def test_values_of_a_wrong_type_are_answered(
    app: FastAPI, name: str, value: Any, status: int
) -> None:
    answer = ask(app, {**scope_of("/fields"), name: value})
    assert answer.status == status


PAIRS = [(b"host", b"a"), (b"x-a", b"1"), (b"cookie", b"c=2"), (b"x-a", b"3")]


@pytest.mark.parametrize(
    "headers",
    [
        tuple(PAIRS), iter(PAIRS), deque(PAIRS), (pair for pair in PAIRS),
        [list(pair) for pair in PAIRS],
        [(bytearray(name), bytearray(value)) for name, value in PAIRS],
    ],
    ids=["tuple", "iterator", "deque", "generator", "lists", "bytearrays"],
)  # fmt: skip
def test_headers_may_be_any_iterable_of_pairs(headers: Any) -> None:
    app = make_app("compiled", add_routes)
    ask(app, scope_of("/plain/1"))
    answer = ask(app, {**scope_of("/fields"), "headers": headers})
    assert (answer.status, answer.json()) == (200, [["1", "3"], "2"])


def test_scope_may_be_of_a_subclass(app: FastAPI) -> None:
    answer = ask(app, OrderedDict(scope_of("/plain/7")))
    assert (answer.status, answer.json()) == (200, [7, "none"])


# --- messages ----------------------------------------------------------------------------------

DATA = {"/item": b'{"size": 7}', "/form": b"size=7", "/body": b"7"}


def piece(data: Any, **others: Any) -> dict[str, Any]:
    return {"type": "http.request", "body": data, **others}


def posted(app: FastAPI, path: str, *messages: Any) -> Answer:
    headers = {"/item": [JSON], "/form": [FORM]}.get(path, [])
    return ask(app, scope_of(path, method="POST", headers=headers), *messages)


@pytest.mark.parametrize("path", DATA)
@pytest.mark.parametrize(
    "shape",
    [
        lambda data: [piece(data)],
        lambda data: [OrderedDict(piece(data))],
        lambda data: [piece(bytearray(data))],
        lambda data: [piece(data, more_body=None), piece(b"ignored")],
        lambda data: [{"type": "unheard.of"}, piece(data)],
        lambda data: [piece(b"", more_body=True), {"type": "unheard.of"}, piece(data)],
        lambda data: [piece(data, more_body=True), {"type": "http.request"}],
        lambda data: [piece(data, more_body=True), piece(None)],
        lambda data: [piece(data[:1], more_body=1), piece(data[1:], more_body=0)],
    ],
    ids=["no more_body", "subclass", "bytearray", "more_body None", "unknown first",
         "unknown between", "no body", "body None", "numbers"],
)  # fmt: skip
def test_messages_of_a_body_may_be_odd(app: FastAPI, path: str, shape: Any) -> None:
    answer = posted(app, path, *shape(DATA[path]))
    assert (answer.status, str(json.loads(answer.body))) == (200, "7")


@pytest.mark.parametrize(("path", "status"), [("/item", 422), ("/form", 200), ("/body", 200)])
@pytest.mark.parametrize("body", [{}, {"body": None}, {"body": b""}], ids=str)
def test_body_may_be_missing(app: FastAPI, path: str, status: int, body: dict[str, Any]) -> None:
    assert posted(app, path, {"type": "http.request", **body}).status == status


@pytest.mark.parametrize("path", ["/item", "/form"])
@pytest.mark.parametrize("body", ["text", 7, [1]], ids=str)
def test_body_that_is_no_bytes_is_never_read_as_some(app: FastAPI, path: str, body: Any) -> None:
    assert posted(app, path, piece(body)).status in (400, 422)


@pytest.mark.parametrize("path", ["/item", "/form"])
def test_client_that_leaves_before_or_in_its_body(app: FastAPI, path: str) -> None:
    gone = {"type": "http.disconnect"}
    assert posted(app, path, gone).status == 400
    assert posted(app, path, piece(DATA[path][:3], more_body=True), gone).status == 400


@pytest.mark.parametrize("door", DOORS[:2])
@pytest.mark.parametrize("path", ["/item", "/body"])
def test_small_pieces_of_a_body_do_not_pile_up(door: str, path: str) -> None:
    """Some 50 bytes of memory for each byte of a body were what a client could have."""
    app = make_app(door, add_routes)
    count, calls, used = 20_000, 0, {}
    headers = [JSON] if path == "/item" else []

    async def receive() -> Any:
        nonlocal calls
        calls += 1
        is_last = calls == count
        if calls == 10 or is_last:
            used[is_last] = tracemalloc.get_traced_memory()[0]
        return piece(bytes([0x20, 0x37 if is_last else 0x20]), more_body=not is_last)

    async def given(scope: Any, _receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    tracemalloc.start()
    try:
        answer = asyncio.run(exchange(given, scope_of(path, method="POST", headers=headers), []))
    finally:
        tracemalloc.stop()
    assert answer.status in (200, 422)
    assert used[True] - used[False] < 12 * count
