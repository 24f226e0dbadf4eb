"""Response heads and the check of fields: RFC 9112 sections 4 and 5, RFC 9110 section 5."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fasterapi._speedups import head
from tests.reference import head as reference

Fields = list[tuple[bytes, bytes]]

NAMES = st.sampled_from(
    [b"content-type", b"X-A", b"x", b"~!", b"", b"a b", b"a:", b"a\r\n", b"\xe9"]
)
VISIBLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
VALUES = st.binary(max_size=24) | VISIBLE.map(str.encode)
FIELDS = st.lists(st.tuples(NAMES | st.binary(max_size=12), VALUES), max_size=5)
GOOD = st.lists(
    st.tuples(st.sampled_from([b"server", b"date"]), VISIBLE.map(str.encode)), max_size=3
)
CONTROLS = [code for code in (*range(32), 127) if code != 9]


def outcome(call, *arguments):
    try:
        return call(*arguments)
    except ValueError as error:
        return str(error)


def test_known_status_has_its_reason() -> None:
    encoded = head.encode_head(404, [(b"content-length", b"0")])
    assert encoded == b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


def test_unknown_status_keeps_the_space_before_its_empty_reason() -> None:
    assert head.encode_head(599, []) == b"HTTP/1.1 599 \r\n\r\n"
    assert head.encode_head(999, []) == b"HTTP/1.1 999 \r\n\r\n"


@pytest.mark.parametrize("status", [99, 1000, -1, 0, 2**40])
def test_status_out_of_range_is_refused(status: int) -> None:
    with pytest.raises(ValueError, match=f"status must be 100 to 999, got {status}"):
        head.encode_head(status, [])


def test_prepared_fields_length_and_body_are_one_message() -> None:
    common = head.FieldLines([(b"server", b"a")])
    own = head.FieldLines([(b"content-type", b"text/plain")])
    assert head.encode_head(200, [(b"x", b"")], common, own, 2, b"hi") == (
        b"HTTP/1.1 200 OK\r\nserver: a\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n"
        b"x: \r\n\r\nhi"
    )


@given(status=st.integers(-10, 1100), fields=FIELDS)
@example(status=200, fields=[(b"a", b"x" * 7 + b"\x7f")])
@example(status=200, fields=[(b"a", b"\x80\xff" * 8)])
@example(status=200, fields=[(b"a", b"\t" * 9)])
@example(status=200, fields=[(b"a", b"x" * 300 + b"\n")])
def test_head_agrees_with_the_reference(status: int, fields: Fields) -> None:
    expected = outcome(reference.encode_head, status, fields)
    assert outcome(head.encode_head, status, fields) == expected
    assert outcome(head.encode_head, status, [list(field) for field in fields]) == expected
    assert outcome(head.check_headers, fields) == outcome(reference.check_headers, fields)
    lines = outcome(reference.field_lines, fields)
    assert outcome(lambda: bytes(head.FieldLines(fields))) == lines


@given(common=GOOD, own=GOOD, fields=GOOD, length=st.integers(-1, 2**62), body=st.binary())
def test_whole_message_agrees_with_the_reference(
    common: Fields, own: Fields, fields: Fields, length: int, body: bytes
) -> None:
    encoded = head.encode_head(
        200, fields, head.FieldLines(common), head.FieldLines(own), length, body
    )
    lines = reference.field_lines(common), reference.field_lines(own)
    assert encoded == reference.encode_head(200, fields, *lines, length, body)


@given(fields=FIELDS)
def test_nothing_accepted_can_split_the_response(fields: Fields) -> None:
    encoded = outcome(head.encode_head, 200, fields)
    if isinstance(encoded, bytes):
        lines = encoded.split(b"\r\n")
        assert len(lines) == len(fields) + 3
        assert not any(set(line) & set(CONTROLS) for line in lines)


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("size", [0, 5, 7, 8, 15, 16])
def test_control_is_refused_wherever_it_stands(control: int, size: int) -> None:
    bad = b"a" * size + bytes([control])
    for value in (bad, bad + b"a" * 9, bad[::-1]):
        with pytest.raises(ValueError, match="invalid value for header b'location'"):
            head.check_header("location", value)
    with pytest.raises(ValueError, match="invalid header name"):
        head.check_header(bad, b"")


@given(
    name=st.sampled_from(["x-a", "é", "a b", "€"]) | st.binary(max_size=5),
    value=st.text(max_size=12) | st.binary(max_size=12),
)
def test_single_header_agrees_with_the_reference(name: str | bytes, value: str | bytes) -> None:
    expected = outcome(reference.check_header, name, value)
    assert outcome(head.check_header, name, value) == expected


def test_text_beyond_latin_1_is_refused_with_a_hint() -> None:
    message = "value of header 'x-name' must be Latin-1 text, got '€'; encode or escape"
    with pytest.raises(ValueError, match=message):
        head.check_header("x-name", "€")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([("x", b"1")], "header name must be bytes, got 'x'"),
        ([(b"x", 1)], "value of header b'x' must be bytes, got 1"),
        ([(b"x", None)], "value of header b'x' must be bytes, got None"),
    ],
)
def test_anything_but_bytes_is_a_type_error(fields: list, message: str) -> None:
    for call in (head.check_headers, head.FieldLines, lambda fields: head.encode_head(200, fields)):
        with pytest.raises(TypeError, match=message):
            call(fields)


@pytest.mark.parametrize("entry", [(b"a",), (b"a", b"b", b"c"), 5, None, b"ab"])
def test_what_is_no_pair_is_refused(entry: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        head.check_headers([entry])


def test_bytes_like_values_are_sent_as_bytes() -> None:
    fields = [(bytearray(b"a"), memoryview(b"b"))]
    assert head.encode_head(200, fields) == b"HTTP/1.1 200 OK\r\na: b\r\n\r\n"


@given(size=st.integers(0, 2**63 - 1))
def test_size_is_written_in_digits(size: int) -> None:
    assert head.content_length(size) == str(size).encode()


def test_negative_size_is_refused() -> None:
    with pytest.raises(ValueError, match="size must be 0 or more, got -1"):
        head.content_length(-1)


def test_field_lines_without_init_are_refused() -> None:
    empty = head.FieldLines.__new__(head.FieldLines)
    with pytest.raises(TypeError):
        head.encode_head(200, [], empty)


@given(
    status=st.integers(90, 610),
    fields=GOOD,
    media_type=VALUES,
    payload=st.binary(max_size=40) | st.integers(1000, 1100).map(bytes),
)
def test_whole_answer_agrees_with_the_head_of_its_fields(
    status: int, fields: Fields, media_type: bytes, payload: bytes
) -> None:
    common = head.FieldLines(fields)
    listed = [(b"content-length", b"%d" % len(payload)), (b"content-type", media_type)]
    expected = outcome(head.encode_head, status, listed, common, None, -1, payload)
    assert outcome(head.encode_whole, status, common, media_type, payload) == expected
