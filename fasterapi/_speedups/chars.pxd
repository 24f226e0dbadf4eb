"""Character classes of HTTP (RFC 9110) and small steps over bytes, usable without the GIL."""

cimport cython
from libc.string cimport memchr


ctypedef const unsigned char* Text


cdef inline bint is_tchar(unsigned char c) noexcept nogil:
    """Return whether *c* may stand in a token such as a field name (RFC 9110 section 5.6.2)."""
    if 0x61 <= c <= 0x7A or 0x41 <= c <= 0x5A or 0x30 <= c <= 0x39:
        return True
    return c in b"!#$%&'*+-.^_`|~"


cdef inline bint is_field_value_char(unsigned char c) noexcept nogil:
    """Return whether *c* may stand in a field value: no control but TAB (section 5.5)."""
    return c == 0x09 or (c >= 0x20 and c != 0x7F)


cdef inline bint is_ows(unsigned char c) noexcept nogil:
    """Return whether *c* is optional whitespace: space or TAB (section 5.6.3)."""
    return c == 0x20 or c == 0x09


cdef inline bint is_digit(unsigned char c) noexcept nogil:
    """Return whether *c* is an ASCII digit."""
    return 0x30 <= c <= 0x39


cdef inline unsigned char lower(unsigned char c) noexcept nogil:
    """Return *c* in lower case if it is an ASCII letter, else unchanged."""
    return c | 0x20 if 0x41 <= c <= 0x5A else c


cdef inline int hex_value(unsigned char c) noexcept nogil:
    """Return 0 to 15 for an ASCII hex digit, -1 for anything else."""
    if 0x30 <= c <= 0x39:
        return c - 0x30
    c = lower(c)
    if 0x61 <= c <= 0x66:
        return c - 0x61 + 10
    return -1


cdef inline bint same_letters(Text text, Text lower_case, Py_ssize_t size) noexcept nogil:
    """Return whether *text* equals *lower_case* but for the case of ASCII letters."""
    cdef Py_ssize_t i
    for i in range(size):
        if lower(text[i]) != lower_case[i]:
            return False
    return True


cdef inline Text find_char(Text start, unsigned char c, Text end) noexcept nogil:
    """Return where *c* first stands before *end*, *end* if nowhere."""
    cdef Text place = <Text>memchr(start, c, span(start, end))
    return end if place == NULL else place


cdef inline Text skip_ows(Text start, Text stop) noexcept nogil:
    """Return the first place from *start* on that is no space or TAB, at most *stop*."""
    while start < stop and is_ows(start[0]):
        start += 1
    return start


cdef inline Text trim_ows(Text start, Text stop) noexcept nogil:
    """Return the end of ``start .. stop`` without the spaces and TABs before it."""
    while stop > start and is_ows((stop - 1)[0]):
        stop -= 1
    return stop


# Cython's overflow check would take the two addresses for numbers.
@cython.overflowcheck(False)
cdef inline Py_ssize_t span(Text start, Text end) noexcept nogil:
    """Return how many bytes there are from *start* to *end*."""
    return end - start
