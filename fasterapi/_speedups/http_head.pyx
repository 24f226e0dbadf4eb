"""Head of an HTTP/1 request: read strictly, with limits, from bytes that may be incomplete.

Request path: http1 (bytes of a socket) -> [here] -> http_exchange.
Reference implementation: llhttp through httptools, as uvicorn uses it. What it refuses is
refused here; what it lets pass against RFC 9112 (HTTP/0.9, a bad Host, a TAB after the value,
`#` in a target, heads without end) is refused here as well.

A refusal is a status and a reason in the object, not an exception: bad input is ordinary.
Every check is made in the order of the bytes, so that the outcome does not depend on how the
network has split them.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint64_t
from libc.string cimport memchr, memcmp, memcpy

from fasterapi._speedups.chars cimport (
    Text, find_char, is_digit, is_field_value_char, is_tchar, lower, same_letters, skip_ows, span,
    trim_ows,
)
from fasterapi._speedups.http_authority cimport is_authority, length_of
from fasterapi._speedups.query cimport unquote_path

cdef extern from "Python.h":
    str PyUnicode_DecodeASCII(const char* text, Py_ssize_t size, const char* errors)

cdef enum:
    REFUSED = -1
    INCOMPLETE = 0
    MOST_BLANK_LINES = 2     # before a request line (RFC 9112 section 2.2 asks for one)

# What httptools knows, so that a program behaves the same behind either parser. CONNECT is
# for proxies; PRI belongs to HTTP/2.
cdef frozenset METHODS = frozenset([
    b"ACL", b"BIND", b"CHECKOUT", b"COPY", b"DELETE", b"GET", b"HEAD", b"LINK", b"LOCK",
    b"M-SEARCH", b"MERGE", b"MKACTIVITY", b"MKCALENDAR", b"MKCOL", b"MOVE", b"NOTIFY",
    b"OPTIONS", b"PATCH", b"POST", b"PROPFIND", b"PROPPATCH", b"PURGE", b"PUT", b"QUERY",
    b"REBIND", b"REPORT", b"SEARCH", b"SUBSCRIBE", b"TRACE", b"UNBIND", b"UNLINK", b"UNLOCK",
    b"UNSUBSCRIBE",
])

# Tables instead of comparisons, written once on import. LOWER is 0 for what no name may hold.
cdef unsigned char LOWER[256]
cdef unsigned char IN_VALUE[256]
cdef unsigned char IN_TARGET[256]
cdef int code
for code in range(256):
    LOWER[code] = lower(<unsigned char>code) if is_tchar(<unsigned char>code) else 0
    IN_VALUE[code] = is_field_value_char(<unsigned char>code)
    IN_TARGET[code] = 0x21 <= code <= 0x7E and code != 0x23  # no fragment: section 3.2.1


@cython.final
cdef class RequestHead:
    """The head of one request; the door keeps one object and reads each head into it."""

    cdef Py_ssize_t parse(self, Text data, Py_ssize_t size, Limits limits) except -2:
        """Return how many bytes the head has, 0 if it is incomplete, -1 if it is refused."""
        cdef Py_ssize_t blank = 0
        cdef Py_ssize_t line
        cdef Py_ssize_t fields
        self.clear()
        while blank < size and data[blank] == c"\r":
            if blank + 1 == size:
                return INCOMPLETE
            if data[blank + 1] != c"\n" or blank == 2 * MOST_BLANK_LINES:
                return self.refuse(400, "bytes before the request line")
            blank += 2
        line = self.read_line(data + blank, size - blank, limits)
        if line <= 0:
            return line
        line += blank
        fields = self.read_fields(data + line, data + size, limits)
        if fields <= 0:
            return fields
        if self.check() == REFUSED:
            return REFUSED
        return line + fields

    cdef int clear(self) except -1:
        """Forget the last head; its list was handed on."""
        self.method = None
        self.headers = []
        self.query_string = b""
        self.content_length = -1
        self.is_chunked = False
        self.wants_close = False
        self.has_upgrade = False
        self.upgrade = None
        self.expects_continue = False
        self.is_forwarded = False
        self.authority = None
        self.host = None
        self.host_count = 0
        self.length_count = 0
        self.coding_count = 0
        self.status = 0
        return 0

    cdef Py_ssize_t refuse(self, int status, str reason) noexcept:
        self.status = status
        self.reason = reason
        return REFUSED

    cdef Py_ssize_t read_line(self, Text start, Py_ssize_t size, Limits limits) except -2:
        """Return the size of the request line with its end, 0 or -1 as `parse` does."""
        cdef Py_ssize_t most = limits.request_line
        cdef bint is_cut = size > most
        cdef Text stop = start + (most if is_cut else size)
        cdef Text at = start
        cdef Text target
        cdef Py_ssize_t have
        while at < stop and LOWER[at[0]]:
            at += 1
        if at == stop:
            return self.refuse(414, "request line too long") if is_cut else INCOMPLETE
        if at == start or at[0] != c" ":
            return self.refuse(400, "invalid method")
        if span(start, at) == 3 and memcmp(start, b"GET", 3) == 0:
            self.method = "GET"
        else:
            self.method = method_of(start, at)
            if self.method is None:
                return self.refuse(501, "unknown method")
        target = at + 1
        at = target
        while at < stop and IN_TARGET[at[0]]:
            at += 1
        if at == stop:
            return self.refuse(414, "request line too long") if is_cut else INCOMPLETE
        if at == target or at[0] != c" ":
            return self.refuse(400, "invalid request target")
        if span(start, at) + 9 > most:  # with the version; the line's own end is not counted
            return self.refuse(414, "request line too long")
        have = self.read_version(at + 1, start + size)
        if have <= 0:
            return have
        if self.read_target(target, at) == REFUSED:
            return REFUSED
        return span(start, at) + 11

    cdef Py_ssize_t read_version(self, Text at, Text stop) except -2:
        """Read ``HTTP/1.x`` and the end of the line; return 1, 0 or -1."""
        cdef Py_ssize_t have = span(at, stop)
        cdef Py_ssize_t i
        for i in range(min(have, 5)):
            if at[i] != b"HTTP/"[i]:
                return self.refuse(400, "invalid HTTP version")
        for i in range(5, min(have, 8)):
            if (at[i] != c".") if i == 6 else not is_digit(at[i]):
                return self.refuse(400, "invalid HTTP version")
        if have >= 8 and (at[5] != c"1" or at[7] > c"1"):
            return self.refuse(505, "HTTP version not supported")
        if have >= 9 and at[8] != c"\r" or have >= 10 and at[9] != c"\n":
            return self.refuse(400, "invalid end of the request line")
        if have < 10:
            return INCOMPLETE
        self.minor = at[7] - c"0"
        return 1

    cdef Py_ssize_t read_target(self, Text start, Text stop) except -2:
        """Read the request target (RFC 9112 section 3.2); return 1 or -1."""
        if start[0] == c"/":
            return self.set_path(start, stop)
        if start[0] == c"*" and span(start, stop) == 1 and self.method == "OPTIONS":
            self.raw_path = b"*"
            self.path = "*"
            return 1
        return self.read_absolute(start, stop)

    cdef Py_ssize_t read_absolute(self, Text start, Text stop) except -2:
        """Read ``http://host/path``; its host will stand in for the Host field."""
        cdef Py_ssize_t scheme = 0
        cdef Text path
        if span(start, stop) > 7 and same_letters(start, b"http://", 7):
            scheme = 7
        elif span(start, stop) > 8 and same_letters(start, b"https://", 8):
            scheme = 8
        else:
            return self.refuse(400, "invalid request target")
        start += scheme
        path = start
        while path < stop and path[0] != c"/" and path[0] != c"?":
            path += 1
        self.authority = PyBytes_FromStringAndSize(<const char*>start, span(start, path))
        # No host is right for Host, but not here: RFC 9110 section 4.2.1.
        if path == start or start[0] == c":" or not is_authority(self.authority):
            return self.refuse(400, "invalid request target")
        return self.set_path(path, stop)

    cdef Py_ssize_t set_path(self, Text start, Text stop) except -2:
        """Split path and query; an absolute target may have an empty path."""
        cdef Text mark = find_char(start, c"?", stop)
        cdef Py_ssize_t size = span(start, mark)
        if mark < stop:
            self.query_string = PyBytes_FromStringAndSize(
                <const char*>mark + 1, span(mark, stop) - 1
            )
        self.raw_path = PyBytes_FromStringAndSize(<const char*>start, size) if size else b"/"
        if memchr(start, c"%", size) == NULL:
            self.path = PyUnicode_DecodeASCII(<const char*>start, size, NULL) if size else "/"
        else:
            self.path = unquote_path(self.raw_path)
        return 1

    cdef Py_ssize_t read_fields(self, Text start, Text stop, Limits limits) except -2:
        """Return the size of the header section with its empty line, 0 or -1 as `parse` does."""
        cdef bint is_cut = span(start, stop) > limits.header_block
        cdef Text at = start
        cdef Text value
        cdef Text end
        cdef Py_ssize_t size
        cdef bytes name
        cdef bytes content
        if is_cut:
            stop = start + limits.header_block
        while at < stop and at[0] != c"\r":
            value = at
            while value < stop and LOWER[value[0]]:
                value += 1
            if value == stop:
                at = stop
                break
            if value == at or value[0] != c":":
                # Also a line that continues the last one, and a space before the colon.
                return self.refuse(400, "invalid header name")
            name = lower_name(at, span(at, value))
            at = skip_ows(value + 1, stop)
            end = value_end(at, stop)
            if span(at, end) > limits.header_field:
                return self.refuse(431, "header field too long")
            if span(end, stop) < 2:
                if end < stop and end[0] != c"\r":
                    return self.refuse(400, "invalid header value")
                at = stop
                break
            if end[0] != c"\r" or end[1] != c"\n":
                return self.refuse(400, "invalid header value")
            if len(self.headers) == limits.header_count:
                return self.refuse(431, "too many header fields")
            size = span(at, trim_ows(at, end))
            content = PyBytes_FromStringAndSize(<const char*>at, size)
            self.headers.append((name, content))
            self.notice(name, content)
            at = end + 2
        if span(at, stop) < 2:
            return self.refuse(431, "header section too long") if is_cut else INCOMPLETE
        if at[1] != c"\n":
            return self.refuse(400, "invalid end of the header section")
        return span(start, at) + 2

    cdef int notice(self, bytes name, bytes value) except -1:
        """Note what concerns framing and the connection."""
        cdef Py_ssize_t size = PyBytes_GET_SIZE(name)
        cdef Text text = name
        if size == 4 and memcmp(text, b"host", 4) == 0:
            self.host = value
            self.host_count += 1
        elif size == 14 and memcmp(text, b"content-length", 14) == 0:
            self.length_count += 1
            self.content_length = length_of(value)
        elif size == 17 and memcmp(text, b"transfer-encoding", 17) == 0:
            self.coding_count += 1
            self.is_chunked = len(value) == 7 and same_letters(value, b"chunked", 7)
        elif size == 10 and memcmp(text, b"connection", 10) == 0:
            self.notice_connection(value)
        elif size == 7 and memcmp(text, b"upgrade", 7) == 0:
            self.upgrade = (self.upgrade or []) + tokens_of(value)
        elif size == 6 and memcmp(text, b"expect", 6) == 0:
            if b"100-continue" in tokens_of(value):
                self.expects_continue = True
        elif size > 12 and memcmp(text, b"x-forwarded-", 12) == 0:
            self.is_forwarded = True
        return 0

    cdef int notice_connection(self, bytes value) except -1:
        cdef list tokens = tokens_of(value)
        if b"close" in tokens:
            self.wants_close = True
        if b"upgrade" in tokens:
            self.has_upgrade = True
        return 0

    cdef Py_ssize_t check(self) except -2:
        """Check what only the whole head shows (RFC 9112 sections 3.2 and 6); return 1 or -1."""
        if self.host_count > 1:
            return self.refuse(400, "more than one Host")
        if self.host is None:
            if self.minor == 1:
                return self.refuse(400, "no Host")
        elif self.known_host is None or self.host != self.known_host:
            # PERF: clients name the same host again and again.
            if not is_authority(self.host):
                return self.refuse(400, "invalid Host")
            self.known_host = self.host
        if self.authority is not None:
            # The target's host counts, whatever Host says (section 3.2.2).
            self.headers = [field for field in self.headers if field[0] != b"host"]
            self.headers.insert(0, (b"host", self.authority))
        if self.coding_count:
            if self.length_count:
                return self.refuse(400, "both Transfer-Encoding and Content-Length")
            if self.minor == 0:
                return self.refuse(400, "Transfer-Encoding in HTTP/1.0")
            if self.coding_count > 1 or not self.is_chunked:
                return self.refuse(400, "unsupported Transfer-Encoding")
        elif self.length_count > 1:
            return self.refuse(400, "more than one Content-Length")
        elif self.length_count and self.content_length < 0:
            return self.refuse(400, "invalid Content-Length")
        if self.minor == 0:
            self.wants_close = True
            self.has_upgrade = False
            self.expects_continue = False
        return 1


