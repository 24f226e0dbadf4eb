"""`req`: what a handler sees of the request."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from fasterapi import App, Body, Form
from fasterapi.exceptions import HTTPException, RequestValidationError, UsageError
from fasterapi.short import ShortRequest
from fasterapi.testclient import TestClient

Ask = Callable[..., Any]


def test_plain_function_gets_the_request_by_name(ask: Ask) -> None:
    def handler(req):
        return {"id": req.path_params["id"], "thread": threading.current_thread().name}

    answer = ask(handler, url="/7", route={"path": "/{id}"}).json()
    assert answer["id"] == "7"
    assert answer["thread"] != threading.main_thread().name


def test_coroutine_function_stays_on_the_loop(ask: Ask) -> None:
    import asyncio

    async def handler(req):
        return {"running": asyncio.get_running_loop().is_running(), "path": req.path}

    assert ask(handler).json() == {"running": True, "path": "/"}


def test_attributes(ask: Ask) -> None:
    async def handler(req):
        return {
            "method": req.method,
            "path": req.path,
            "host": req.url.hostname,
            "query": req.query_params.get("q", "none"),
            "missing": req.query_params.get("missing", "none"),
            "all": req.query_params.getlist("q"),
            "header": req.headers.get("X-Word"),
            "cookies": req.cookies,
            "client": req.client.host,
            "body": len(req.body),
            "is_app": req.app is req.request.app,
        }

    assert ask(handler, url="/?q=a&q=b", headers={"x-word": "w", "cookie": "a=1; b=2"}).json() == {
        "method": "GET",
        "path": "/",
        "host": "testserver",
        "query": "b",
        "missing": "none",
        "all": ["a", "b"],
        "header": "w",
        "cookies": {"a": "1", "b": "2"},
        "client": "testclient",
        "body": 0,
        "is_app": True,
    }


def test_state_comes_from_middleware(app: App) -> None:
    @app.middleware("http")
    async def mark(request, call_next):
        request.state.user = "ana"
        return await call_next(request)

    @app.get("/")
    def handler(req):
        return {"user": req.state.user}

    assert TestClient(app).get("/").json() == {"user": "ana"}


def sync_json(req):
    return {"body": req.json}


async def async_json(req):
    return {"body": req.json}


@pytest.mark.parametrize("handler", [sync_json, async_json])
def test_json_is_an_attribute(ask: Ask, handler: Any) -> None:
    answer = ask(handler, "POST", json={"a": [1, 2.5, None, "ä"]})
    assert answer.json() == {"body": {"a": [1, 2.5, None, "ä"]}}


@pytest.mark.parametrize("handler", [sync_json, async_json])
def test_json_does_not_depend_on_the_content_type(ask: Ask, handler: Any) -> None:
    assert ask(handler, "POST", content=b"[1]").json() == {"body": [1]}


@pytest.mark.parametrize("handler", [sync_json, async_json])
@pytest.mark.parametrize("body", [b"{", b'{"a": }', b"[1,]", b"nul", b'"a'])
def test_broken_json_is_refused_as_a_declared_body_would_be(
    app: App, ask: Ask, handler: Any, body: bytes
) -> None:
    async def declared(value: Any = Body()):
        return value

    headers = {"content-type": "application/json"}
    answer = ask(handler, "POST", content=body, headers=headers)
    reference = ask(declared, "POST", content=body, headers=headers)
    assert answer.status_code == reference.status_code == 422
    assert answer.json() == reference.json()
    assert answer.json()["detail"][0]["type"] == "json_invalid"


@pytest.mark.parametrize("handler", [sync_json, async_json])
def test_json_of_an_empty_body_is_missing(ask: Ask, handler: Any) -> None:
    answer = ask(handler, "POST")
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": [{"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}]
    }


@pytest.mark.parametrize("body", [b'"\\ud800"', b'{"\\udc00": 1}'])
def test_lone_surrogates_are_refused_as_in_declared_bodies(ask: Ask, body: bytes) -> None:
    def declared(value: Any = Body()):
        return value

    headers = {"content-type": "application/json"}
    answer = ask(sync_json, "POST", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json() == ask(declared, "POST", content=body, headers=headers).json()


@pytest.mark.parametrize("body", [b"NaN", b'{"a": 1, "a": 2}', b"1e999", '"ä"'.encode("utf-16")])
def test_strict_json_holds_for_req_too(body: bytes) -> None:
    for is_strict in (True, False):
        app = App(strict_json=is_strict)
        app.post("/")(lambda req: str(req.json))
        assert TestClient(app).post("/", content=body).status_code == (422 if is_strict else 200)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff\xfe\x00\xd8", b"1" * 5000])
def test_bodies_that_break_parsers_are_refused(ask: Ask, body: bytes) -> None:
    answer = ask(sync_json, "POST", content=body)
    assert answer.status_code in (400, 422)


def request_with(body: bytes, content_type: str = "application/json") -> ShortRequest:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"content-type", content_type.encode())],
    }
    return ShortRequest(Request(scope), body)


def loads(body: bytes) -> Any:
    """What FastAPI parses, without strings that cannot be answered (see the body's tests)."""
    value = json.loads(body)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def outcome(parse: Callable[[], Any]) -> tuple[str, str]:
    try:
        return "value", repr(parse())  # repr: tells -0.0 from 0.0 and is equal for nan
    except (ValueError, RecursionError, RequestValidationError, HTTPException):
        return "refused", ""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.one_of(json_values.map(json.dumps).map(str.encode), st.binary(), st.text().map(str.encode))
)
def test_json_is_what_json_loads_gives(body: bytes) -> None:
    if body:
        assert outcome(lambda: request_with(body).json) == outcome(lambda: loads(body))


