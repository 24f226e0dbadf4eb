"""Frozen answers: made once, kept as bytes, chosen by the fields of a request.

Request path: http_native, routing.native -> [here].
Reference implementation: tests/reference/frozen.py for tags; the route that made the answer.
"""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from fasterapi._speedups.chars cimport Text, find_char, is_ows, skip_ows, span, trim_ows
from fasterapi._speedups.head cimport FieldLines, check, encode
from fasterapi._speedups.headers cimport find_all
from fasterapi._speedups.negotiation cimport negotiate
from libc.string cimport memcmp

cdef bytes ACCEPT_ENCODING = b"accept-encoding"
cdef bytes IF_NONE_MATCH = b"if-none-match"
cdef enum:
    IF_NONE_MATCH_BYTES = 13
cdef dict NO_CODINGS = {}
# What a 304 repeats of the answer that it stands for (RFC 9110 section 15.4.5).
cdef frozenset KEPT_BY_304 = frozenset(
    (b"cache-control", b"content-location", b"date", b"etag", b"expires", b"vary")
)


@cython.final
cdef class Reply:
    """One form of an answer: status, fields and the bytes behind them."""

    cdef bytes wire(self, FieldLines lines):
        """Return head and body as they are written, *lines* (Date, Server) among them."""
        cdef tuple cached = self.cached
        if cached is None or cached[0] is not lines:
            # One tuple, so that another thread never sees bytes with other lines than theirs.
            cached = (lines, encode(self.status, self.fields, lines, None, -1, self.body))
            self.cached = cached
        return <bytes>cached[1]


cdef Reply reply_of(int status, list fields, bytes body):
    cdef Reply reply = Reply.__new__(Reply)
    check(fields)
    reply.status = status
    reply.fields = fields
    reply.body = body
    return reply


@cython.final
cdef class Variant:
    """An answer in one content coding, in each of its forms."""


cdef Variant variant_of(int status, list fields, bytes body):
    cdef Variant variant = Variant.__new__(Variant)
    kept = [pair for pair in fields if pair[0].lower() in KEPT_BY_304]
    variant.full = reply_of(status, fields, body)
    variant.bare = reply_of(status, fields, b"")
    variant.unmodified = reply_of(304, kept, b"")
    return variant


@cython.final
cdef class Frozen:
    """The answer of one route, in every form that a request may ask for.

    Args:
        status: Status of the whole answer.
        fields: Raw ``(name, value)`` pairs, Content-Length and ETag among them.
        body: The plain body.
        opaque: The entity tag in its quotes, without ``W/``; None for an answer that has none,
            which is never answered by 304.
        encoded: Content coding -> (fields, body), the preferred coding first.

    Raises:
        ValueError: A field cannot be sent.
    """

    def __init__(self, int status, list fields not None, bytes body not None, *,
                 bytes opaque=None, dict encoded not None=NO_CODINGS):
        self.plain = variant_of(status, list(fields), body)
        self.encoded = {
            coding: variant_of(status, list(changed), content)
            for coding, (changed, content) in encoded.items()
        }
        self.codings = tuple(encoded)
        self.opaque = opaque

    def answer(self, str method not None, list headers not None):
        """Return status, a new list of fields, and body for a request with these fields."""
        cdef Reply reply = self.choose(method == "HEAD", headers)
        return reply.status, list(reply.fields), reply.body

    cdef Reply choose(self, bint is_head, list headers):
        """Return the form of the answer that a request asks for."""
        cdef Variant variant = self.plain if not self.codings else self.negotiated(headers)
        if self.opaque is not None and may_have(headers, IF_NONE_MATCH_BYTES):
            for value in find_all(headers, IF_NONE_MATCH):
                if lists_tag(value, self.opaque):
                    return variant.unmodified
        return variant.bare if is_head else variant.full

    cdef Variant negotiated(self, list headers):
        """Return the variant in the coding that the request prefers."""
        cdef list values = find_all(headers, ACCEPT_ENCODING)
        if not values:
            return self.plain
        # A client that refuses every coding, identity too, gets the plain answer.
        coding = negotiate(
            values[0] if len(values) == 1 else b",".join(values), self.codings
        )
        return self.encoded.get(coding, self.plain)


@cython.final
cdef class FrozenSlot:
    """Where a plan finds the current answer; None until there is one."""


def matches_tag(bytes if_none_match not None, bytes opaque not None):
    """Return whether an If-None-Match field names a tag, compared weakly.

    Args:
        if_none_match: The field's value. Elements that are no entity tags do not count.
        opaque: The tag in its quotes, without ``W/``.

    Source: RFC 9110 sections 8.8.3 and 13.1.2.
    """
    return lists_tag(if_none_match, opaque)


cdef inline bint may_have(list headers, Py_ssize_t size) except -1:
    """Return whether a field's name has *size* bytes; true where that is not plain to see.

    PERF: 350 instructions less than looking for a name that is hardly ever there.
    """
    cdef object entry
    for entry in headers:
        if type(entry) is not tuple or PyTuple_GET_SIZE(entry) != 2:
            return True
        name = <object>PyTuple_GET_ITEM(entry, 0)
        if type(name) is not bytes or PyBytes_GET_SIZE(name) == size:
            return True
    return False


cdef bint lists_tag(bytes field, bytes opaque) except -1:
    """Return what `matches_tag` returns, in one pass over *field*."""
    cdef Text cursor = field
    cdef Text end = trim_ows(cursor, cursor + len(field))
    cdef Text stop
    cdef Py_ssize_t size = len(opaque)
    cdef Text wanted = opaque
    cursor = skip_ows(cursor, end)
    if span(cursor, end) == 1 and cursor[0] == c"*":
        return True
    while cursor < end:
        if cursor[0] == c"," or is_ows(cursor[0]):
            cursor += 1
            continue
        if span(cursor, end) > 2 and cursor[0] == c"W" and cursor[1] == c"/":
            cursor += 2
        if cursor[0] != c'"':  # no entity tag
            cursor = find_char(cursor, c",", end)
            continue
        stop = find_char(cursor + 1, c'"', end)
        if stop == end:
            return False
        stop += 1
        if span(cursor, stop) == size and memcmp(cursor, wanted, size) == 0:
            stop = skip_ows(stop, end)
            if stop == end or stop[0] == c",":
                return True
        cursor = find_char(stop, c",", end)
    return False
