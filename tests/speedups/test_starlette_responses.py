"""Compiled methods in Starlette's response classes do what Starlette's own do, for every input."""

import enum
import inspect
import json
import os
import pickle
import subprocess
import sys
from collections import OrderedDict, UserDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette import responses
from starlette.background import BackgroundTask
from starlette.datastructures import URL, Headers, MutableHeaders

import fasterapi.responses  # noqa: F401 - exchanges them
from fasterapi import _starlette_responses as exchanged
from fasterapi._speedups.cookies import cookie_text
from fasterapi._speedups.starlette_responses import REPLACEMENTS

TASK = BackgroundTask(print)


class Colour(enum.StrEnum):
    RED = "red"


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Typed(responses.JSONResponse):
    media_type = "application/vnd.x+json"


class Latin(responses.PlainTextResponse):
    charset = "latin-1"


class Rendered(responses.JSONResponse):
    def render(self, content: Any) -> bytes:
        return b"(" + super().render(content) + b")"


class Marked(responses.Response):
    media_type = "text/csv"

    def init_headers(self, headers: Any = None) -> None:
        super().init_headers({**dict(headers or {}), "X-Mark": "1"})


class Early(responses.JSONResponse):
    """Sets what the constructor reads before it runs, and changes what it has written."""

    def __init__(self, content: Any = None, **options: Any) -> None:
        self.media_type = "text/early"
        self.charset = "utf-16"
        self.render = lambda given: repr(given).encode()  # type: ignore[method-assign]
        super().__init__(content, **options)
        self.headers["x-late"] = "1"


class Mixed(Marked, responses.JSONResponse):
    pass


class Slotted(responses.Response):
    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(f"_{name}" if name == "background" else name, value)


CLASSES = (
    *(responses.Response, responses.JSONResponse, responses.HTMLResponse),
    *(responses.PlainTextResponse, Typed, Latin, Rendered, Marked, Early, Mixed, Slotted),
)
WORDS = st.text(max_size=4) | st.sampled_from(["a", "Ä", "€", "\ud800", "\x00", 'q"\\', "x\r\ny"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | WORDS
    | st.sampled_from([Colour.RED, Text("t"), Number(3), 1e16, 1e-5, object, b"raw"])
)
KEYS = WORDS | st.sampled_from([1, 1.5, None, True, Text("k"), Colour.RED, (1,), "_sa_x"])
CONTENT = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(OrderedDict)
    ),
    max_leaves=6,
) | st.sampled_from([b"bytes", memoryview(b"view"), memoryview(b"v12345")[::2], "text", ""])
NAMES = st.sampled_from(
    ["X-A", "x-a", "Content-Type", "content-length", "CONTENT-LENGTH", "Ä", "€", "\ud800", 5, b"x"]
)
HEADERS = st.none() | st.dictionaries(
    NAMES, st.sampled_from(["", "v", "é", "€", "0", "text/x", 1, b"v", Text("t")]), max_size=3
).flatmap(
    lambda fields: st.sampled_from(
        [fields, UserDict(fields), OrderedDict(fields), list(fields.items()), Headers({"A": "b"})]
    )
)
STATUSES = st.sampled_from([200, 201, 199, 204, 304, 205, 404, HTTPStatus.CREATED, 1.5, None, "x"])
MEDIA_TYPES = st.sampled_from(
    (
        *(None, "text/plain", "text/html", "text/x", "TEXT/plain", "text/plain; Charset=x", "a/b"),
        *(Text("text/plain"), Text("application/json"), "", "€", "application/json", 3),
    )
)


@contextmanager
def genuine() -> Iterator[None]:
    """Have Starlette's own methods in place."""
    exchanged.restore()
    try:
        yield
    finally:
        exchanged.install()


def seen(make: Callable[[], Any]) -> Any:
    """Return everything that can be seen of what *make* returns or raises."""
    try:
        made = make()
    except Exception as error:
        return type(error), str(error)
    state = {name: value for name, value in vars(made).items() if name != "render"}
    if isinstance(state.get("body"), memoryview):
        state["body"] = "view", state["body"].format, bytes(state["body"])
    if "_headers" in state:
        headers = state.pop("_headers")
        state["headers"] = type(headers), vars(headers), headers.raw is made.raw_headers
    kinds = [type(part) for pair in made.raw_headers for part in pair]
    return type(made), list(state), repr(state), type(made.raw_headers), kinds


