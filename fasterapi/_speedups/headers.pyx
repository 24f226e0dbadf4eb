"""Raw header lists: look-ups, content type, cookies.

Request path: exchange, plan -> [here].
Reference implementation: tests/reference/headers.py.

Three functions are cpdef, against the custom of this package: compiled and Python callers use the
same names, and a def beside each cdef would only give every one of them a second name.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_Check, PyBytes_GET_SIZE
from cpython.unicode cimport (
    PyUnicode_FindChar,
    PyUnicode_READ_CHAR,
    PyUnicode_Substring,
    Py_UNICODE_ISSPACE,
)
from libc.string cimport memcmp

from fasterapi._speedups.chars cimport Text, find_char, same_letters, skip_ows, span, trim_ows


cpdef object find(list raw, bytes lower_name):
    """Return the value of the first field called *lower_name*, None if there is none.

    Args:
        raw: ``(name, value)`` pairs of bytes, tuples or lists, names in any case.
        lower_name: Name in lower case.
    """
    cdef Py_ssize_t size = len(lower_name)
    for entry in raw:
        value = value_if_named(entry, lower_name, size)
        if value is not None:
            return value
    return None


cpdef list find_all(list raw, bytes lower_name):
    """Return the values of all fields called *lower_name*, in order; arguments as for `find`."""
    cdef Py_ssize_t size = len(lower_name)
    cdef list values = []
    for entry in raw:
        value = value_if_named(entry, lower_name, size)
        if value is not None:
            values.append(value)
    return values


def json_content_type(bytes value not None):
    """Return whether FastAPI reads a body of this Content-Type as JSON, None if not sure.

    True for ``application/json`` and ``application/*+json`` with any parameters. None if a byte
    before the parameters is neither printable ASCII nor TAB; then `email.message.Message` has
    to say, which FastAPI asks for all of them.
    """
    cdef int answer = is_json_content_type(value)
    return None if answer == NOT_SURE else answer == IS_JSON


cpdef dict parse_cookies(str header):
    """Return the cookies of one Cookie header by name; of equal names the last one counts.

    A part without ``=`` is the value of a nameless cookie. A value in double quotes loses them
    and the backslash escapes inside. Takes linear time.

    Source: RFC 6265 section 5.4, read as loosely as browsers write it, like Starlette.
    """
    cdef Py_ssize_t size = len(header)
    cdef Py_ssize_t start = 0
    cdef Py_ssize_t stop, equals
    cdef str name, value
    cdef dict cookies = {}
    while start < size:
        stop = find_in(header, c";", start, size)
        equals = find_in(header, c"=", start, stop)
        if equals == stop:
            name, value = "", stripped(header, start, stop)
        else:
            name, value = stripped(header, start, equals), stripped(header, equals + 1, stop)
        if name or value:
            cookies[name] = unquoted(value)
        start = stop + 1
    return cookies


cdef object value_if_named(object entry, bytes lower_name, Py_ssize_t size):
    """Return the value of *entry* as bytes if it is called *lower_name*, else None."""
    if type(entry) is tuple and len(<tuple>entry) == 2:
        name, value = (<tuple>entry)[0], (<tuple>entry)[1]
    else:
        name, value = entry
    if not PyBytes_Check(name):
        if not isinstance(name, (bytearray, memoryview)):
            return None
        name = bytes(name)
    if PyBytes_GET_SIZE(name) != size:
        return None
    # PERF: nearly all names come in lower case; memcmp settles those.
    if memcmp(PyBytes_AS_STRING(name), PyBytes_AS_STRING(lower_name), size) != 0:
        if not same_letters(<bytes>name, lower_name, size):
            return None
    if PyBytes_Check(value):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"value of header {name!r} must be bytes, got {type(value).__name__}")


cdef int is_json_content_type(bytes value) except -1:
    """Return what `json_content_type` returns, as `IS_JSON`, `NOT_JSON` or `NOT_SURE`."""
    cdef Py_ssize_t size = len(value)
    cdef Text start = value
    cdef Text stop = find_char(start, c";", start + size)
    cdef Text place = start
    while place < stop:
        if not (0x20 <= place[0] < 0x7F or place[0] == c"\t"):
            return NOT_SURE
        place += 1
    start = skip_ows(start, stop)
    stop = trim_ows(start, stop)
    cdef Text slash = find_char(start, c"/", stop)
    if slash == stop or find_char(slash + 1, c"/", stop) != stop:
        return NOT_JSON
    if span(start, slash) != 11 or not same_letters(start, b"application", 11):
        return NOT_JSON
    if span(slash, stop) < 5 or not same_letters(stop - 4, b"json", 4):
        return NOT_JSON
    place = stop - 5
    return IS_JSON if place == slash or place[0] == c"+" else NOT_JSON


cdef str stripped(str text, Py_ssize_t start, Py_ssize_t stop):
    """Return ``text[start:stop].strip()``."""
    while start < stop and Py_UNICODE_ISSPACE(PyUnicode_READ_CHAR(text, start)):
        start += 1
    while stop > start and Py_UNICODE_ISSPACE(PyUnicode_READ_CHAR(text, stop - 1)):
        stop -= 1
    return PyUnicode_Substring(text, start, stop)


cdef str unquoted(str value):
    """Return a cookie value without quotes and escapes, as `http.cookies` reads it."""
    cdef Py_ssize_t size = len(value)
    if size < 2 or value[0] != '"' or value[size - 1] != '"':
        return value
    cdef Py_ssize_t end = size - 1
    cdef Py_ssize_t start = 1
    cdef Py_ssize_t stop = find_in(value, c"\\", start, end)
    cdef list pieces = []
    while stop < end:
        pieces.append(PyUnicode_Substring(value, start, stop))
        if is_octal_escape(value, stop + 1, end):
            pieces.append(chr(int(value[stop + 1:stop + 4], 8)))
            start = stop + 4
        elif stop + 1 < end and value[stop + 1] != "\n":
            pieces.append(value[stop + 1])
            start = stop + 2
        else:
            pieces.append("\\")
            start = stop + 1
        stop = find_in(value, c"\\", start, end)
    pieces.append(PyUnicode_Substring(value, start, end))
    return "".join(pieces)


cdef bint is_octal_escape(str value, Py_ssize_t start, Py_ssize_t end):
    """Return whether three octal digits, at most 377, stand at *start* and before *end*."""
    return (
        start + 3 <= end
        and c"0" <= value[start] <= c"3"
        and c"0" <= value[start + 1] <= c"7"
        and c"0" <= value[start + 2] <= c"7"
    )


cdef inline Py_ssize_t find_in(str text, Py_UCS4 c, Py_ssize_t start, Py_ssize_t stop) except -1:
    """Return where *c* first stands in ``text[start:stop]``, *stop* if nowhere."""
    cdef Py_ssize_t place = PyUnicode_FindChar(text, c, start, stop, 1)
    return stop if place < 0 else place
