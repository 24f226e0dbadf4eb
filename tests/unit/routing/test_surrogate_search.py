"""The quick search for surrogates finds what the exact one finds."""

from hypothesis import given
from hypothesis import strategies as st

from fasterapi.routing import body

PIECES = st.sampled_from(
    [b"\\u", b"\\ud800", b"\\uD8", b"\\u00e9", b"\xed\xa0\x80", b"\xed\x95\x9c", b"\0", b"\xff",
     b"\xfe", b"a", b"\xc3\xa9"]
)  # fmt: skip


@given(st.lists(PIECES).map(b"".join) | st.binary())
def test_both_searches_agree(raw: bytes) -> None:
    exact = body._MAY_HOLD_SURROGATE.search(raw)
    assert body._may_hold_surrogate(raw) == (exact is not None)
