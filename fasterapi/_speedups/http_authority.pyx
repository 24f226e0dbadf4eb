"""``host [":" port]``: what may stand in a Host field and in an absolute target.

Request path: http_head -> [here].
Source: RFC 3986 section 3.2, RFC 9110 sections 7.2 and 8.6.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

from fasterapi._speedups.chars cimport Text, find_char, is_digit, is_tchar, lower, span

from socket import AF_INET6, inet_pton

cdef enum:
    LENGTH_DIGITS = 18       # always fit in 63 bits
    PORT_DIGITS = 5
    HIGHEST_PORT = 65535

cdef unsigned char IN_HOST[256]
cdef int code
for code in range(256):
    # reg-name of RFC 3986: unreserved, sub-delims, and "%" whose digits are checked apart
    IN_HOST[code] = code < 0x7F and (
        is_tchar(<unsigned char>code) and code not in b"#^`|" or code in b"(),;=~"
    )


def is_valid_host(bytes value not None):
    """Return whether *value* may stand in a Host field; it may be empty."""
    return is_authority(value)


cdef long long length_of(bytes value) noexcept:
    """Return the number in *value*, -1 unless it is 1 to 18 digits and nothing else."""
    cdef Text text = <Text>PyBytes_AS_STRING(value)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(value)
    cdef Py_ssize_t i
    cdef long long number = 0
    if not 0 < size <= LENGTH_DIGITS:
        return -1
    for i in range(size):
        if not is_digit(text[i]):
            return -1
        number = number * 10 + (text[i] - c"0")
    return number


cdef bint is_authority(bytes value) except -1:
    """Return whether *value* is ``host [":" port]`` (RFC 3986 section 3.2); it may be empty."""
    cdef Text at = value
    cdef Text stop = at + PyBytes_GET_SIZE(value)
    cdef Text end
    cdef long long port
    if at < stop and at[0] == c"[":
        end = find_char(at, c"]", stop)
        if end == stop or not is_ipv6(value[1:span(at, end)]):
            return False
        at = end + 1
    else:
        while at < stop and IN_HOST[at[0]]:
            if at[0] == c"%" and not has_two_digits(at, stop):
                return False
            at += 1
    if at == stop:
        return True
    if at[0] != c":":
        return False
    if span(at, stop) == 1:
        return True
    if span(at, stop) - 1 > PORT_DIGITS:
        return False
    port = length_of(PyBytes_FromStringAndSize(<const char*>at + 1, span(at, stop) - 1))
    return 0 <= port <= HIGHEST_PORT


cdef bint is_ipv6(bytes address) except -1:
    """Return whether *address* is an IPv6 address without a zone."""
    if b"%" in address:
        return False
    try:
        inet_pton(AF_INET6, address.decode("ascii"))
    except (OSError, ValueError):
        return False
    return True


cdef inline bint has_two_digits(Text at, Text stop) noexcept nogil:
    """Return whether two hex digits follow the percent sign at *at*."""
    if span(at, stop) < 3:
        return False
    return is_hex(at[1]) and is_hex(at[2])


cdef inline bint is_hex(unsigned char c) noexcept nogil:
    return is_digit(c) or 0x61 <= lower(c) <= 0x66
