"""The options that are stricter than FastAPI."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from fasterapi import Body, FastAPI
from tests.hardening.doors import ask, make_app


class Item(BaseModel):
    name: str
    price: float = 1.0


class Login(BaseModel):
    user: str
    password: SecretStr
    age: int


def build(app: FastAPI) -> None:
    @app.post("/model")
    async def model(item: Item) -> Item:
        return item

    @app.post("/any")
    async def anything(value: Any = Body()) -> Any:
        return value

    @app.post("/login")
    async def login(login: Login) -> str:
        return login.user


# --- strict_json: J3, J4, J5 ----------------------------------------------------------------


@pytest.mark.parametrize("path", ["/model", "/any"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a", "price": NaN}',
        b'{"name": "a", "price": -Infinity}',
        b'{"name": "a", "price": 1e999}',
        b'{"name": "a", "price": ' + b"9" * 400 + b".0}",
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "n\\u0061me": "b"}',
        b'[{"a": {"b": 1, "b": 2}}]',
        '{"name": "ä"}'.encode("utf-16"),
        '{"name": "ä"}'.encode("utf-32"),
        b'\xef\xbb\xbf{"name": "a"}',
        b'{"name": "\xff"}',
        rb'{"name": "\ud800"}',
        b"[" * 100_000,
        b"9" * 5000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_strict_json_refuses_what_readers_disagree_about(door: str, path: str, body: bytes) -> None:
    answer = ask(make_app(door, build, strict_json=True), path, body)
    assert answer.error is None
    assert answer.status in (400, 422)
    assert "detail" in answer.json()


def test_strict_json_accepts_the_rest(door: str) -> None:
    app = make_app(door, build, strict_json=True)
    for value in ({"name": "ä\0", "price": 1e308}, {"name": "😀", "price": -0.5}):
        answer = ask(app, "/model", json.dumps(value).encode())
        assert (answer.status, answer.json()) == (200, value)
    nested = {"a": [{"a": 1}, {"a": [], "b": None}], "b": 2**70}
    assert ask(app, "/any", json.dumps(nested).encode()).json() == nested


def test_strict_json_says_what_is_wrong(door: str) -> None:
    answer = ask(make_app(door, build, strict_json=True), "/any", b'{"a": 1, "a": 2}')
    (finding,) = answer.json()["detail"]
    assert finding["type"] == "json_invalid"
    assert finding["ctx"]["error"] == "Key occurs twice in an object"


# --- max_error_input: J7 --------------------------------------------------------------------

SECRET = b'{"user": "u", "password": ["hunter2"], "age": "x"}'


def test_findings_may_not_repeat_any_input(door: str) -> None:
    answer = ask(make_app(door, build, max_error_input=0), "/login", SECRET)
    assert answer.status == 422
    assert b"hunter2" not in answer.body
    assert [finding["loc"][1] for finding in answer.json()["detail"]] == ["password", "age"]
    assert all("input" not in finding for finding in answer.json()["detail"])


def test_findings_may_not_repeat_long_input(door: str) -> None:
    app = make_app(door, build, max_error_input=100)
    large = json.dumps({"name": ["x" * 2**20], "price": "no"}).encode()
    answer = ask(app, "/model", large)
    assert answer.status == 422
    assert len(answer.body) < 1000
    assert [finding.get("input") for finding in answer.json()["detail"]] == [None, "no"]


def test_a_missing_field_repeats_its_parent_only_if_short(door: str) -> None:
    app = make_app(door, build, max_error_input=20)
    short, long = ask(app, "/model", b'{"a": 1}'), ask(app, "/model", b'{"password": "hunter2..."}')
    assert short.json()["detail"][0]["input"] == {"a": 1}
    assert b"hunter2" not in long.body


def test_findings_with_unwritable_input_are_limited_too(door: str) -> None:
    app = make_app(door, build, max_error_input=3)
    answer = ask(app, "/model", b'{"name": NaN, "price": [NaN, NaN]}')
    assert answer.status == 422
    assert [finding.get("input") for finding in answer.json()["detail"]] == [None, None]


def test_without_the_option_everything_is_repeated_as_in_fastapi(door: str) -> None:
    answer = ask(make_app(door, build), "/login", SECRET)
    assert [finding["input"] for finding in answer.json()["detail"]] == [["hunter2"], "x"]
