"""Frozen answers: entity tags (RFC 9110 sections 8.8.3, 13.1.2, 15.4.5), codings, forms."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fasterapi._speedups.frozen import Frozen, matches_tag
from tests.reference import frozen as reference

TAG = b'"abc"'
PIECES = st.sampled_from(
    (
        *(b'"abc"', b'W/"abc"', b'w/"abc"', b'"ab', b'"', b",", b", ", b" ", b"\t", b"*", b"W/"),
        *(b"abc", b'"x,y"', b'""', b'"abc"x', b"\xff"),
    )
)
GZIPPED = ([(b"content-encoding", b"gzip"), (b"etag", b'W/"abc"')], b"gz")
BROTLI = ([(b"content-encoding", b"br"), (b"etag", b'W/"abc"')], b"b")


def frozen(**encoded):
    fields = [(b"content-length", b"4"), (b"etag", TAG), (b"cache-control", b"no-cache")]
    return Frozen(200, fields, b"body", opaque=TAG, encoded=encoded)


@given(st.lists(PIECES, max_size=8).map(b"".join))
@example(b'W/"abc')
@example(b'"x", "abc')
def test_tag_is_found_as_the_reference_finds_it(field):
    assert matches_tag(field, TAG) == reference.matches_tag(field, TAG)


@pytest.mark.parametrize(
    ("field", "is_match"),
    [
        (b'"abc"', True),
        (b'W/"abc"', True),
        (b'"x", W/"y" , "abc"', True),
        (b"*", True),
        (b" * ", True),
        (b'*, "x"', False),
        (b"abc", False),
        (b'"abcd"', False),
        (b'"ABC"', False),
        (b'w/"abc"', False),
        (b'"x,"abc""', False),
        (b"", False),
        (b",,,", False),
    ],
)
def test_if_none_match(field, is_match):
    assert matches_tag(field, TAG) is is_match


def test_long_lists_are_read_in_one_pass():
    """Twice the list takes about twice the time, whatever it consists of."""
    for element in (b'"x",', b"W/,", b'"', b",", b' "'):
        began = time.process_time()
        matches_tag(element * 200_000, TAG)
        assert time.process_time() - began < 5


def test_not_modified_keeps_the_fields_that_a_304_repeats():
    answer = frozen().answer("GET", [(b"If-None-Match", b'"x"'), (b"if-none-match", TAG)])
    assert answer == (304, [(b"etag", TAG), (b"cache-control", b"no-cache")], b"")


def test_head_has_the_fields_and_no_body():
    answer = frozen()
    assert answer.answer("HEAD", []) == (*answer.answer("GET", [])[:2], b"")


def test_answer_without_a_tag_is_always_whole():
    answer = Frozen(503, [(b"content-length", b"1")], b"x")
    assert answer.answer("GET", [(b"if-none-match", b"*")])[0] == 503


@pytest.mark.parametrize(
    ("accepted", "body"),
    [
        ([], b"body"),
        ([b"gzip"], b"gz"),
        ([b"br;q=0.5, gzip"], b"gz"),
        ([b"gzip, br"], b"b"),
        ([b"gzip;q=0.1", b"br;q=0.2"], b"b"),
        ([b"*;q=0, identity;q=0"], b"body"),
        ([b""], b"body"),
        ([b"gzip;q=1.5"], b"body"),
        ([b"gzip;q=x, br;q="], b"body"),
        ([b"zstd, deflate"], b"body"),
        ([b",;q=,;;" * 5000 + b",gzip"], b"gz"),
        ([b"\xff\x00"], b"body"),
    ],
)
def test_coding_is_negotiated(accepted, body):
    answer = frozen(br=BROTLI, gzip=GZIPPED)
    headers = [(b"Accept-Encoding", value) for value in accepted]
    assert answer.answer("GET", headers)[2] == body


def test_not_modified_has_the_tag_of_the_coding():
    headers = [(b"accept-encoding", b"gzip"), (b"if-none-match", TAG)]
    assert frozen(gzip=GZIPPED).answer("GET", headers) == (304, [(b"etag", b'W/"abc"')], b"")


def test_fields_that_cannot_be_sent_are_refused():
    for fields in ([(b"a b", b"c")], [(b"a", b"b\r\nc: d")]):
        with pytest.raises(ValueError, match="header"):
            Frozen(200, fields, b"")


def test_callers_cannot_change_the_answer():
    answer = frozen()
    answer.answer("GET", [])[1].clear()
    assert len(answer.answer("GET", [])[1]) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Frozen(200, None, b""),
        lambda: Frozen(200, [], None),
        lambda: Frozen(200, [], b"", encoded=None),
        lambda: matches_tag(None, TAG),
        lambda: matches_tag(b"", None),
        lambda: frozen().answer(None, []),
        lambda: frozen().answer("GET", None),
    ],
)
def test_none_is_refused_not_followed(wrong):
    with pytest.raises(TypeError):
        wrong()
