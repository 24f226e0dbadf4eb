"""If-None-Match as RFC 9110 sections 8.8.3 and 13.1.2 write it, to be read."""

import re

ELEMENT = re.compile(rb'[ \t]*(?:W/)?("[^"]*")[ \t]*\Z')


def elements(field: bytes) -> list[bytes]:
    """Return the parts between commas that stand outside of quotes of a tag."""
    parts, rest = [], field
    while rest:
        # A quote begins a tag only at the beginning of an element.
        found = re.match(rb'([ \t]*(?:W/)?"[^"]*"[^,]*|[^,]*)(?:,|\Z)', rest, re.DOTALL)
        if found is None:
            parts.append(rest)
            break
        parts.append(found[1])
        rest = rest[found.end() :]
    return parts


def matches_tag(if_none_match: bytes, opaque: bytes) -> bool:
    """Return whether the field names the tag, compared weakly."""
    if if_none_match.strip(b" \t") == b"*":
        return True
    for element in elements(if_none_match):
        found = ELEMENT.match(element)
        if found and found[1] == opaque:
            return True
    return False
