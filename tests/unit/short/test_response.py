"""`res`: what a handler sets, and how it joins what the handler returns."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse

from fasterapi import App, Depends, Response
from fasterapi.encoded import InjectedResponse
from fasterapi.exceptions import UsageError
from fasterapi.short import ShortResponse
from fasterapi.testclient import TestClient

Ask = Callable[..., Any]


class Item(BaseModel):
    name: str
    price: float = 1.5


@pytest.fixture
def res() -> ShortResponse:
    return ShortResponse(InjectedResponse())


def test_every_method_returns_the_object(res: ShortResponse) -> None:
    assert res.status(201) is res
    assert res.set_header("x-a", "b") is res
    assert res.set_cookie("a", "b") is res
    assert res.delete_cookie("a") is res
    assert res.json({}) is res
    assert res.text("") is res
    assert res.html("") is res
    assert res.redirect("/") is res


def test_handler_returns_the_chain(ask: Ask) -> None:
    def handler(res):
        return res.status(201).set_header("X-A", "b").json({"a": 1})

    answer = ask(handler)
    assert (answer.status_code, answer.content) == (201, b'{"a":1}')
    assert answer.headers["x-a"] == "b"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("fill", "body", "content_type"),
    [
        (lambda res: res.text("ä"), "ä".encode(), "text/plain; charset=utf-8"),
        (lambda res: res.html("<p>ä"), "<p>ä".encode(), "text/html; charset=utf-8"),
        (lambda res: res.json(Item(name="x")), b'{"name":"x","price":1.5}', "application/json"),
        (
            lambda res: res.json({"d": dt.date(2024, 5, 6)}),
            b'{"d":"2024-05-06"}',
            "application/json",
        ),
        (lambda res: res.json(None), b"null", "application/json"),
        (lambda res: res.json(1).text("last"), b"last", "text/plain; charset=utf-8"),
        (lambda res: res.set_header("content-type", "text/csv").text("a"), b"a", "text/csv"),
    ],
)
@pytest.mark.parametrize("is_returned", [True, False])
def test_own_body(ask: Ask, fill: Any, body: bytes, content_type: str, is_returned: bool) -> None:
    def handler(res):
        fill(res)
        return res if is_returned else None

    answer = ask(handler)
    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers.get_list("content-type") == [content_type]
    assert answer.headers.get_list("content-length") == [str(len(body))]


def test_route_status_holds_unless_res_has_one(ask: Ask) -> None:
    def plain(res):
        return res.json(1)

    def chosen(res):
        return res.status(202).json(1)

    assert ask(plain, "POST", route={"status_code": 201}).status_code == 201
    assert ask(chosen, "POST", route={"status_code": 201}).status_code == 202


def returns_dict(res):
    return {"a": 1}


def returns_text(res):
    return "text"


def returns_bytes(res):
    return b"\x00"


def returns_response(res):
    return PlainTextResponse("own", 203, {"x-kept": "1", "x-set": "old"})


def returns_stream(res):
    return StreamingResponse(iter(["a", "b"]), 203)


def returns_model(res) -> Item:
    return Item(name="x")


def returns_nothing(res):
    return None


def returns_declared_none(res) -> Item | None:
    return None


def returns_res(res):
    return res


ALL = [
    returns_dict,
    returns_text,
    returns_bytes,
    returns_response,
    returns_stream,
    returns_model,
    returns_nothing,
    returns_declared_none,
    returns_res,
]


@pytest.mark.parametrize("handler", ALL)
@pytest.mark.parametrize("is_async", [True, False])
def test_what_is_set_joins_whatever_is_returned(ask: Ask, handler: Any, is_async: bool) -> None:
    def fill(res):
        res.status(202).set_header("X-Set", "new").set_cookie("a", "1").set_cookie("b", "2")
        return handler(res)

    async def fill_async(res):
        return fill(res)

    chosen = fill_async if is_async else fill
    chosen.__annotations__ = {k: v for k, v in handler.__annotations__.items() if k == "return"}
    answer = ask(chosen)
    assert answer.status_code == 202
    assert answer.headers.get_list("x-set") == ["new"]
    cookies = answer.headers.get_list("set-cookie")
    assert [cookie.partition(";")[0] for cookie in cookies] == ["a=1", "b=2"]
    if handler is returns_response:
        assert (answer.content, answer.headers["x-kept"]) == (b"own", "1")
    if handler is returns_stream:
        assert answer.content == b"ab"


@pytest.mark.parametrize(
    ("handler", "body"),
    [(returns_nothing, b"null"), (returns_declared_none, b"null"), (returns_res, b"")],
)
def test_untouched_response(ask: Ask, handler: Any, body: bytes) -> None:
    answer = ask(handler)
    assert (answer.status_code, answer.content) == (200, body)


@pytest.mark.parametrize("handler", ALL)
@pytest.mark.parametrize("status", [204, 304])
def test_status_without_body_drops_the_body(ask: Ask, handler: Any, status: int) -> None:
    def fill(res):
        res.status(status).set_header("etag", '"1"')
        return handler(res)

    answer = ask(fill)
    assert (answer.status_code, answer.content) == (status, b"")
    assert answer.headers["etag"] == '"1"'
    assert "content-length" not in answer.headers


def test_returned_response_is_not_changed_for_the_next_client(ask: Ask) -> None:
    shared = JSONResponse({"a": 1})

    def with_cookie(res):
        res.set_cookie("session", "secret")
        return shared

    assert "set-cookie" in ask(with_cookie).headers
    assert "set-cookie" not in shared.headers
    assert "set-cookie" not in ask(lambda: shared).headers


def test_headers_of_dependencies_reach_every_kind_of_answer(ask: Ask) -> None:
    def dependency(response: Response) -> None:
        response.headers["x-dependency"] = "1"

    def text(_=Depends(dependency)):
        return "text"

    def own(res, _=Depends(dependency)):
        return PlainTextResponse("own")

    for handler in (text, own):
        assert ask(handler).headers["x-dependency"] == "1"


def test_handlers_own_response_parameter_still_works(ask: Ask) -> None:
    def handler(res, response: Response):
        response.headers["x-one"] = "1"
        res.set_header("x-two", "2")
        return "text"

    def without_res(response: Response):
        response.headers["x-one"] = "1"
        return "text"

    assert {"x-one", "x-two"} <= ask(handler).headers.keys()
    answer = ask(without_res)
    assert (answer.text, answer.headers["x-one"]) == ("text", "1")


def test_content_type_replaces_the_usual_one(ask: Ask) -> None:
    def handler(res):
        res.set_header("content-type", "application/problem+json")
        return {"a": 1}

    answer = ask(handler)
    assert answer.headers.get_list("content-type") == ["application/problem+json"]
    assert answer.json() == {"a": 1}


def test_content_type_of_a_response_model_is_the_routes(app: App) -> None:
    @app.get("/")
    def handler(res) -> Item:
        res.set_header("content-type", "application/problem+json")
        return Item(name="x")

    with pytest.raises(UsageError, match="response_class="):
        TestClient(app).get("/")


BAD = ["a\r\nX: 1", "a\nb", "a\rb", "a\x00b", "a\x7fb", "a\x1bb"]


@pytest.mark.parametrize("bad", BAD)
def test_nothing_can_split_the_response(res: ShortResponse, bad: str) -> None:
    attempts: list[Callable[[], Any]] = [
        lambda: res.set_header("x-a", bad),
        lambda: res.set_header(bad, "a"),
        lambda: res.headers.append("x-a", bad),
        lambda: res.set_cookie(bad, "a"),
        lambda: res.set_cookie("a", bad),
        lambda: res.set_cookie("a", "b", path=bad),
        lambda: res.set_cookie("a", "b", domain=bad),
        lambda: res.set_cookie("a", "b", expires=bad),
        lambda: res.set_cookie("a", "b", samesite=bad),  # type: ignore[arg-type]
        lambda: res.delete_cookie(bad),
        lambda: res.delete_cookie("a", path=bad),
        lambda: res.redirect(bad),
    ]
    for attempt in attempts:
        with pytest.raises(ValueError, match=r"."):
            attempt()
    assert res.response.raw_headers == []
    assert res.status_code is None


@pytest.mark.parametrize("part", ["path", "domain", "expires"])
def test_attribute_of_a_cookie_cannot_add_another(res: ShortResponse, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        res.set_cookie("a", "b", **{part: "x; HttpOnly"})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a b", "a:b", "ä"])
def test_header_names_are_tokens(res: ShortResponse, name: str) -> None:
    with pytest.raises(ValueError, match="header name"):
        res.set_header(name, "a")


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Connection"])
def test_framing_is_the_servers(res: ShortResponse, name: str) -> None:
    with pytest.raises(ValueError, match="set by the server"):
        res.set_header(name, "1")


@pytest.mark.parametrize("status", [0, 99, 100, 199, 600, True, 200.0, "200", None])
def test_status_is_a_final_one(res: ShortResponse, status: Any) -> None:
    with pytest.raises(ValueError, match="200 to 599"):
        res.status(status)


def test_header_value_may_be_a_number(res: ShortResponse) -> None:
    assert res.set_header("x-count", 3).headers["x-count"] == "3"
    assert res.set_header("X-Count", 4).headers.getlist("x-count") == ["4"]
    with pytest.raises(TypeError):
        res.set_header("x-a", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "before", "status"),
    [
        (("/b",), None, 307),
        (("/b",), 301, 301),
        (("/b",), 404, 307),
        (("/b", 303), 301, 303),
    ],
)
def test_redirect(ask: Ask, arguments: Any, before: int | None, status: int) -> None:
    def handler(res):
        if before is not None:
            res.status(before)
        return res.redirect(*arguments)

    answer = ask(handler)
    assert (answer.status_code, answer.headers["location"], answer.content) == (status, "/b", b"")


def test_cookie_set_as_header_leaves_the_others(res: ShortResponse) -> None:
    res.set_cookie("a", "1").set_header("Set-Cookie", "b=2")
    assert len(res.headers.getlist("set-cookie")) == 2


def test_redirect_encodes_and_keeps_to_redirects(res: ShortResponse) -> None:
    assert res.redirect("/ä b").headers["location"] == "/%C3%A4%20b"
    with pytest.raises(ValueError, match="300 to 399"):
        res.redirect("/", 200)


def test_cookie_attributes(res: ShortResponse) -> None:
    res.set_cookie(
        "a", "b", max_age=60, path="/x", domain="e.org", secure=True, httponly=True, samesite=None
    )
    assert res.headers["set-cookie"] == ("a=b; Domain=e.org; HttpOnly; Max-Age=60; Path=/x; Secure")


def test_deleted_cookie_is_expired(res: ShortResponse) -> None:
    assert "Max-Age=0" in res.delete_cookie("a").headers["set-cookie"]
