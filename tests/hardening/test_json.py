"""JSON bodies that are broken, hostile or ambiguous (RFC 8259)."""

import json
import time
from typing import Any

import pytest
from pydantic import BaseModel

from fasterapi import Body, FastAPI
from tests.hardening.doors import Answer, ask, make_app


class Item(BaseModel):
    name: str
    price: float = 1.0
    tags: list[str] = []


def build(app: FastAPI) -> None:
    @app.post("/model")
    async def model(item: Item) -> dict[str, Any]:
        return {"name": item.name}

    @app.post("/whole")
    async def whole(number: int = Body()) -> dict[str, str]:
        return {"number": hex(number)}

    @app.post("/any")
    async def anything(value: Any = Body()) -> Any:
        return value

    @app.post("/seen")
    async def seen(value: dict[str, Any]) -> str:
        return repr(value)

    @app.post("/plain")
    def plain(item: Item, other: int = Body(default=0)) -> int:
        return other


PATHS = ["/model", "/any", "/seen", "/plain", "/whole"]


@pytest.fixture
def app(door: str) -> FastAPI:
    return make_app(door, build)


def assert_refused(answer: Answer) -> None:
    assert answer.error is None
    assert answer.status in (400, 422), answer
    assert "detail" in answer.json()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"name":' * 100_000,
        b'{"name":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
    ids=["open lists", "lists", "open objects", "objects", "inside a field"],
)
def test_deep_nesting_is_refused(app: FastAPI, path: str, body: bytes) -> None:
    began = time.monotonic()
    assert_refused(ask(app, path, body))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("path", ["/model", "/seen", "/plain"])
@pytest.mark.parametrize("depth", [150, 250, 400, 900])
def test_moderate_nesting_never_fails_the_server(app: FastAPI, path: str, depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    answer = ask(app, path, b'{"name": "a", "tags": ' + nested + b"}")
    assert answer.error is None
    assert answer.status in (200, 400, 422)


@pytest.mark.parametrize("path", PATHS)
def test_number_of_5000_digits_is_refused(app: FastAPI, path: str) -> None:
    assert_refused(ask(app, path, b'{"name": ' + b"9" * 5000 + b"}"))
    assert_refused(ask(app, path, b"9" * 5000))


def test_number_of_30_digits_is_kept(app: FastAPI) -> None:
    answer = ask(app, "/whole", b"9" * 30)
    assert (answer.status, answer.json()) == (200, {"number": hex(int("9" * 30))})
    answer = ask(app, "/any", b"9" * 30)
    assert (answer.status, answer.body) == (200, b"9" * 30)
    assert_refused(ask(app, "/model", b'{"name": ' + b"9" * 30 + b"}"))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_non_finite_numbers_are_never_a_server_error(app: FastAPI, number: str) -> None:
    # COMPAT: FastAPI takes them where a field may hold them; `strict_json` refuses them.
    answer = ask(app, "/model", f'{{"name": "a", "price": {number}}}'.encode())
    assert (answer.status, answer.json()) == (200, {"name": "a"})
    answer = ask(app, "/model", f'{{"name": {number}}}'.encode())
    assert_refused(answer)
    assert b"NaN" not in answer.body
    assert_refused(ask(app, "/whole", number.encode()))


def test_last_of_equal_keys_counts_on_every_way(app: FastAPI) -> None:
    body = b'{"name": "a", "name": "b"}'
    assert ask(app, "/model", body).json() == {"name": "b"}
    assert ask(app, "/seen", body).json() == "{'name': 'b'}"
    # The reference parser reads it after the fast one has refused it.
    errors = ask(app, "/model", b'{"name": "a", "name": 1}').json()["detail"]
    assert [error["input"] for error in errors] == [1]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "\xff\xfe"}',
        b'{"name": "\xc0\x80"}',
        b'{"name": "\xed\xa0\x80"}',
        rb'{"name": "\ud800"}',
        rb'{"name": "\uDFFFx"}',
        rb'{"\ud800": "a", "name": "b"}',
        rb'{"name": ["\ud83d"]}',
        b"\x00",
        b'{"name": "a\x00b"}',
        b'{"name": "a"',
        b"\xef\xbb\xbf",
    ],
    ids=repr,
)
def test_text_that_is_not_unicode_is_refused(app: FastAPI, path: str, body: bytes) -> None:
    assert_refused(ask(app, path, body))


