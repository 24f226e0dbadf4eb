"""Query strings and urlencoded forms: WHATWG URL 5.1, as urllib and Starlette read them."""

import time
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from python_multipart import QuerystringParser
from starlette.datastructures import QueryParams

from fasterapi._speedups import query
from tests.reference import query as reference

PIECES = [
    b"a",
    b"b",
    b"q",
    b"=",
    b"&",
    b"+",
    b"%",
    b"%2",
    b"%41",
    b"%C3%A9",
    b"%c3",
    b"%80",
    b"%00",
]
PIECES += [
    b"\xc3",
    b"\xa9",
    b"\xff",
    b"%F0%9F%98%80",
    b"%E2%82",
    b"%zz",
    b"%%",
    b"%+1",
    b";",
    b"\x00",
]
RAW = st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join) | st.binary(max_size=60)
NAME = st.sampled_from(["a", "", "q", " ", "é", "A", "+", "%", "aa", "ab", "\x00", "\ufffd"])


def urllib_pairs(raw: bytes) -> list[tuple[str, str]]:
    return parse_qsl(raw.decode("latin-1"), keep_blank_values=True)


@pytest.mark.parametrize(
    ("raw", "pairs"),
    [
        (b"", []),
        (b"&&", []),
        (b"a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
        (b"a", [("a", "")]),
        (b"=", [("", "")]),
        (b"a=b=c", [("a", "b=c")]),
        (b"a;b=1", [("a;b", "1")]),
        (b"a+b=c%20d%2B", [("a b", "c d+")]),
        (b"a=%C3%A9", [("a", "é")]),
        (b"a=%C3", [("a", "\ufffd")]),
        (b"a=%zz%", [("a", "%zz%")]),
        (b"a=\xe9", [("a", "é")]),
        (b"a=%C3\xa9", [("a", "\ufffd©")]),
    ],
)
def test_pairs_of(raw: bytes, pairs: list[tuple[str, str]]) -> None:
    assert query.parse_pairs(raw) == pairs


@given(raw=RAW)
@example(raw=b"a=" + b"%C3%A9" * 100)
@example(raw=b"a=" + b"%\xe9" * 200)
@example(raw=b"a=" + b"%41" * 85 + b"%4")
def test_pairs_agree_with_urllib_starlette_and_the_reference(raw: bytes) -> None:
    pairs = query.parse_pairs(raw)
    assert pairs == urllib_pairs(raw)
    assert pairs == QueryParams(raw).multi_items()
    assert pairs == reference.parse_pairs(raw)


@given(raw=RAW)
def test_forms_agree_with_the_parser_starlette_uses(raw: bytes) -> None:
    fields: list[list[bytes]] = []
    callbacks = {
        "on_field_start": lambda: fields.append([b"", b""]),
        "on_field_name": lambda data, start, end: fields[-1].__setitem__(0, data[start:end]),
        "on_field_data": lambda data, start, end: fields[-1].__setitem__(1, data[start:end]),
    }
    parser = QuerystringParser(callbacks)
    parser.write(raw)
    parser.finalize()
    texts = [[text.decode("latin-1").replace("+", " ") for text in field] for field in fields]
    assert query.parse_pairs(raw) == [(unquote(name), unquote(value)) for name, value in texts]


@given(raw=RAW, name=NAME | st.text(max_size=3))
def test_one_value_is_found_as_in_the_list(raw: bytes, name: str) -> None:
    pairs = query.parse_pairs(raw)
    assert query.find_last(raw, name) == reference.find_last(raw, name)
    assert query.find_last(raw, name) == QueryParams(raw).get(name)
    assert query.get_last(pairs, name) == reference.get_last(pairs, name)
    assert query.get_all(pairs, name) == QueryParams(raw).getlist(name)


@given(raw=RAW)
def test_every_name_of_the_list_is_found_in_the_raw_string(raw: bytes) -> None:
    for name, value in dict(query.parse_pairs(raw)).items():
        assert query.find_last(raw, name) == value


@given(raw=st.binary(max_size=40).map(lambda raw: bytes(byte & 0x7F for byte in raw)) | RAW)
@example(raw=b"/a%2Fb%20c+d%")
@example(raw=b"/" + b"%F0%9F%98%80" * 60)
def test_path_agrees_with_uvicorn(raw: bytes) -> None:
    def outcome(decode) -> str:
        try:
            return decode(raw)
        except UnicodeDecodeError as error:
            return str(error)

    expected = outcome(lambda raw: unquote(raw.decode("ascii")))
    assert outcome(query.unquote_path) == expected
    assert outcome(reference.unquote_path) == expected


@pytest.mark.parametrize("count", [8_000, 100_000])
@pytest.mark.parametrize("part", [b"a=1&", b"%61=%C3%A9&", b"&", b"a", b"%", b"=+"])
def test_time_is_linear_in_the_size(count: int, part: bytes) -> None:
    raw = part * count
    started = time.process_time()
    query.parse_pairs(raw)
    query.find_last(raw, "missing")
    query.unquote_path(raw)
    # 100 000 parameters take about 20 ms; a quadratic step would take minutes.
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "call",
    [
        lambda: query.parse_pairs(None),
        lambda: query.find_last(None, "a"),
        lambda: query.find_last(b"a=1", None),
        lambda: query.get_last(None, "a"),
        lambda: query.get_all(None, "a"),
        lambda: query.get_last([None], "a"),
        lambda: query.unquote_path(None),
        lambda: query.parse_pairs("text"),
    ],
)
def test_none_and_other_types_are_type_errors(call) -> None:
    with pytest.raises(TypeError):
        call()
