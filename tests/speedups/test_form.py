"""Forms in compiled code: what they read is what Starlette reads, and the rest is left to it."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from fasterapi._speedups.form import FormLimits, Replay, parse_form

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=B"


def shown(value: Any) -> Any:
    """Return what can be seen of a form's value."""
    if not isinstance(value, UploadFile):
        return value
    state = {**vars(value), "file": None, "headers": None}
    inner = {**vars(value.file), "_file": None}
    seen = (
        *(type(value), value.headers.raw, type(value.headers), type(value.file)),
        *(value.file.tell(), value.file.read(), value.file.closed, state, inner, repr(value)),
    )
    value.file.close()
    return seen


def starlette_form(body: bytes, content_type: str | None, **limits: Any) -> list[Any] | str:
    """Return the items that Starlette's own request finds, or its complaint."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [] if content_type is None else [(b"content-type", content_type.encode("latin-1"))]
    request = Request({"type": "http", "headers": headers}, receive)

    async def read() -> list[Any]:
        form = await request.form(**limits)
        return [(name, shown(value)) for name, value in form.multi_items()]

    try:
        read().send(None)
    except StopIteration as finished:
        return finished.value
    except MultiPartException as error:
        return error.message
    raise AssertionError("Starlette waits")


def assert_same(body: bytes, content_type: str | None, **limits: int) -> bool:
    """Compare both; return whether the compiled parser has read it itself."""
    raw = None if content_type is None else content_type.encode("latin-1")
    items = parse_form(body, raw, FormLimits(**limits))
    if items is None:
        return False
    found = [(name, shown(value)) for name, value in items]
    assert found == starlette_form(body, content_type, **limits)
    return True


# --- urlencoded -----------------------------------------------------------------------------

PIECES = [b"a", b"=", b"&", b"+", b"%", b"%41", b"%C3%A9", b"%c3", b";", b"\xe9", b"\x00", b"bc"]
FIELDS = st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join) | st.binary(max_size=60)


@given(body=FIELDS)
@example(body=b"")
@example(body=b"&&a=1&&")
@example(body=b"a=1;b=2")
def test_urlencoded_forms_are_read_as_by_starlette(body: bytes) -> None:
    assert assert_same(body, URLENCODED)


@given(body=FIELDS, fields=st.integers(0, 6), size=st.integers(0, 12))
def test_limits_of_urlencoded_forms_are_left_to_starlette(
    body: bytes, fields: int, size: int
) -> None:
    assert_same(body, URLENCODED, max_fields=fields, max_part_size=size)


@pytest.mark.parametrize(
    ("body", "limits", "is_read"),
    [
        (b"a=1&b=2", {"max_fields": 2}, True),
        (b"a=1&b=2&c", {"max_fields": 2}, False),
        (b"a=1", {"max_part_size": 2}, False),
        (b"", {"max_fields": 0, "max_part_size": 0}, True),
        (b"a=1&" * 1000, {}, True),
        (b"a=1&" * 1001, {}, False),
    ],
)
def test_limits_are_what_they_say(body: bytes, limits: dict[str, int], is_read: bool) -> None:
    assert assert_same(body, URLENCODED, **limits) is is_read


# --- content types --------------------------------------------------------------------------


@given(
    content_type=st.lists(
        st.sampled_from(
            ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ";", " ",
             "boundary", "=", "B", '"', "\t", "charset=utf-8", "BOUNDARY=", "\\", "\xa0", ",", "*"]
        ),
        max_size=6,
    ).map("".join),
    body=st.sampled_from([b"a=1", b"--B--\r\n", b'--B\r\nContent-Disposition: form-data; '
                          b'name="a"\r\n\r\n1\r\n--B--\r\n']),
)  # fmt: skip
@example(content_type="Application/X-WWW-Form-urlencoded ; charset=x", body=b"a=1")
@example(content_type="multipart/form-data;boundary=B", body=b"--B--")
def test_content_type_is_understood_as_by_starlette(content_type: str, body: bytes) -> None:
    assert_same(body, content_type)


def test_body_that_is_no_form_has_no_fields() -> None:
    assert assert_same(b"a=1", None)
    assert assert_same(b"a=1", "application/json")
    assert assert_same(b"a=1", "")


# --- multipart ------------------------------------------------------------------------------

NAMES = st.text(st.characters(codec="utf-8", exclude_characters='\r\n"\\;'), max_size=6)
CONTENTS = st.binary(max_size=30) | st.sampled_from([b"\r\n--B", b"--B", b"\r\n", b"\r", b"-"])


def part(name: str, content: bytes, filename: str | None, extra: bytes) -> bytes:
    named = "" if filename is None else f'; filename="{filename}"'
    disposition = f'Content-Disposition: form-data; name="{name}"{named}'.encode()
    return b"--B\r\n" + disposition + b"\r\n" + extra + b"\r\n" + content + b"\r\n"


EXTRA = st.sampled_from([b"", b"Content-Type: text/plain\r\n", b"X-A:b\r\ny: \xff\r\n", b"z:\r\n"])
PARTS = st.lists(st.builds(part, NAMES, CONTENTS, st.none() | NAMES, EXTRA), max_size=4)
BODIES = PARTS.map(lambda parts: b"".join(parts) + b"--B--\r\n")


@given(body=BODIES)
def test_multipart_forms_are_read_as_by_starlette(body: bytes) -> None:
    # A content that is a boundary makes another body of it, which may be none.
    is_plain = body.count(b"--B") == body.count(b"form-data") + 1
    assert assert_same(body, MULTIPART) or not is_plain


SPLICES = [
    *(b"", b"\r\n", b"\r", b"\n", b"--B\r\n", b"\r\n--B--", b" ", b"\t", b":", b";", b'"', b"\\"),
    *(b"-", b"name=", b'; name="x"', b"; filename=y", b"; filename*=UTF-8''z", b"\x00", b"\xe9"),
    *(b'Content-Disposition: form-data; name="q"\r\n', b"\r\n--B \r\n", b"=", b"FORM-DATA"),
]


@settings(max_examples=600)
@given(data=st.data())
def test_damaged_forms_are_read_as_by_starlette_or_left_to_it(data: st.DataObject) -> None:
    body = data.draw(BODIES)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body)))
        width = data.draw(st.integers(0, 4))
        body = body[:place] + data.draw(st.sampled_from(SPLICES)) + body[place + width :]
    assert_same(body, MULTIPART)


@given(body=BODIES, files=st.integers(0, 3), fields=st.integers(0, 3), size=st.integers(0, 9))
def test_limits_of_multipart_forms_are_left_to_starlette(
    body: bytes, files: int, fields: int, size: int
) -> None:
    assert_same(body, MULTIPART, max_files=files, max_fields=fields, max_part_size=size)


def test_common_spellings_are_read() -> None:
    for disposition in (
        'form-data; name="a"', 'form-data;name="a"', 'FORM-DATA; filename="f"; name="a"',
        'form-data; name="a" ; filename=""', 'form-data; name=""',
    ):  # fmt: skip
        body = f"--B\r\ncontent-DISPOSITION:  {disposition}\r\n\r\nx\r\n--B--".encode()
        assert assert_same(body, MULTIPART), disposition


@pytest.mark.parametrize("boundary", ["-" * 28 + "0123", "WebKit_x.y'z", "b" * 200])
def test_boundaries_of_clients_are_read(boundary: str) -> None:
    body = part("a", b"1", None, b"").replace(b"B", boundary.encode())
    body += b"--" + boundary.encode() + b"--"
    assert assert_same(body, f"multipart/form-data; boundary={boundary}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--B",
        b"--B\r\n",
        part("a", b"1", None, b""),
        part("a", b"1", None, b"") + b"--B-",
        b"preamble\r\n" + part("a", b"1", None, b"") + b"--B--",
        part("a", b"1", None, b"X: y\r\n" * 8) + b"--B--",
        part("a", b"1", None, b"X: " + b"y" * 4096 + b"\r\n") + b"--B--",
        part("a", b"x" * (2**20 + 1), None, b"") + b"--B--",
        part("a", b"x" * (2**20 + 1), "f", b"") + b"--B--",
    ],
)
def test_what_is_uncommon_is_left_to_starlette(body: bytes) -> None:
    assert parse_form(body, MULTIPART.encode(), FormLimits()) is None


def test_size_of_files_in_memory_is_the_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    body = part("a", b"12345", "f", b"") + b"--B--"
    for size, is_read in ((4, False), (5, True), (0, True), (2.5, False)):
        monkeypatch.setattr(MultiPartParser, "spool_max_size", size)
        assert assert_same(body, MULTIPART) is is_read
    monkeypatch.setattr(MultiPartParser, "spool_max_size", 5)
    assert assert_same(body, MULTIPART)


@pytest.mark.parametrize(
    ("owner", "name", "content_type"),
    [
        (FormParser, "on_field_end", URLENCODED),
        (FormParser, "parse", URLENCODED),
        (MultiPartParser, "on_part_end", MULTIPART),
        (UploadFile, "__init__", MULTIPART),
        (UploadFile, "write", MULTIPART),
    ],
)
def test_replaced_methods_are_used(
    owner: Any, name: str, content_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"a=1" if content_type is URLENCODED else part("a", b"1", "f", b"") + b"--B--"
    assert assert_same(body, content_type)
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *args, **kwargs: original(*args, **kwargs))
    assert not assert_same(body, content_type)
    monkeypatch.undo()
    assert assert_same(body, content_type)


@pytest.mark.parametrize("name", ["FormParser", "MultiPartParser", "parse_options_header"])
def test_replaced_parsers_are_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"starlette.requests.{name}", None)
    body, kind = (
        (b"a=1", URLENCODED)
        if name != "MultiPartParser"
        else (part("a", b"1", None, b"") + b"--B--", MULTIPART)
    )
    assert parse_form(body, kind.encode(), FormLimits()) is None


def test_time_is_linear_in_the_size() -> None:
    began = time.process_time()
    for filler in (b"\r\n", b"\r\n--", b"-", b"\r"):
        body = part("a", filler * 100_000, None, b"") + b"--B--"
        parse_form(body, MULTIPART.encode(), FormLimits())
        parse_form(filler * 400_000, MULTIPART.encode(), FormLimits())
    parse_form(b"&" * 10**6, URLENCODED.encode(), FormLimits(max_part_size=10**7))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "call",
    [
        lambda: parse_form(None, b"", FormLimits()),
        lambda: parse_form("text", b"", FormLimits()),
        lambda: parse_form(b"", "text", FormLimits()),
        lambda: parse_form(b"", b"", None),
        lambda: FormLimits(max_files="x"),
        lambda: Replay(None, None),
    ],
)
def test_none_and_other_types_are_type_errors(call: Any) -> None:
    with pytest.raises(TypeError):
        call()


# --- request.form() -------------------------------------------------------------------------


def messages(body: bytes, size: int) -> Iterable[dict[str, Any]]:
    pieces = [body[i : i + size] for i in range(0, len(body), size)] if size else [body]
    for index, piece in enumerate(pieces or [b""]):
        has_more = index + 1 < len(pieces)
        yield {"type": "http.request", "body": piece, "more_body": has_more}
    yield {"type": "http.disconnect"}


def asked(make: Any, body: bytes, content_type: str, size: int, options: dict[str, Any]) -> Any:
    """Return what *make*'s request says about its form, and what is left of it."""
    incoming = iter(messages(body, size))

    async def receive() -> Any:
        return next(incoming)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", content_type.encode())],
    }

    async def ask() -> Any:
        request = await make(scope, receive)
        try:
            form = await request.form(**options)
        except Exception as error:
            return type(error), str(error), request._stream_consumed, request._receive is receive
        again = await request.form()
        assert again is form
        assert type(form) is FormData
        items = [(name, shown(value)) for name, value in form.multi_items()]
        assert list(form) == list(dict(form.multi_items()))
        after = []
        try:
            after.append(await request.body())
        except RuntimeError as error:
            after.append(str(error))
        return items, after, request._stream_consumed, hasattr(request, "_body")

    return asyncio.run(ask())