def check(make: Callable[[], Any]) -> None:
    with genuine():
        expected = seen(make)
    assert seen(make) == expected


def test_every_method_of_the_installed_starlette_is_known() -> None:
    # If a later Starlette fails here: read its changes, mend, add the digests of its texts.
    assert exchanged.replaced() == sorted(REPLACEMENTS)


@given(st.sampled_from(CLASSES), CONTENT, STATUSES, HEADERS, MEDIA_TYPES)
def test_constructors(cls: Any, content: Any, status: Any, headers: Any, media_type: Any) -> None:
    check(
        lambda: cls(
            content,
            status_code=status,
            headers=headers,
            media_type=media_type,
            background=TASK,
        )
    )


@given(st.sampled_from(CLASSES), CONTENT)
def test_constructors_with_defaults(cls: Any, content: Any) -> None:
    check(lambda: cls(content))


@given(
    WORDS
    | st.sampled_from(
        [URL("http://x/é?a=b c"), 5, Text("/x"), "/a%20b?c=d&e=f#g", "http://h:1/[x]~'()*+,;@$"]
    ),
    STATUSES,
    HEADERS,
)
def test_redirects(url: Any, status: Any, headers: Any) -> None:
    check(lambda: responses.RedirectResponse(url, status, headers=headers))


async def chunks() -> AsyncIterator[bytes]:
    yield b"a"


@given(st.sampled_from([[b"a"], (), "text", 5, None, chunks]), STATUSES, HEADERS, MEDIA_TYPES)
def test_streams(content: Any, status: Any, headers: Any, media_type: Any) -> None:
    def make() -> Any:
        given = content() if content is chunks else content
        made = responses.StreamingResponse(given, status, headers, media_type, TASK)
        body: Any = made.body_iterator
        made.body_iterator = f"{type(body)} {body.__name__}"  # type: ignore[assignment]
        return made

    check(make)


def test_constructors_refuse_wrong_arguments_alike() -> None:
    for call in (
        lambda: responses.Response(1, 2, 3, 4, 5, 6),  # type: ignore[call-arg,arg-type]
        lambda: responses.JSONResponse(),  # type: ignore[call-arg]
        lambda: responses.Response(contents=1),  # type: ignore[call-arg]
        lambda: responses.Response().render(),  # type: ignore[call-arg]
    ):
        with pytest.raises(TypeError):
            call()
        with genuine(), pytest.raises(TypeError):
            call()


COOKIE_TEXT = st.sampled_from(
    (
        *("a", "session", "a b", "a=b/c==", "", "é", "€", 'q"', "a;b", "a,b", "\x01", "path"),
        *("Expires", "x" * 50, "__Host-id", "a\r\nb", "v:1", "[1]", Text("t"), 5, None),
    )
) | st.text(st.characters(max_codepoint=126, min_codepoint=33), max_size=6)


@given(
    COOKIE_TEXT,
    COOKIE_TEXT,
    st.fixed_dictionaries(
        {},
        optional={
            "max_age": st.sampled_from([None, 0, -1, 3600, 10**30, True, "5", 1.5]),
            "expires": st.sampled_from(
                (
                    *(None, "Wed, 21 Oct 2026 07:28:00 GMT", "", 0, -5, 3600, 10**12, True, 1.5),
                    *(datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2027, 1, 2, 3, 4, 5)),
                    datetime(2027, 1, 2, tzinfo=timezone(timedelta(hours=1))),
                )
            ),
            "path": COOKIE_TEXT,
            "domain": COOKIE_TEXT,
            "secure": st.sampled_from([True, False, 1, ""]),
            "httponly": st.sampled_from([True, False, 1, ""]),
            "samesite": st.sampled_from([None, "lax", "Strict", "NONE", "x", "", 3]),
            "partitioned": st.sampled_from([False, False, True]),
        },
    ),
)
def test_cookies(key: Any, value: Any, options: dict[str, Any]) -> None:
    def make() -> responses.Response:
        response = responses.Response()
        response.set_cookie(key, value, **options)
        return response

    with mock.patch("time.time", return_value=1_800_000_000.25):
        check(make)