def test_pairs_of_surrogates_are_text(app: FastAPI) -> None:
    body = rb'{"name": "\ud83d\ude00"}'
    assert ask(app, "/model", body).json() == {"name": "\N{GRINNING FACE}"}
    assert ask(app, "/any", body).json() == {"name": "\N{GRINNING FACE}"}
    # A backslash before the u: six characters of text, not an escape.
    assert ask(app, "/any", rb'{"name": "\\ud800"}').json() == {"name": "\\ud800"}


def test_escaped_nul_is_text(app: FastAPI) -> None:
    assert ask(app, "/model", rb'{"name": "\u0000"}').json() == {"name": "\0"}


def test_utf_16_is_read_as_fastapi_reads_it(app: FastAPI) -> None:
    body = '{"name": "ä"}'.encode("utf-16")
    assert ask(app, "/model", body).json() == {"name": "ä"}


@pytest.mark.parametrize("door_options", [{"max_body_size": 1000}])
def test_declared_size_over_the_limit_is_refused_unread(door: str, door_options: Any) -> None:
    app = make_app(door, build, **door_options)
    headers = [(b"content-length", str(10 * 2**30).encode())]
    answer = ask(app, "/model", b"{}", headers=headers)
    assert (answer.status, answer.error) == (413, None)
    assert answer.received == 0


def test_streamed_body_over_the_limit_is_not_read_to_its_end(door: str) -> None:
    app = make_app(door, build, max_body_size=1000)
    answer = ask(app, "/model", [b" " * 500] * 1000)
    assert (answer.status, answer.error) == (413, None)
    assert answer.received < 10


def test_body_at_the_limit_is_read(door: str) -> None:
    app = make_app(door, build, max_body_size=1000)
    body = b'{"name": "a"}'
    assert ask(app, "/model", [body, b" " * (1000 - len(body))]).status == 200


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream", "x"])
def test_json_must_be_declared(app: FastAPI, content_type: str) -> None:
    # A page of another origin can send these without asking first: cross-site request forgery.
    answer = ask(app, "/model", b'{"name": "a"}', content_type=content_type)
    assert_refused(answer)


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "application/geo+json", "APPLICATION/JSON"],
)
def test_spellings_of_json_are_known(app: FastAPI, content_type: str) -> None:
    answer = ask(app, "/model", b'{"name": "a"}', content_type=content_type)
    assert answer.status == 200


def test_findings_repeat_the_input_as_fastapi_does(app: FastAPI) -> None:
    answer = ask(app, "/model", json.dumps({"name": ["x" * 10_000]}).encode())
    assert answer.json()["detail"][0]["input"] == ["x" * 10_000]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 64])
def test_pieces_of_a_body_make_no_difference(app: FastAPI, size: int) -> None:
    body = '{"name": "äöü", "tags": ["a"]}'.encode()
    pieces = [body[i : i + size] for i in range(0, len(body), size)] if size else [body, b""]
    assert ask(app, "/model", pieces).json() == {"name": "äöü"}


def test_twenty_thousand_small_pieces_are_linear(app: FastAPI) -> None:
    body = b'{"name": "' + b"a" * 20_000 + b'"}'
    began = time.monotonic()
    answer = ask(app, "/model", [body[i : i + 1] for i in range(len(body))])
    assert answer.status == 200
    assert time.monotonic() - began < 5


def test_client_that_leaves_is_no_server_error(door: str) -> None:
    import asyncio

    from tests.hardening.doors import scope_of

    app = make_app(door, build)
    sent: list[Any] = []
    incoming = [
        {"type": "http.request", "body": b'{"na', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = scope_of("/model", method="POST", headers=[(b"content-type", b"application/json")])
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 400
