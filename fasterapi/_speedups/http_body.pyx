"""Chunked request bodies: their data, cut out of bytes that come in any portions.

Request path: http1 -> [here] -> http_exchange.
Reference implementation: llhttp through httptools.

The grammar is that of RFC 9112 section 7.1 without its tolerance for blanks ("BWS"), which
parsers have disagreed about to the harm of those behind them. Trailers are checked and
dropped: they must not become headers (RFC 9110 section 6.5.1). Those that would frame a
message are refused, as llhttp does: nobody sends them without an attack in mind.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.string cimport memcpy

from fasterapi._speedups.chars cimport Text, hex_value, is_field_value_char, is_tchar, lower

cdef enum:
    SIZE_START = 0        # first digit of the chunk size
    SIZE = 1
    EXTENSION_START = 2   # first character of an extension's name
    EXTENSION = 3
    VALUE_START = 4       # after the equals sign
    VALUE = 5
    QUOTED = 6
    QUOTED_PAIR = 7       # after a backslash
    QUOTED_END = 8
    SIZE_LF = 9
    DATA = 10
    DATA_CR = 11
    DATA_LF = 12
    TRAILER_START = 13    # a trailer's name, or the last empty line
    TRAILER_NAME = 14
    TRAILER_VALUE = 15
    TRAILER_LF = 16
    END_LF = 17
    DONE = 18
    REFUSED = 19

cdef enum:
    NAME_BYTES = 18       # of a trailer's name; one more than the longest that is looked for

# Fifteen digits fit in 63 bits; nobody sends a petabyte in one piece.
cdef long long LARGEST_CHUNK = <long long>1 << 56


@cython.final
cdef class ChunkReader:
    """Reads one chunked body; made for requests that have one."""

    def __init__(self, Limits limits not None):
        self.limits = limits
        self.state = SIZE_START

    cdef bytes feed(self, Text data, Py_ssize_t size, Py_ssize_t* used):
        """Return the body's bytes in *data*; *used* is how far the body reached.

        Afterwards `is_done` is set at the body's end, `status` where it is refused.
        """
        cdef bytes out = PyBytes_FromStringAndSize(NULL, size)
        cdef char* cursor = PyBytes_AS_STRING(out)
        cdef Py_ssize_t kept = 0
        cdef Py_ssize_t at = 0
        cdef Py_ssize_t part
        while at < size and self.state < DONE:
            if self.state == DATA:
                part = <Py_ssize_t>min(self.left, <long long>(size - at))
                # kept <= at, so that kept + part <= size, the room there is.
                memcpy(cursor + kept, data + at, part)
                kept += part
                at += part
                self.left -= part
                if self.left == 0:
                    self.state = DATA_CR
            else:
                self.step(data[at])
                at += 1
        used[0] = at
        self.is_done = self.state == DONE
        return out if kept == size else out[:kept]

    cdef int step(self, unsigned char c) except -1:
        """Take one byte that is not data."""
        if self.state <= SIZE_LF:
            self.line += 1
            if self.line > self.limits.chunk_line:
                return self.refuse(400, "chunk line too long")
            if self.state <= SIZE:
                return self.step_size(c)
            return self.step_extension(c)
        if self.state == DATA_CR:
            self.state = DATA_LF
            return 0 if c == c"\r" else self.refuse(400, "invalid end of a chunk")
        if self.state == DATA_LF:
            self.state = SIZE_START
            self.line = 0
            return 0 if c == c"\n" else self.refuse(400, "invalid end of a chunk")
        return self.step_trailer(c)

    cdef int step_size(self, unsigned char c) except -1:
        cdef int digit = hex_value(c)
        if digit >= 0:
            if self.state == SIZE_START:
                self.left = 0
            self.left = self.left * 16 + digit
            self.state = SIZE
            return 0 if self.left < LARGEST_CHUNK else self.refuse(400, "chunk too large")
        if self.state == SIZE_START:
            return self.refuse(400, "invalid chunk size")
        return self.end_item(c, "invalid chunk size")

    cdef int end_item(self, unsigned char c, str reason) except -1:
        """Take what may follow a size or an extension: another one, or the line's end."""
        if c == c";":
            self.state = EXTENSION_START
        elif c == c"\r":
            self.state = SIZE_LF
        else:
            return self.refuse(400, reason)
        return 0

    cdef int step_extension(self, unsigned char c) except -1:
        """Take a byte from the first ``;`` to the end of the chunk line."""
        if self.state == SIZE_LF:
            if c != c"\n":
                return self.refuse(400, "invalid end of a chunk line")
            self.line = 0
            self.state = DATA if self.left else TRAILER_START
            return 0
        self.extensions += 1
        if self.extensions > self.limits.chunk_extensions:
            return self.refuse(400, "chunk extensions too long")
        if self.state == QUOTED:
            if c == c'"':
                self.state = QUOTED_END
            elif c == c"\\":
                self.state = QUOTED_PAIR
            elif not is_field_value_char(c):
                return self.refuse(400, "invalid chunk extension")
        elif self.state == QUOTED_PAIR:
            self.state = QUOTED
            if not is_field_value_char(c):
                return self.refuse(400, "invalid chunk extension")
        elif is_tchar(c) and self.state != QUOTED_END:
            if self.state == EXTENSION_START:
                self.state = EXTENSION
            elif self.state == VALUE_START:
                self.state = VALUE
        elif self.state == EXTENSION and c == c"=":
            self.state = VALUE_START
        elif self.state == VALUE_START and c == c'"':
            self.state = QUOTED
        elif self.state == EXTENSION_START or self.state == VALUE_START:
            return self.refuse(400, "invalid chunk extension")
        else:
            return self.end_item(c, "invalid chunk extension")
        return 0

    cdef int step_trailer(self, unsigned char c) except -1:
        """Take a byte after the last chunk; the limits are those of headers."""
        self.trailers += 1
        self.line += 1
        if self.trailers > self.limits.header_block or self.line > self.limits.header_field:
            return self.refuse(431, "trailers too long")
        if self.state == TRAILER_START:
            if c == c"\r":
                self.state = END_LF
                return 0
            self.state = TRAILER_NAME
            self.name = bytearray()
            self.count_trailer()
            return 0 if self.status else self.step_name(c)
        if self.state == TRAILER_NAME:
            return self.step_name(c)
        if self.state == TRAILER_VALUE:
            if c == c"\r":
                self.state = TRAILER_LF
            elif not is_field_value_char(c):
                return self.refuse(400, "invalid trailer")
        elif c != c"\n":
            return self.refuse(400, "invalid trailer")
        elif self.state == END_LF:
            self.state = DONE
        else:
            self.line = 0
            self.state = TRAILER_START
        return 0

    cdef int step_name(self, unsigned char c) except -1:
        """Take a byte of a trailer's name, or the colon behind it."""
        if c == c":" and self.name:
            self.state = TRAILER_VALUE
            if self.name == b"content-length" or self.name == b"transfer-encoding":
                return self.refuse(400, "forbidden trailer")
        elif not is_tchar(c):
            return self.refuse(400, "invalid trailer")
        elif len(self.name) < NAME_BYTES:
            self.name.append(lower(c))
        return 0

    cdef int count_trailer(self) except -1:
        self.fields += 1
        if self.fields > self.limits.header_count:
            return self.refuse(431, "too many trailers")
        return 0

    cdef int refuse(self, int status, str reason) noexcept:
        self.status = status
        self.reason = reason
        self.state = REFUSED
        return 0


def read_chunks(list portions not None, Limits limits not None):
    """Return ``(data, rest, status)`` of a chunked body that comes in *portions* of bytes.

    The rest is what follows the body, None if it has not ended; the status is 0, or that of
    a refusal.
    """
    cdef ChunkReader reader = ChunkReader(limits)
    cdef Py_ssize_t used = 0
    cdef list data = []
    cdef bytes portion
    for index, portion in enumerate(portions):
        data.append(reader.feed(portion, len(portion), &used))
        if reader.status:
            return b"".join(data), None, reader.status
        if reader.is_done:
            return b"".join(data), b"".join([portion[used:], *portions[index + 1:]]), 0
    return b"".join(data), None, 0