def test_common_cookies_are_written_in_compiled_code() -> None:
    assert cookie_text("session", "a=b/c==", max_age=60, httponly=True, secure=True) == (
        'session="a=b/c=="; HttpOnly; Max-Age=60; Path=/; SameSite=lax; Secure'
    )
    assert cookie_text("a", "", expires=0) is not None


def test_deleted_cookies() -> None:
    def make() -> responses.Response:
        response = responses.Response()
        response.delete_cookie("a", path="/x", domain="example.org")
        return response

    with mock.patch("time.time", return_value=1_800_000_000.25):
        check(make)


FIELDS = st.lists(
    st.tuples(st.sampled_from([b"x-a", b"x-b", b"content-type"]), st.just(b"v"))
    | st.sampled_from([[b"x-a", b"v"], (b"x-a",), ("x-a", "v"), (b"x-a", b"v", b"w")]),
    max_size=4,
)


@given(FIELDS, NAMES, st.sampled_from(["v", "é", "€", 5, Text("t")]), st.booleans())
def test_headers_are_set_alike(fields: list[Any], name: Any, value: Any, is_tuple: bool) -> None:
    def make() -> responses.Response:
        response = responses.Response()
        response.raw_headers = tuple(fields) if is_tuple else list(fields)  # type: ignore[assignment]
        response.headers[name] = value
        return response

    check(make)


def test_classes_and_their_looks_stay_as_they_were() -> None:
    for name in REPLACEMENTS:
        owner, attribute = name.split(".")
        found: Any = vars(getattr(responses, owner))[attribute]
        found = found.fget if isinstance(found, property) else found
        with genuine():
            original: Any = vars(getattr(responses, owner))[attribute]
            original = original.fget if isinstance(original, property) else original
            assert inspect.isfunction(original)
        assert found.__wrapped__ is original
        assert inspect.signature(found) == inspect.signature(original)
        assert (found.__qualname__, found.__module__) == (
            original.__qualname__,
            original.__module__,
        )


def test_instances_can_be_pickled() -> None:
    made = responses.JSONResponse({"a": 1}, headers={"x": "y"})
    assert vars(pickle.loads(pickle.dumps(made))) == vars(made)


def test_what_programs_replace_is_called() -> None:
    with mock.patch.object(responses.JSONResponse, "render", return_value=b"mine"):
        assert responses.JSONResponse({}).body == b"mine"
        assert Typed({}).body == b"mine"
    with mock.patch.object(responses.Response, "init_headers", autospec=True) as replaced:
        responses.Response("x")
        assert replaced.call_count == 1
    with mock.patch.object(responses.Response, "__init__", return_value=None) as begun:
        responses.JSONResponse({"a": 1}, 201)
        begun.assert_called_once_with({"a": 1}, 201, None, None, None)
    with mock.patch("json.dumps", return_value="text"):
        assert responses.JSONResponse({"a": 1}).body == b"text"
    with mock.patch.object(json.JSONEncoder, "encode", return_value="text"):
        assert responses.JSONResponse({"a": 1}).body == b"text"
    assert responses.JSONResponse({"a": 1}).body == b'{"a":1}'


def test_a_patched_json_encoder_writes_what_json_refuses() -> None:
    with mock.patch.object(json.JSONEncoder, "default", lambda _self, value: str(value)):
        assert responses.JSONResponse({"a": 1j}).body == b'{"a":"1j"}'


def test_what_was_replaced_before_is_left_alone() -> None:
    exchanged.restore()
    try:
        with mock.patch.object(MutableHeaders, "__setitem__"):
            exchanged.install()
            assert "MutableHeaders.__setitem__" not in exchanged.replaced()
    finally:
        exchanged.restore()
        exchanged.install()


def test_restoring_leaves_what_others_have_put_there() -> None:
    with mock.patch.object(responses.Response, "render", return_value=b"other"):
        exchanged.restore()
        try:
            assert responses.Response("x").body == b"other"
        finally:
            exchanged.install()
    assert exchanged.replaced() == sorted(REPLACEMENTS)


def test_a_variable_leaves_starlette_as_it_is() -> None:
    program = (
        "import fasterapi.responses, inspect; from starlette.responses import JSONResponse;"
        "assert inspect.isfunction(JSONResponse.render)"
    )
    environment = {**os.environ, exchanged.SWITCH: "1"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