async def genuine(scope: Any, receive: Any) -> Request:
    return Request({**scope, "app": None}, receive)


async def compiled(scope: Any, receive: Any) -> Request:
    from fasterapi import FastAPI

    found: list[Request] = []
    app = FastAPI()

    @app.post("/")
    async def endpoint(request: Request) -> None:
        found.append(request)

    async def send(message: Any) -> None: ...

    await app(dict(scope), receive, send)
    assert type(found[0]) is not Request
    return found[0]


@pytest.mark.parametrize("size", [0, 1, 7])
@pytest.mark.parametrize(
    ("body", "content_type", "options"),
    [
        (b"a=1&b=%C3%A9", URLENCODED, {}),
        (b"a=1&b=2", URLENCODED, {"max_fields": 1}),
        (b"a=1&b=2", URLENCODED, {"max_fields": float("inf")}),
        (b"a=1&b=2", URLENCODED, {"max_fields": 1.5}),
        (b"a=1", URLENCODED, {"max_part_size": 2}),
        (b"a=1", URLENCODED, {"max_nothing": 2}),
        (b"a=1", "text/plain", {}),
        (b"", URLENCODED, {}),
        (b"", MULTIPART, {}),
        (part("a", b"1", "f", b"") + part("b", b"2", None, b"") + b"--B--", MULTIPART, {}),
        (part("a", b"1", "f", b"") + b"--B--", MULTIPART, {"max_files": 0}),
        (part("a", b"1", None, b""), MULTIPART, {}),
        (b"nonsense", MULTIPART, {}),
        (b"x", "multipart/form-data", {}),
    ],
)
def test_request_shows_the_form_that_starlette_shows(
    body: bytes, content_type: str, options: dict[str, Any], size: int
) -> None:
    expected = asked(genuine, body, content_type, size, options)
    assert asked(compiled, body, content_type, size, options) == expected


def test_headers_of_files_are_starlettes() -> None:
    items = parse_form(part("a", b"1", "f", b"X-A: b\r\n") + b"--B--", MULTIPART.encode(),
                       FormLimits())  # fmt: skip
    assert items is not None
    file = items[0][1]
    assert type(file.headers) is Headers
    assert (file.headers["x-a"], file.content_type) == ("b", None)
    file.file.close()
