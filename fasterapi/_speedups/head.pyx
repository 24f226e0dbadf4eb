"""Response head: status line and field section as bytes, and the check of single fields.

Request path: plan, responses -> [here] -> http1; responses -> [check] -> the ASGI server.
Reference implementation: tests/reference/head.py.
"""

cimport cython
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from fasterapi._speedups.chars cimport Text, is_field_value_char, is_tchar

from http import HTTPStatus


cdef enum:
    FIRST_STATUS = 100
    LAST_STATUS = 999
    MOST_DIGITS = 19        # of a Py_ssize_t of 64 bits
    SHOWN_CHARACTERS = 200  # of a refused value
    KNOWN_SIZES = 1024

# One bit pattern in each of eight bytes.
cdef enum:
    LOW_BITS = 0x7F7F7F7F7F7F7F7F
    TO_SPACE = 0x6060606060606060
    ONES = 0x0101010101010101
    HIGH_BITS = 0x8080808080808080ULL

# PERF: a look-up takes half the time of the comparisons in is_tchar. Written once, on import.
cdef unsigned char TOKEN[256]
cdef int code
for code in range(256):
    TOKEN[code] = is_tchar(<unsigned char>code)


cdef bytes reason_of(int status):
    """Return the reason phrase of *status*, empty if it has none."""
    try:
        return HTTPStatus(status).phrase.encode("ascii")
    except ValueError:
        return b""


cdef tuple STATUS_LINES = tuple([
    b"HTTP/1.1 %d %b\r\n" % (code, reason_of(code)) for code in range(FIRST_STATUS, LAST_STATUS + 1)
])


cdef bytes LENGTH = b"content-length: "
cdef bytes TYPE = b"\r\ncontent-type: "

# Sizes of most answers, so that they need no formatting.
cdef tuple SMALL_SIZES = tuple([b"%d" % size for size in range(KNOWN_SIZES)])


@cython.final
cdef class FieldLines:
    """Fields checked and encoded once, to stand in the heads of many responses.

    Args:
        fields: ``(name, value)`` pairs of bytes, in sending order.

    Raises:
        ValueError: A name or value holds a byte that is not allowed in it.
    """

    def __init__(self, list fields not None):
        cdef list pairs = as_tuples(fields)
        check(pairs)
        self.text = b"".join([b"%b: %b\r\n" % pair for pair in pairs])

    def __bytes__(self):
        """Return the encoded lines."""
        return self.text


def encode_head(
    Py_ssize_t status,
    list fields not None,
    FieldLines common=None,
    FieldLines own=None,
    Py_ssize_t length_bytes=-1,
    bytes body=None,
):
    """Return the status line and field section of a response, and its body if given.

    Args:
        status: HTTP status code, 100 to 999.
        fields: ``(name, value)`` pairs of bytes, in sending order, after the prepared ones.
        common: Prepared fields of every response, such as Date and Server.
        own: Prepared fields of this kind of response, such as its Content-Type.
        length_bytes: Value of a Content-Length field to add; -1 adds none.
        body: Bytes to follow, so that one write sends all.

    Returns:
        Bytes, ready to be written. Which fields a status needs or forbids is the caller's matter.

    Raises:
        ValueError: *status* is out of range, or a name or value holds a byte that could end the
            line early (response splitting).

    Source: RFC 9112 sections 4 and 5, RFC 9110 section 5.5.
    """
    return encode(status, fields, common, own, length_bytes, body)


def check_header(name, value):
    """Return ``(name, value)`` as bytes that may be sent as a field.

    Args:
        name: Field name, str or bytes; letters, digits and ``!#$%&'*+-.^_`|~``.
        value: Field value, str or bytes; no control character but TAB.

    Returns:
        Tuple of bytes, text encoded as Latin-1.

    Raises:
        TypeError: *name* or *value* is neither str nor bytes.
        ValueError: Either holds a character that is not allowed in it.

    Source: RFC 9110 sections 5.1 and 5.5.
    """
    cdef tuple pair = (latin_1("header name", name), latin_1(f"value of header {name!r}", value))
    check([pair])
    return pair


def check_headers(list fields not None):
    """Raise unless every entry of *fields* may be sent as a field.

    Args:
        fields: ``(name, value)`` pairs of bytes, tuples or lists, as in an ASGI message.

    Raises:
        TypeError: An entry is not a pair of bytes.
        ValueError: A name or value holds a byte that is not allowed in it.
    """
    check(fields)


def content_length(Py_ssize_t size_bytes):
    """Return *size_bytes*, 0 or more, in ASCII digits."""
    return decimal(size_bytes)


