"""Content negotiation: what Accept-Encoding and Accept allow.

Request path: middleware, responses -> [here].
Reference implementation: tests/reference/headers.py.
"""

from cpython.unicode cimport PyUnicode_AsUTF8

from fasterapi._speedups.chars cimport (
    Text,
    find_char,
    is_digit,
    lower,
    same_letters,
    skip_ows,
    span,
    trim_ows,
)


cdef enum:
    FULL_WEIGHT = 1000      # weights (q-values) are counted in thousandths
    NOT_LISTED = -1
    MALFORMED = -2

# How closely a media range names a media type (RFC 9110 section 12.5.1).
cdef enum:
    NO_MATCH
    ANYTHING
    SAME_TYPE
    WITH_PARAMETERS
    EXACT


cpdef object negotiate(bytes accept_encoding, tuple offered):
    """Return the content coding a response should have.

    Args:
        accept_encoding: Value of Accept-Encoding, several fields joined by a comma; None if the
            request has none.
        offered: Names of the codings the server can apply, in lower case, best first.

    Returns:
        The coding of the highest weight, of equals the first one offered; ``"identity"`` if the
        content should go as it is; None if the client refuses even that. An element with a
        malformed weight does not count, of several about one coding the first does.

    Source: RFC 9110 section 12.5.3.
    """
    if accept_encoding is None:
        # Any coding would be allowed, but clients that can decode one say so.
        return "identity"
    cdef int identity = coding_weight(accept_encoding, "identity")
    cdef int others = coding_weight(accept_encoding, "*")
    cdef int weight
    cdef int best_weight = 0
    cdef str best = None
    for coding in offered:
        weight = coding_weight(accept_encoding, coding)
        if weight == NOT_LISTED and coding == "gzip":
            weight = coding_weight(accept_encoding, "x-gzip")  # section 8.4.1.3
        if weight == NOT_LISTED:
            weight = others
        if weight > best_weight:
            best, best_weight = coding, weight
    if best is not None and best_weight >= identity:
        return best
    # Not listed, identity is allowed unless "*;q=0" stands for it too.
    if identity > 0 or (identity == NOT_LISTED and others != 0):
        return "identity"
    return best


def accepts(bytes accept, str media_type not None):
    """Return whether an Accept field allows a media type.

    Args:
        accept: Value of Accept, several fields joined by a comma; None if the request has none.
        media_type: Type and subtype, as in ``"text/html"``.

    Returns:
        Whether the media range that names *media_type* most closely has a weight above 0. A
        range with parameters counts as less close than the same without, more than ``type/*``.
        Without a field, or with an empty one, everything is allowed.

    Raises:
        ValueError: *media_type* has no slash.

    Source: RFC 9110 section 12.5.1.
    """
    if accept is None or not accept.strip(b" \t"):
        return True
    cdef bytes wanted = media_type.lower().encode()
    if b"/" not in wanted:
        raise ValueError(f"media_type must be type/subtype, got {media_type!r}")
    cdef Text cursor = accept
    cdef Text end = cursor + len(accept)
    cdef Text stop
    cdef Text name_stop
    cdef int closeness, weight
    cdef int closest = NO_MATCH
    cdef int best = 0
    while cursor < end:
        stop = find_unquoted(cursor, c",", end)
        name_stop = find_unquoted(cursor, c";", stop)
        closeness = closeness_of(skip_ows(cursor, name_stop), name_stop, stop, wanted)
        if closeness > closest:
            weight = weight_of(name_stop, stop)
            if weight != MALFORMED:
                closest, best = closeness, weight
        cursor = stop + 1
    return best > 0


cdef int coding_weight(bytes accept_encoding, str coding) except? -1:
    """Return the weight of *coding*, `NOT_LISTED` if no well-formed element names it."""
    cdef Py_ssize_t size = len(coding)
    cdef Text wanted = <Text>PyUnicode_AsUTF8(coding)
    cdef Text cursor = accept_encoding
    cdef Text end = cursor + len(accept_encoding)
    cdef Text start
    cdef Text stop
    cdef Text name_stop
    cdef int weight
    while cursor < end:
        stop = find_unquoted(cursor, c",", end)
        name_stop = find_unquoted(cursor, c";", stop)
        start = skip_ows(cursor, name_stop)
        if span(start, trim_ows(start, name_stop)) == size and same_letters(start, wanted, size):
            weight = weight_of(name_stop, stop)
            if weight != MALFORMED:
                return weight
        cursor = stop + 1
    return NOT_LISTED


cdef int closeness_of(Text start, Text name_stop, Text stop, bytes wanted) except -1:
    """Return how closely a media range, whose name starts at *start*, names a media type."""
    cdef Text parameter = skip_ows(name_stop + 1, stop)
    cdef Text media_type = wanted
    cdef Text slash = find_char(media_type, c"/", media_type + len(wanted))
    cdef Py_ssize_t type_size = span(media_type, slash)
    cdef Py_ssize_t size = span(start, trim_ows(start, name_stop))
    if size == len(wanted) and same_letters(start, media_type, size):
        return EXACT if parameter >= stop or is_weight(parameter, stop) else WITH_PARAMETERS
    if size == type_size + 2 and start[size - 1] == c"*":
        if same_letters(start, media_type, type_size + 1):
            return SAME_TYPE
    if (size == 3 and same_letters(start, b"*/*", 3)) or (size == 1 and start[0] == c"*"):
        return ANYTHING
    return NO_MATCH


cdef int weight_of(Text semicolon, Text stop) noexcept nogil:
    """Return the weight among parameters, `FULL_WEIGHT` if it is not there, or `MALFORMED`."""
    cdef Text start
    while semicolon < stop:
        start = skip_ows(semicolon + 1, stop)
        semicolon = find_unquoted(start, c";", stop)
        if is_weight(start, semicolon):
            return thousandths(start + 2, trim_ows(start + 2, semicolon))
    return FULL_WEIGHT


cdef int thousandths(Text start, Text stop) noexcept nogil:
    """Return a q-value (RFC 9110 section 12.4.2) times 1000, or `MALFORMED`."""
    cdef Py_ssize_t size = span(start, stop)
    cdef int scale = FULL_WEIGHT
    cdef int weight = 0
    cdef Py_ssize_t i
    if not 1 <= size <= 5:
        return MALFORMED
    for i in range(size):
        if i == 1:
            if start[i] != c".":
                return MALFORMED
        elif not is_digit(start[i]):
            return MALFORMED
        else:
            weight += (start[i] - c"0") * scale
            scale //= 10
    return weight if weight <= FULL_WEIGHT else MALFORMED


cdef Text find_unquoted(Text start, unsigned char c, Text end) noexcept nogil:
    """Return where *c* first stands outside a quoted-string, *end* if nowhere."""
    cdef bint quoted = False
    while start < end:
        if quoted and start[0] == c"\\":
            start += 1
        elif start[0] == c'"':
            quoted = not quoted
        elif start[0] == c and not quoted:
            return start
        start += 1
    return end


cdef inline bint is_weight(Text start, Text stop) noexcept nogil:
    """Return whether the parameter at *start* is a weight: ``q=``."""
    return span(start, stop) >= 2 and lower(start[0]) == c"q" and start[1] == c"="
