"""Header look-ups, cookies, negotiation, forwarded addresses.

RFC 9110 sections 5 and 12.5, RFC 6265, RFC 7239; otherwise as Starlette and FastAPI do it.
"""

import time
from email.message import Message

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from fasterapi._speedups import forwarded, headers, negotiation
from tests.reference import headers as reference

Fields = list[tuple[bytes, bytes]]

NAMES = [b"host", b"accept", b"cookie", b"Host", b"COOKIE", b"cookie2", b""]
RAW = st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=6)), max_size=6)


def joined(*pieces: str, max_size: int = 20) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=max_size).map("".join)


# --- look-ups ----------------------------------------------------------------------------------


@given(raw=RAW, name=st.sampled_from([b"host", b"cookie", b"", b"missing"]))
def test_lookups_agree_with_the_reference(raw: Fields, name: bytes) -> None:
    assert headers.find(raw, name) == reference.find(raw, name)
    assert headers.find_all(raw, name) == reference.find_all(raw, name)
    assert headers.find_all([list(field) for field in raw], name) == headers.find_all(raw, name)


@given(raw=RAW)
def test_lower_case_names_are_found_as_starlette_finds_them(raw: Fields) -> None:
    raw = [(name.lower(), value) for name, value in raw]
    found = headers.find(raw, b"cookie")
    text = Headers(raw=raw).get("cookie")
    assert found == (None if text is None else text.encode("latin-1"))
    values = [value.decode("latin-1") for value in headers.find_all(raw, b"cookie")]
    assert values == Headers(raw=raw).getlist("cookie")


def test_only_ascii_letters_have_two_cases() -> None:
    assert headers.find([(b"a\xc9", b"1"), (b"@", b"2")], b"a\xe9") is None
    assert headers.find([(b"@[", b"1")], b"`{") is None


def test_odd_entries() -> None:
    assert headers.find([("host", b"1"), (b"host", bytearray(b"2"))], b"host") == b"2"
    with pytest.raises(TypeError, match="value of header b'host' must be bytes, got str"):
        headers.find([(b"host", "1")], b"host")
    with pytest.raises(ValueError, match="unpack"):
        headers.find([(b"host",)], b"host")


# --- content type ------------------------------------------------------------------------------


def read_as_json(value: bytes) -> bool:
    """FastAPI's rule."""
    message = Message()
    message["content-type"] = value.decode("latin-1")
    subtype = message.get_content_subtype()
    is_json = subtype == "json" or subtype.endswith("+json")
    return message.get_content_maintype() == "application" and is_json


TYPES = joined(
    "application",
    "/",
    "json",
    "+json",
    "+",
    ";",
    " ",
    "\t",
    "x",
    "JSON",
    "text",
    "\xa0",
    "\x0b",
    "é",
)


@given(text=TYPES | joined("application/", "json", "+", "x", ";", " ", max_size=5))
@example(text="application/json; charset=utf-8")
@example(text="application/vnd.api+json")
@example(text="application/+json")
@example(text="application/xjson")
@example(text="json")
def test_json_content_type_is_fastapis(text: str) -> None:
    value = text.encode("latin-1")
    answer = headers.json_content_type(value)
    assert answer == reference.json_content_type(value)
    if answer is not None:
        assert answer == read_as_json(value)


@pytest.mark.parametrize(
    "value", [b"application/json", b"Application/JSON ;a=b", b"application/a+json"]
)
def test_plain_values_are_sure(value: bytes) -> None:
    assert headers.json_content_type(value) is True


# --- cookies -----------------------------------------------------------------------------------

COOKIES = joined(
    "a", "b", "=", ";", " ", '"', "\\", "\\1", "012", "377", "9", "\n", "é", "€", "\xa0", "\x1c"
)


@given(header=COOKIES | st.text(max_size=30))
@example(header='a="\\"x\\"\\054\\400"; b; =c; d=; a=2')
@example(header='a="\\')
@example(header='a="\\"')
@example(header='a="\\\n"')
def test_cookies_agree_with_starlette(header: str) -> None:
    assert headers.parse_cookies(header) == cookie_parser(header)
    assert headers.parse_cookies(header) == reference.parse_cookies(header)