cdef bytes encode(
    Py_ssize_t status,
    list fields,
    FieldLines common,
    FieldLines own,
    Py_ssize_t length_bytes,
    bytes body,
):
    """Return what `encode_head` returns."""
    cdef bytes line = status_line(status)
    cdef bytes length = None if length_bytes < 0 else decimal(length_bytes)
    cdef Py_ssize_t size = len(line) + 2
    cdef bytes head
    cdef char* cursor
    cdef list pairs
    cdef tuple pair
    # Two passes over a list that another thread of a free-threaded build could change in between.
    with cython.critical_section(fields):
        pairs = as_tuples(fields)
        size += checked_size(pairs)
        if common is not None:
            size += len(common.text)
        if own is not None:
            size += len(own.text)
        if length is not None:
            size += len(b"content-length: \r\n") + len(length)
        if body is not None:
            size += len(body)
        head = PyBytes_FromStringAndSize(NULL, size)
        cursor = put(PyBytes_AS_STRING(head), line)
        if common is not None:
            cursor = put(cursor, common.text)
        if own is not None:
            cursor = put(cursor, own.text)
        if length is not None:
            cursor = put_field(cursor, b"content-length", length)
        for pair in pairs:
            cursor = put_field(cursor, <bytes>pair[0], <bytes>pair[1])
    cursor = put(cursor, b"\r\n")
    if body is not None:
        put(cursor, body)
    return head


def encode_whole(Py_ssize_t status, FieldLines common not None, bytes media_type not None,
                 bytes payload not None):
    """Return a response whose only own fields are its length and type, head and body.

    Args:
        status: HTTP status code, 100 to 999.
        common: Prepared fields of every response.
        media_type: Value of Content-Type.
        payload: The body.

    Returns:
        What `encode_head` returns for the same fields.

    Raises:
        ValueError: *status* is out of range, or *media_type* holds a byte that is not allowed.
    """
    return encode_answer(status, common, media_type, payload)


cdef bytes encode_answer(
    Py_ssize_t status, FieldLines common, bytes media_type, bytes payload
):
    """Return what `encode_whole` returns. PERF: no list, no tuples, one field to check."""
    cdef bytes line = status_line(status)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(payload)
    cdef bytes length = <bytes>SMALL_SIZES[size] if size < KNOWN_SIZES else decimal(size)
    cdef bytes whole
    cdef char* cursor
    if not is_field_value(media_type, PyBytes_GET_SIZE(media_type)):
        check_pair(b"content-type", media_type)
    whole = PyBytes_FromStringAndSize(
        NULL,
        PyBytes_GET_SIZE(line) + PyBytes_GET_SIZE(common.text) + PyBytes_GET_SIZE(LENGTH)
        + PyBytes_GET_SIZE(length) + PyBytes_GET_SIZE(TYPE) + PyBytes_GET_SIZE(media_type)
        + 4 + size,
    )
    cursor = put(put(PyBytes_AS_STRING(whole), line), common.text)
    cursor = put(put(put(put(cursor, LENGTH), length), TYPE), media_type)
    put(put(cursor, b"\r\n\r\n"), payload)
    return whole


cdef bytes status_line(Py_ssize_t status):
    """Return the status line; codes without a registered reason have an empty one."""
    if not FIRST_STATUS <= status <= LAST_STATUS:
        raise ValueError(f"status must be {FIRST_STATUS} to {LAST_STATUS}, got {status}")
    return <bytes>STATUS_LINES[status - FIRST_STATUS]


cdef list as_tuples(list fields):
    """Return *fields* itself if all entries are tuples of two bytes, else a copy that is so."""
    for entry in fields:
        if not is_plain_pair(entry):
            return [pair_of(entry) for entry in fields]
    return fields


cdef Py_ssize_t checked_size(list pairs) except -1:
    """Return the encoded size in bytes of plain pairs, or raise ValueError."""
    cdef Py_ssize_t size = 0
    cdef tuple pair
    for pair in pairs:
        check_pair(<bytes>pair[0], <bytes>pair[1])
        size += PyBytes_GET_SIZE(<bytes>pair[0]) + PyBytes_GET_SIZE(<bytes>pair[1]) + 4
    return size


cdef int check(list fields) except -1:
    """Return 0, or raise what `check_headers` raises."""
    cdef tuple pair
    for entry in fields:
        pair = <tuple>entry if is_plain_pair(entry) else pair_of(entry)
        check_pair(<bytes>pair[0], <bytes>pair[1])
    return 0


cdef inline bint is_plain_pair(object entry) noexcept:
    """Return whether *entry* is a tuple of two bytes objects, nothing derived from them."""
    return (
        type(entry) is tuple
        and len(<tuple>entry) == 2
        and PyBytes_CheckExact((<tuple>entry)[0])
        and PyBytes_CheckExact((<tuple>entry)[1])
    )


