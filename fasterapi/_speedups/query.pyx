"""Query strings and urlencoded forms: percent-decoded pairs, or one value without the rest.

Request path: exchange, plan -> [here].
Reference implementation: tests/reference/query.py.

The functions are cpdef, against the custom of this package: compiled and Python callers use the
same five names, and a def beside each cdef would only give every one of them a second name.
"""

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport (
    PyUnicode_AsUTF8,
    PyUnicode_DecodeASCII,
    PyUnicode_DecodeLatin1,
    PyUnicode_DecodeUTF8,
)
from libc.string cimport memchr, memcmp

from fasterapi._speedups.chars cimport Text, find_char, hex_value, span


cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(str text)


# Twice the decoded size of nearly all values; larger ones are decoded on the heap.
cdef enum:
    STACK_BYTES = 512


cpdef list parse_pairs(bytes raw):
    """Return the decoded pairs of a query string or urlencoded body.

    Args:
        raw: The bytes between ``?`` and ``#``, or a whole form body.

    Returns:
        List of ``(name, value)`` in order. ``&`` separates, ``+`` is a space, a name without
        ``=`` has the value ``""``, invalid escapes stay as they are, invalid UTF-8 becomes U+FFFD.

    Source: WHATWG URL, application/x-www-form-urlencoded; `urllib.parse.parse_qsl` with blank
    values kept, on the Latin-1 decoded string.
    """
    cdef Py_ssize_t size = len(raw)
    cdef Text cursor = raw
    cdef Text end = cursor + size
    cdef Text stop
    cdef Text equals
    cdef bint has_escapes = holds_escape(cursor, size)
    cdef list pairs = []
    while cursor < end:
        stop = find_char(cursor, c"&", end)
        if stop != cursor:
            equals = find_char(cursor, c"=", stop)
            pairs.append((
                decode(cursor, span(cursor, equals), has_escapes),
                value_after(equals, stop, has_escapes),
            ))
        cursor = stop + 1
    return pairs


cpdef object get_last(list pairs, str name):
    """Return the last value of *name* in *pairs*, None if there is none."""
    cdef tuple pair
    for pair in reversed(pairs):
        if pair[0] == name:
            return pair[1]
    return None


cpdef list get_all(list pairs, str name):
    """Return all values of *name* in *pairs*, in order."""
    cdef tuple pair
    cdef list values = []
    for pair in pairs:
        if pair[0] == name:
            values.append(pair[1])
    return values


cpdef object find_last(bytes raw, str name):
    """Return ``get_last(parse_pairs(raw), name)``, without making the list where possible.

    Only the value found is decoded. Keys with escapes are decoded to be compared; a *name* that
    an unescaped key cannot equal byte by byte takes the long way.
    """
    cdef Py_ssize_t name_size = len(name)
    cdef Text wanted = <Text>PyUnicode_AsUTF8(name) if PyUnicode_IS_ASCII(name) else NULL
    if wanted == NULL or holds_escape(wanted, name_size):
        return get_last(parse_pairs(raw), name)
    cdef Py_ssize_t size = len(raw)
    cdef Text cursor = raw
    cdef Text end = cursor + size
    cdef Text stop
    cdef Text equals
    cdef Text found = NULL
    cdef Text found_stop = NULL
    cdef bint has_escapes = holds_escape(cursor, size)
    while cursor < end:
        stop = find_char(cursor, c"&", end)
        if stop != cursor:
            equals = find_char(cursor, c"=", stop)
            if is_key(cursor, span(cursor, equals), wanted, name_size, has_escapes, name):
                found, found_stop = equals, stop
        cursor = stop + 1
    return None if found == NULL else value_after(found, found_stop, has_escapes)


cpdef str unquote_path(bytes raw_path):
    """Return the path of a request target, percent-decoded as UTF-8.

    Invalid escapes stay as they are, invalid UTF-8 becomes U+FFFD.

    Raises:
        UnicodeDecodeError: *raw_path* is not ASCII.
    """
    cdef Py_ssize_t size = len(raw_path)
    cdef Text text = raw_path
    cdef str path = PyUnicode_DecodeASCII(<const char*>text, size, NULL)
    if memchr(text, c"%", size) == NULL:
        return path
    return unescape(text, size, False)


cdef bint is_key(
    Text key, Py_ssize_t size, Text wanted, Py_ssize_t wanted_size,
    bint has_escapes, str name,
) except -1:
    """Return whether a raw key decodes to *name*, whose bytes are *wanted*."""
    if size == wanted_size and memcmp(key, wanted, size) == 0:
        return True
    # An escape only ever makes a key shorter.
    if not has_escapes or size < wanted_size or not holds_escape(key, size):
        return False
    return decode(key, size, True) == name


cdef str value_after(Text equals, Text stop, bint has_escapes):
    """Return the decoded text between *equals* and *stop*; "" if there is no equals sign."""
    if equals == stop:
        return ""
    return decode(equals + 1, span(equals + 1, stop), has_escapes)


cdef str decode(Text text, Py_ssize_t size, bint has_escapes):
    """Return one name or value decoded, ``+`` as a space."""
    if has_escapes and holds_escape(text, size):
        return unescape(text, size, True)
    return PyUnicode_DecodeLatin1(<const char*>text, size, NULL)


cdef str unescape(Text text, Py_ssize_t size, bint plus_is_space):
    """Return *text* percent-decoded, from a buffer that holds its UTF-8 form."""
    cdef char stack[STACK_BYTES]
    cdef char* heap
    # A raw byte above 0x7F stands for a Latin-1 character, which takes two bytes in UTF-8.
    if size * 2 <= STACK_BYTES:
        return PyUnicode_DecodeUTF8(
            stack, write_unescaped(stack, text, size, plus_is_space), "replace"
        )
    heap = <char*>PyMem_Malloc(size * 2)
    if heap == NULL:
        raise MemoryError
    try:
        return PyUnicode_DecodeUTF8(
            heap, write_unescaped(heap, text, size, plus_is_space), "replace"
        )
    finally:
        PyMem_Free(heap)


cdef Py_ssize_t write_unescaped(
    char* out, Text text, Py_ssize_t size, bint plus_is_space
) noexcept nogil:
    """Write *text* unescaped to *out*, of twice its size, and return the bytes written.

    A raw byte above 0x7F is written as the Latin-1 character it stands for. In UTF-8 that starts
    with 0xC2 or 0xC3, so it ends an unfinished escaped sequence and never completes one, as
    where the parts are decoded one by one.
    """
    cdef Py_ssize_t i = 0, written = 0
    cdef unsigned char c
    cdef int high, low
    while i < size:
        c = text[i]
        i += 1
        if c == c"+" and plus_is_space:
            c = c" "
        elif c == c"%" and i + 2 <= size:
            high = hex_value(text[i])
            low = hex_value(text[i + 1])
            if high >= 0 and low >= 0:
                c = <unsigned char>(high * 16 + low)
                i += 2
        elif c >= 0x80:
            out[written] = <char>(0xC0 | (c >> 6))
            written += 1
            c = 0x80 | (c & 0x3F)
        out[written] = <char>c
        written += 1
    return written


cdef inline bint holds_escape(Text text, Py_ssize_t size) noexcept nogil:
    """Return whether *text* has a ``%`` or ``+``: if not, its bytes are its characters."""
    return memchr(text, c"%", size) != NULL or memchr(text, c"+", size) != NULL
