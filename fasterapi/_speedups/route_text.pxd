"""Reading a path without copying it: what each kind of parameter takes. Usable without the GIL."""

from cpython.unicode cimport PyUnicode_DATA, PyUnicode_KIND
from libc.string cimport memcmp


cdef extern from "Python.h":
    # Cython's own declaration asks for the GIL, which a read of an immutable buffer does not need.
    Py_UCS4 PyUnicode_READ(int kind, void* data, Py_ssize_t index) noexcept nogil


cdef enum:
    NEWLINE = 0x0A
    DASH = 0x2D
    DOT = 0x2E
    SLASH = 0x2F


cdef enum Kind:  # of a path parameter; same numbers as in route_patterns.py
    TEXT  # [^/]+
    INTEGER  # [0-9]+
    DECIMAL  # [0-9]+(\.[0-9]+)?
    HEX_UUID  # 32 hexadecimal digits, dashes optional
    REST  # .*
    CUSTOM  # a convertor that is not Starlette's own: only `re` knows


cdef struct Text:  # view of a str that outlives it
    int kind
    Py_ssize_t size
    void* data


cdef inline Text view_of(str text) noexcept:
    """Return a view that must not outlive *text*."""
    return Text(PyUnicode_KIND(text), len(text), PyUnicode_DATA(text))


cdef inline unsigned int char_at(const Text* view, Py_ssize_t at) noexcept nogil:
    return <unsigned int>PyUnicode_READ(view.kind, <void*>view.data, at)


cdef inline bint is_digit(unsigned int c) noexcept nogil:
    return 0x30 <= c <= 0x39


cdef inline bint is_hex_digit(unsigned int c) noexcept nogil:
    return is_digit(c) or 0x61 <= c <= 0x66 or 0x41 <= c <= 0x46


cdef inline bint is_in_class(int kind, unsigned int c) noexcept nogil:
    """Return whether a parameter that is a run of characters may hold *c*."""
    if kind == TEXT:
        return c != SLASH
    if kind == REST:
        return c != NEWLINE
    return is_digit(c)


cdef inline bint is_end(Text* view, Py_ssize_t at) noexcept nogil:
    """Return whether ``$`` matches at *at*."""
    return at == view.size or (at == view.size - 1 and char_at(view, at) == NEWLINE)


cdef inline bint has_text(Text* labels, Py_ssize_t start, Py_ssize_t size, Text* view,
                          Py_ssize_t at) noexcept nogil:
    """Return whether labels[start:start + size] is in *view* at *at*."""
    cdef Py_ssize_t i
    if size > view.size - at:
        return False
    if labels.kind == view.kind:
        return memcmp(<char*>labels.data + start * labels.kind,
                      <char*>view.data + at * view.kind, size * labels.kind) == 0
    for i in range(size):
        if char_at(labels, start + i) != char_at(view, at + i):
            return False
    return True


cdef inline Py_ssize_t uuid_end(Text* view, Py_ssize_t at) noexcept nogil:
    """Return the end of the UUID at *at*, or -1."""
    cdef int digits
    for digits in range(32):
        if digits in (8, 12, 16, 20) and at < view.size and char_at(view, at) == DASH:
            at += 1
        if at >= view.size or not is_hex_digit(char_at(view, at)):
            return -1
        at += 1
    return at


cdef inline Py_ssize_t capture_end(int kind, Text* view, Py_ssize_t at) noexcept nogil:
    """Return the end of the longest capture at *at*; *at* or less if there is none."""
    cdef Py_ssize_t end = at
    if kind == HEX_UUID:
        return uuid_end(view, at)
    while end < view.size and is_in_class(kind, char_at(view, end)):
        end += 1
    if kind != DECIMAL or end == at or end + 1 >= view.size or char_at(view, end) != DOT:
        return end
    if not is_digit(char_at(view, end + 1)):
        return end
    return capture_end(INTEGER, view, end + 1)


cdef inline long long digits_value(Text* view, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Return the number; the caller has checked the characters and their count."""
    cdef long long number = 0
    cdef Py_ssize_t i
    for i in range(start, end):
        number = number * 10 + <int>char_at(view, i) - 0x30
    return number