cdef tuple pair_of(object entry):
    """Return any entry an ASGI program may send as a plain pair."""
    name, value = entry
    return (as_bytes("header name", name), as_bytes(f"value of header {name!r}", value))


cdef bytes as_bytes(str what, object given):
    """Return bytes of a bytes-like object; text is not guessed to be Latin-1 here."""
    if isinstance(given, (bytes, bytearray, memoryview)):
        return bytes(given)
    raise TypeError(f"{what} must be bytes, got {shown(given)}")


cdef bytes latin_1(str what, object given):
    """Return *given* as bytes, text encoded as Latin-1."""
    if isinstance(given, str):
        try:
            return given.encode("latin-1")
        except UnicodeEncodeError:
            raise ValueError(
                f"{what} must be Latin-1 text, got {shown(given)}; encode or escape other "
                "characters, as in RFC 8187"
            ) from None
    if isinstance(given, bytes):
        return bytes(given)
    raise TypeError(f"{what} must be str or bytes, got {shown(given)}")


cdef inline int check_pair(bytes name, bytes value) except -1:
    """Return 0, or raise ValueError if *name* or *value* may not be sent."""
    if not is_token(name, PyBytes_GET_SIZE(name)):
        raise ValueError(
            f"invalid header name {shown(name)}, "
            "allowed are one or more letters, digits and !#$%&'*+-.^_`|~"
        )
    if not is_field_value(value, PyBytes_GET_SIZE(value)):
        raise ValueError(
            f"invalid value for header {shown(name)}: {shown(value)}, "
            "allowed are no control characters but TAB"
        )
    return 0


cdef str shown(object given):
    """Return the repr of *given*, cut at 200 characters."""
    cdef str text = repr(given)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."


cdef bytes decimal(Py_ssize_t number):
    """Return *number*, 0 or more, in ASCII digits."""
    if number < 0:
        raise ValueError(f"size must be 0 or more, got {number}")
    cdef char digits[MOST_DIGITS]
    cdef Py_ssize_t first = MOST_DIGITS
    cdef uint64_t rest = number
    while True:
        first -= 1
        digits[first] = <char>(c"0" + rest % 10)
        rest //= 10
        if rest == 0:
            return PyBytes_FromStringAndSize(&digits[first], MOST_DIGITS - first)


cdef inline bint is_token(Text data, Py_ssize_t size) noexcept nogil:
    """Return whether all of *data* may stand in a field name, which is not empty."""
    cdef Py_ssize_t i
    for i in range(size):
        if not TOKEN[data[i]]:
            return False
    return size > 0


cdef inline bint is_field_value(Text data, Py_ssize_t size) noexcept nogil:
    """Return whether all of *data* may stand in a field value."""
    cdef Py_ssize_t i
    # PERF: only a short value, or one with a TAB or a refused byte, is read byte by byte.
    if size >= 8 and all_printable(data, size):
        return True
    for i in range(size):
        if not is_field_value_char(data[i]):
            return False
    return True


cdef inline bint all_printable(Text data, Py_ssize_t size) noexcept nogil:
    """Return whether none of *size* bytes, 8 or more, is below 0x20 or equal to 0x7F."""
    cdef uint64_t printable = printable_bytes(data + size - 8)
    cdef Py_ssize_t done = 0
    while done + 8 < size:
        printable &= printable_bytes(data + done)
        done += 8
    return printable == <uint64_t>HIGH_BITS


cdef inline uint64_t printable_bytes(Text data) noexcept nogil:
    """Return, of eight bytes, the high bit of each that is neither below 0x20 nor 0x7F."""
    cdef uint64_t word[1]
    memcpy(word, data, 8)
    # Without a carry into the next byte: the sum with 0x60 has the high bit from 0x20 on, the
    # sum with 1 has it for 0x7F. Bytes from 0x80 on, which have it themselves, are always good.
    cdef uint64_t low = word[0] & <uint64_t>LOW_BITS
    cdef uint64_t visible = (low + <uint64_t>TO_SPACE) | word[0]
    cdef uint64_t delete = (low + <uint64_t>ONES) & ~word[0]
    return visible & ~delete & <uint64_t>HIGH_BITS


cdef inline char* put(char* cursor, bytes piece) noexcept:
    """Copy *piece* to *cursor* and return the byte after it. The caller sized the buffer."""
    cdef Py_ssize_t size = PyBytes_GET_SIZE(piece)
    memcpy(cursor, PyBytes_AS_STRING(piece), size)
    return cursor + size


cdef inline char* put_field(char* cursor, bytes name, bytes value) noexcept:
    """Write one field line at *cursor* and return the byte after it."""
    cursor = put(put(put(cursor, name), b": "), value)
    cursor[0] = c"\r"
    cursor[1] = c"\n"
    return cursor + 2
