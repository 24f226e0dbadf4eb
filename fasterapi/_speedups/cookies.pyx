"""The value of a Set-Cookie field, for names and values as most programs have them.

Request path: endpoint (``response.set_cookie(...)``) -> starlette_responses -> [here].
Reference implementation: `http.cookies`, as Starlette's ``Response.set_cookie`` uses it.
"""

from cpython.unicode cimport PyUnicode_GET_LENGTH

import time
from datetime import datetime
from email.utils import format_datetime, formatdate
from http.cookies import Morsel

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    const unsigned char* PyUnicode_DATA(object text)

# How a cookie's value may be written, from `http.cookies`; the flags of CLASS.
cdef enum:
    IS_BARE = 1     # needs no quotes; names consist of these
    IS_QUOTED = 2   # stands in quotes as it is
    IS_VISIBLE = 4  # in an attribute: no control, no space

cdef unsigned char CLASS[256]
cdef int code
for code in range(256):
    CLASS[code] = 0
    if chr(code) in "!#$%&'*+-.^_`|~:" or (code < 128 and chr(code).isalnum()):
        CLASS[code] |= IS_BARE | IS_QUOTED
    elif chr(code) in " ()/<=>?@[]{}":
        CLASS[code] |= IS_QUOTED
    if 0x20 < code < 0x7F:
        CLASS[code] |= IS_VISIBLE

# What `http.cookies` refuses as names; later Pythons have more of them.
cdef frozenset RESERVED = frozenset(Morsel._reserved) | {"partitioned"}
cdef Py_ssize_t LONGEST_RESERVED = max([len(name) for name in RESERVED])
cdef long long LATEST = 4102444800  # the year 2100
cdef tuple SAME_SITE = ("lax", "strict", "none")


def cookie_text(key, value="", max_age=None, expires=None, path="/", domain=None, secure=False,
                httponly=False, samesite="lax", partitioned=False):
    """Return the value of the Set-Cookie field as Starlette would make it, None if unsure.

    Args:
        key: As all others an argument of Starlette's ``Response.set_cookie``.
        value: Text.
        max_age: Seconds.
        expires: Date, its text, or seconds from now.
        path: Prefix of the paths that get the cookie.
        domain: Host and those below it.
        secure: Whether by TLS only.
        httponly: Whether hidden from scripts.
        samesite: ``"lax"``, ``"strict"``, ``"none"``, in any case.
        partitioned: True is not known here.

    Raises:
        ValueError: *expires* is a date in another zone than UTC.

    Source: RFC 6265 section 4.1.
    """
    return format_cookie(
        key, value, max_age, expires, path, domain, secure, httponly, samesite, partitioned
    )


def has_semicolon(tuple parts not None, dict named not None):
    """Return whether a str among the arguments has a semicolon, which ends a cookie's part."""
    for part in parts:
        if isinstance(part, str) and ";" in part:
            return True
    for part in named.values():
        if isinstance(part, str) and ";" in part:
            return True
    return False


cdef str format_cookie(object key, object value, object max_age, object expires, object path,
                       object domain, object secure, object httponly, object samesite,
                       object partitioned):
    """Return what `cookie_text` returns."""
    cdef str text
    if not is_name(key) or not consists_of(value, IS_QUOTED) or partitioned is not False:
        return None
    if not is_attribute(path) or not is_attribute(domain):
        return None
    if max_age is not None and type(max_age) is not int:
        return None
    if type(secure) is not bool or type(httponly) is not bool:
        return None
    if samesite is not None and (type(samesite) is not str or samesite.lower() not in SAME_SITE):
        return None
    bare = value and consists_of(value, IS_BARE)
    text = f"{key}={value}" if bare else f'{key}="{value}"'
    # In the alphabetical order of the attributes' names.
    if domain:
        text += f"; Domain={domain}"
    if expires is not None:
        date = date_text(expires)
        if date is None:
            return None
        text += f"; expires={date}"
    if httponly:
        text += "; HttpOnly"
    if max_age is not None:
        text += f"; Max-Age={max_age}"
    if path:
        text += f"; Path={path}"
    if samesite is not None:
        text += f"; SameSite={samesite}"
    if secure:
        text += "; Secure"
    return text


cdef bint is_name(object key) except -1:
    """Return whether `http.cookies` takes the name."""
    if not consists_of(key, IS_BARE) or not key:
        return False
    return PyUnicode_GET_LENGTH(key) > LONGEST_RESERVED or key.lower() not in RESERVED


cdef bint is_attribute(object text) except -1:
    """Return whether an attribute's value may be written as it is."""
    return text is None or consists_of(text, IS_VISIBLE)


cdef object date_text(object expires):
    """Return the text of the date, None if unsure."""
    if type(expires) is int:
        moment = int(time.time()) + expires
        return formatdate(moment, usegmt=True) if 0 <= moment <= LATEST else None
    if isinstance(expires, datetime):
        return format_datetime(expires, usegmt=True)
    return None


cdef bint consists_of(object text, int wanted) noexcept:
    """Return whether *text* is a str of such characters only."""
    cdef const unsigned char* data
    cdef Py_ssize_t i
    if type(text) is not str or not PyUnicode_IS_COMPACT_ASCII(text):
        return False
    data = PyUnicode_DATA(text)
    for i in range(PyUnicode_GET_LENGTH(text)):
        if not CLASS[data[i]] & wanted:
            return False
    return True