def parse_head(bytes data not None, Limits limits not None):
    """Return ``(size, RequestHead)`` of the head that *data* begins with.

    The size is 0 if the head is incomplete, -1 if it is refused: see ``status``, ``reason``.
    """
    cdef RequestHead head = RequestHead()
    cdef Py_ssize_t size = head.parse(data, len(data), limits)
    return size, head


cdef str method_of(Text start, Text stop):
    """Return a known method, or None."""
    cdef bytes name = PyBytes_FromStringAndSize(<const char*>start, span(start, stop))
    return name.decode("ascii") if name in METHODS else None


cdef list tokens_of(bytes value):
    """Return the members of a list (RFC 9110 section 5.6.1) in lower case."""
    return [token.strip(b" \t") for token in value.lower().split(b",")]


cdef bytes lower_name(Text start, Py_ssize_t size):
    """Return a field name in lower case; all of its bytes are token characters."""
    cdef bytes name = PyBytes_FromStringAndSize(NULL, size)
    cdef unsigned char* out = <unsigned char*>PyBytes_AS_STRING(name)
    cdef Py_ssize_t i
    for i in range(size):
        out[i] = LOWER[start[i]]
    return name


cdef Text value_end(Text at, Text stop) noexcept nogil:
    """Return the first byte from *at* on that no field value may hold, at most *stop*."""
    # PERF: eight bytes a step while all are printable; a value is 30 bytes and more as a rule.
    while span(at, stop) >= 8 and is_printable_word(at):
        at += 8
    while at < stop and IN_VALUE[at[0]]:
        at += 1
    return at


cdef inline bint is_printable_word(Text data) noexcept nogil:
    """Return whether eight bytes are all 0x20 to 0x7E; a wrong no costs only time."""
    cdef uint64_t word[1]
    memcpy(word, data, 8)
    cdef uint64_t low = word[0] & <uint64_t>0x7F7F7F7F7F7F7F7F
    cdef uint64_t visible = low + <uint64_t>0x6060606060606060
    cdef uint64_t delete = low + <uint64_t>0x0101010101010101
    return (visible & ~delete & ~word[0]) & <uint64_t>0x8080808080808080 == \
        <uint64_t>0x8080808080808080