@pytest.mark.parametrize("part", ["a=1;", ";", " ", "=", "\\", '"\\', "\\1", "a"])
def test_cookie_time_is_linear_in_the_size(part: str) -> None:
    header = 'c="' + part * (300 * 1024 // len(part)) + '"'
    started = time.process_time()
    headers.parse_cookies(header)
    assert time.process_time() - started < 2


# --- negotiation -------------------------------------------------------------------------------

OFFERED = ("br", "zstd", "gzip")
CODINGS = joined(
    "gzip", "x-gzip", "br", "zstd", "GZIP", "identity", "*", ",", ", ", ";q=", "; q=", ";Q=", "0",
    "1", "0.5", "0.001", "1.000", "1.001", "2", ".", ";", "x", '"', "\\", " ", "\t",
)  # fmt: skip


@given(accept=CODINGS.map(str.encode) | st.binary(max_size=20))
def test_coding_agrees_with_the_reference(accept: bytes) -> None:
    for offered in (OFFERED, ("gzip",), (), ("gzip", "identity")):
        expected = reference.negotiate(accept, offered)
        assert negotiation.negotiate(accept, offered) == expected


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, "identity"),
        (b"", "identity"),
        (b"gzip, deflate, br, zstd", "br"),
        (b"gzip;q=1.0, br;q=0.5", "gzip"),
        (b"x-gzip", "gzip"),
        (b"*", "br"),
        (b"br;q=0, *", "zstd"),
        (b"gzip;q=0.5, identity", "identity"),
        (b"gzip;q=0", "identity"),
        (b"deflate, identity;q=0", None),
        (b"*;q=0", None),
        (b"*;q=0, identity", "identity"),
        (b"*;q=0, gzip", "gzip"),
        (b"gzip;q=5", "identity"),
        (b"gzip;q=0.5;q=0", "gzip"),
    ],
)
def test_coding_by_rfc_9110(accept: bytes | None, coding: str | None) -> None:
    assert negotiation.negotiate(accept, OFFERED) == coding


RANGES = joined(
    "text/html", "text/*", "*/*", "*", "text/plain", "TEXT/HTML", ",", ", ", ";level=1", ";q=",
    ";q=0", "; q=0.5", "0", "1", ";", '"', ",", "\\", " ", "/",
)  # fmt: skip


@given(accept=RANGES.map(str.encode) | st.binary(max_size=20))
def test_media_type_agrees_with_the_reference(accept: bytes) -> None:
    for media_type in ("text/html", "application/json", "Text/Plain"):
        expected = reference.accepts(accept, media_type)
        assert negotiation.accepts(accept, media_type) == expected


@pytest.mark.parametrize(
    ("accept", "is_accepted"),
    [
        (None, True),
        (b" ", True),
        (b"*/*", True),
        (b"text/*;q=0.1", True),
        (b"application/json", False),
        (b"text/html;q=0, */*", False),
        (b"text/html;level=1;q=0, text/*", False),
        (b'text/html;a="x,y;q=0";q=1', True),
        (b'application/json;a="x, text/html"', False),
        (b"text/html;q=0.5, text/*;q=0", True),
    ],
)
def test_media_type_by_rfc_9110(accept: bytes | None, is_accepted: bool) -> None:
    assert negotiation.accepts(accept, "text/html") is is_accepted


def test_media_type_needs_a_subtype() -> None:
    with pytest.raises(ValueError, match="media_type must be type/subtype, got 'text'"):
        negotiation.accepts(b"text/*", "text")


# --- forwarded ---------------------------------------------------------------------------------

PROXY, CLIENT, FORGED = "10.0.0.1", "192.0.2.7", "203.0.113.9"
ADDRESSES = joined(
    PROXY, "10.0.0.2", CLIENT, "::1", "[::1]", "[::1]:80", ":80", ",", ", ", " ", "unknown", "_x",
    "é", max_size=7,
)  # fmt: skip
NODES = joined(
    "for=", "FOR=", PROXY, CLIENT, '"[::1]:80"', ";", ",", "proto=", "https", "host=",
    "a.example:80", '"', "\\", '"a\\.b"', " ", "by=_x", "for=10.0.0.2, ",
)  # fmt: skip
TRUSTED = st.sampled_from([{PROXY}, {PROXY, "10.0.0.2", "::1"}, frozenset(), 0, 1, 2, 3])