@given(st.from_regex(rb"[-+0-9.eE\[\]{},: \"\\uaADd8fnNI]{1,12}", fullmatch=True))
def test_json_is_what_json_loads_gives_for_near_misses(body: bytes) -> None:
    assert outcome(lambda: request_with(body).json) == outcome(lambda: loads(body))


def test_json_is_parsed_once_for_dependencies_and_handler() -> None:
    request = request_with(b'{"a": 1}')
    again = ShortRequest(request.request, b'{"a": 1}')
    assert request.json is again.json


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain", "ä€".encode(), "ä€"),
        ("text/plain; charset=latin-1", "ä".encode("latin-1"), "ä"),
        ('text/plain; charset="utf-16"', "ä".encode("utf-16"), "ä"),
        ("", b"", ""),
    ],
)
def test_text_is_decoded_by_its_charset(content_type: str, body: bytes, text: str) -> None:
    assert request_with(body, content_type).text == text


@pytest.mark.parametrize(
    "content_type", ["text/plain", "text/plain; charset=klingon", "a;charset="]
)
def test_text_that_cannot_be_decoded_is_the_clients_fault(content_type: str) -> None:
    with pytest.raises(HTTPException) as caught:
        _ = request_with(b"\xff", content_type).text
    assert caught.value.status_code == 400


def sync_form(req):
    picture = req.form.get("picture")
    file = None if picture is None else [picture.filename, picture.file.read().decode()]
    return {"name": req.form.get("name"), "file": file, "same": req.form is req.form}


@pytest.mark.parametrize("size", [3, 3_000_000])
def test_form_with_a_file(ask: Ask, size: int) -> None:
    answer = ask(sync_form, "POST", data={"name": "ana"}, files={"picture": ("a.txt", b"x" * size)})
    assert answer.json() == {"name": "ana", "file": ["a.txt", "x" * size], "same": True}


def test_urlencoded_form(ask: Ask) -> None:
    answer = ask(sync_form, "POST", data={"name": "a+b &c"})
    assert answer.json() == {"name": "a+b &c", "file": None, "same": True}


def test_other_bodies_are_an_empty_form(ask: Ask) -> None:
    assert ask(sync_form, "POST", json={"name": 1}).json()["name"] is None


def test_malformed_form_is_refused(ask: Ask) -> None:
    answer = ask(sync_form, "POST", content=b"x", headers={"content-type": "multipart/form-data"})
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_form_limits_hold(ask: Ask, kind: str) -> None:
    fields = {str(number): "x" for number in range(3)}
    sent: dict[str, Any] = {"data": fields}
    if kind == "multipart":
        sent = {"files": {name: (None, text) for name, text in fields.items()}}
    limited = {"form_limits": {"max_fields": 2, "max_files": 1}}
    assert ask(sync_form, "POST", route=limited, **sent).status_code == 400
    assert ask(sync_form, "POST", **sent).status_code == 200


def test_form_that_broke_off_is_refused(ask: Ask) -> None:
    broken = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert ask(sync_form, "POST", content=broken, headers=headers).status_code == 400
    assert ask(sync_form, "POST", content=broken + b"--x--", headers=headers).status_code == 200


def test_declared_form_fields_use_the_body_up(ask: Ask) -> None:
    async def handler(req, name: str = Form()):
        with pytest.raises(UsageError, match=r"use req\.form"):
            _ = req.body
        return {"name": name, "form": req.form["name"]}

    assert ask(handler, "POST", data={"name": "x"}).json() == {"name": "x", "form": "x"}


def test_declared_body_and_raw_body_go_together(ask: Ask) -> None:
    async def handler(req, item: dict[str, int]):
        return {"item": item, "body": req.body.decode(), "json": req.json}

    answer = ask(handler, "POST", json={"a": 1})
    assert answer.json() == {"item": {"a": 1}, "body": '{"a":1}', "json": {"a": 1}}


def test_body_in_pieces(ask: Ask) -> None:
    def handler(req):
        return {"body": req.body.decode()}

    pieces = (b"a", b"b", b"", b"c")
    assert ask(handler, "POST", content=iter(pieces)).json() == {"body": "abc"}


@pytest.mark.parametrize("handler", [sync_json, async_json])
def test_body_over_the_limit_is_refused(ask: Ask, handler: Any) -> None:
    answer = ask(handler, "POST", content=b"x" * 11, route={"max_body_size": 10})
    assert answer.status_code == 413


@pytest.mark.anyio
@pytest.mark.parametrize("handler", [sync_json, async_json])
async def test_client_that_went_away_is_no_server_error(app: App, handler: Any) -> None:
    app.post("/")(handler)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/",
        "root_path": "",
        "query_string": b"",
        "headers": [],
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 400
