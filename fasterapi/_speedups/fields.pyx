"""Changing a raw header list in place, as Starlette's MutableHeaders does, but checked.

Request path: middleware, endpoint (``response.headers[...] = ...``) -> [here] -> dispatch.
Reference implementation: starlette.datastructures.MutableHeaders.
"""

from fasterapi._speedups.head cimport check

# Names that were set before, to what they are in a raw list: most programs set few.
cdef dict LOWERED = {}
cdef enum:
    MOST_LOWERED = 200


def set_field(list fields not None, name, value):
    """Set the field *name* to *value*: the first of that name is replaced, others removed.

    Args:
        fields: ``(name, value)`` pairs of bytes, names in lower case; changed in place.
        name: Field name as str.
        value: Field value as str.

    Raises:
        ValueError: Name or value holds a character that may not be sent.

    Source: RFC 9110 sections 5.1 and 5.5.
    """
    cdef tuple pair = checked_pair(name, value)
    cdef bytes wanted = pair[0]
    cdef Py_ssize_t place = -1
    cdef Py_ssize_t i = 0
    while i < len(fields):
        if fields[i][0] == wanted:
            if place < 0:
                place = i
            else:
                del fields[i]
                continue
        i += 1
    if place < 0:
        fields.append(pair)
    else:
        fields[place] = pair


def append_field(list fields not None, name, value):
    """Add the field *name* beside those of the same name.

    Raises:
        ValueError: Name or value holds a character that may not be sent.
    """
    fields.append(checked_pair(name, value))


cdef tuple checked_pair(object name, object value):
    """Return the pair as bytes, or raise ValueError."""
    cdef object known = LOWERED.get(name) if type(name) is str else None
    if known is None:
        known = latin_1(name.lower())
        check([(known, b"")])
        if len(LOWERED) < MOST_LOWERED:
            LOWERED[name] = known
    cdef tuple pair = (known, latin_1(value))
    check([pair])
    return pair


cdef bytes latin_1(object text):
    """Return *text* in Latin-1, the one encoding of fields that ASGI applications use."""
    if type(text) is not str:
        raise TypeError(f"header names and values must be str, got {text!r}")
    try:
        return (<str>text).encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"headers must be Latin-1, got {text[:200]!r}"
        ) from error