@given(hops=ADDRESSES, schemes=joined("https", "HTTP", ",", " ", "x", max_size=4), trusted=TRUSTED)
def test_x_forwarded_agrees_with_the_reference(hops: str, schemes: str, trusted) -> None:
    raw = [
        (b"x-forwarded-for", hops.encode("latin-1")),
        (b"X-Forwarded-Proto", schemes.encode("latin-1")),
    ]
    for fields in (raw, raw[:1], raw[1:], raw * 2, []):
        expected = reference.forwarded_for(fields, PROXY, trusted)
        assert forwarded.forwarded_for(fields, PROXY, trusted) == expected


@given(lines=st.lists(NODES, max_size=3), trusted=TRUSTED)
def test_forwarded_agrees_with_the_reference(lines: list[str], trusted) -> None:
    raw = [(b"forwarded", line.encode("latin-1")) for line in lines]
    expected = reference.forwarded(raw, PROXY, trusted)
    assert forwarded.forwarded(raw, PROXY, trusted) == expected


def test_right_most_untrusted_address_wins() -> None:
    raw = [
        (b"x-forwarded-for", f"{FORGED}, {CLIENT}, 10.0.0.2".encode()),
        (b"x-forwarded-proto", b"https"),
    ]
    trusted = {PROXY, "10.0.0.2"}
    assert forwarded.forwarded_for(raw, PROXY, trusted) == (CLIENT, "https", None)
    assert forwarded.forwarded_for(raw, PROXY, 2) == (CLIENT, "https", None)


@given(
    forged=NODES.filter(lambda text: "\\" not in text)
    | st.binary().map(lambda raw: raw.decode("latin-1"))
)
def test_client_cannot_change_what_the_proxy_says_in_a_field_of_its_own(forged: str) -> None:
    said = f'for={CLIENT};proto=https;host="a.example"'.encode()
    raw = [(b"forwarded", forged.encode("latin-1")), (b"forwarded", said)]
    assert forwarded.forwarded(raw, PROXY, {PROXY}) == (CLIENT, "https", "a.example")


@given(forged=st.binary(max_size=30))
def test_client_cannot_pass_for_another_address(forged: bytes) -> None:
    raw = [(b"forwarded", forged + b", for=" + CLIENT.encode())]
    assert forwarded.forwarded(raw, PROXY, {PROXY})[0] in (CLIENT, None)
    raw = [(b"x-forwarded-for", forged + b", " + CLIENT.encode())]
    assert forwarded.forwarded_for(raw, PROXY, {PROXY})[0] == CLIENT


def test_nothing_is_believed_from_a_peer_that_is_not_trusted() -> None:
    raw = [(b"x-forwarded-for", b"192.0.2.7"), (b"forwarded", b"for=192.0.2.7")]
    assert forwarded.forwarded_for(raw, FORGED, {PROXY}) == (None, None, None)
    assert forwarded.forwarded(raw, FORGED, {PROXY}) == (None, None, None)


@pytest.mark.parametrize(
    ("line", "result"),
    [
        (b'For="[2001:db8::17]:4711"', ("2001:db8::17", None, None)),
        (b"for=192.0.2.60;proto=http;by=203.0.113.43", ("192.0.2.60", "http", None)),
        (b"for=_hidden;host=a.example;proto=https", (None, "https", "a.example")),
        (b"for=192.0.2.60;proto=ftp;host=a/b", ("192.0.2.60", None, None)),
        (b"for=192.0.2.60;for=192.0.2.61", (None, None, None)),
        (b'for="192.0.2.60', (None, None, None)),
    ],
)
def test_forwarded_by_rfc_7239(line: bytes, result: tuple[str | None, ...]) -> None:
    assert forwarded.forwarded([(b"forwarded", line)], PROXY, {PROXY}) == result


# --- wrong types -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda: headers.find(None, b"a"),
        lambda: headers.find([], None),
        lambda: headers.find_all([], None),
        lambda: headers.json_content_type(None),
        lambda: headers.parse_cookies(None),
        lambda: negotiation.negotiate(b"gzip", None),
        lambda: negotiation.negotiate(b"gzip", (None,)),
        lambda: negotiation.accepts(b"a", None),
        lambda: forwarded.forwarded(None, "", set()),
        lambda: forwarded.forwarded([], "", None),
    ],
)
def test_none_is_a_type_error(call) -> None:
    with pytest.raises(TypeError):
        call()
