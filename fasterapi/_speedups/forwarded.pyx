"""Forwarded addresses: who the client is, as far as the proxies before us can be believed.

Request path: middleware -> [here].
Reference implementation: tests/reference/headers.py.
"""

from fasterapi._speedups.headers cimport find_all

import re
from socket import AF_INET, AF_INET6, inet_pton


cdef enum:
    UNTRUSTED = -1

cdef object FORWARDED_PAIR = re.compile(
    r'(?s)([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^\s",;\\]+)[ \t]*(?=[;,]|\Z)'
)
cdef object QUOTED_PAIR = re.compile(r"(?s)\\(.)")
cdef object HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
cdef frozenset SCHEMES = frozenset(("http", "https", "ws", "wss"))


def forwarded_for(list raw not None, str peer not None, trusted not None):
    """Return what X-Forwarded-For and -Proto say about the client, as far as they are trusted.

    Args:
        raw: ``(name, value)`` pairs of bytes.
        peer: Address the connection came from.
        trusted: Container of the addresses of trusted proxies, or how many there are in a row.

    Returns:
        ``(client, scheme, None)``: the right-most address that is not trusted (the left-most if
        all are), and the scheme it used. Each is None where it is not known or not valid.

    SECURITY: What stands left of an address that is not trusted may be forged, and is not read.
    """
    cdef list hops = [address_of(text) for text in elements_of(raw, b"x-forwarded-for")]
    cdef Py_ssize_t index = client_index(hops, peer, trusted)
    if index == UNTRUSTED:
        return (None, None, None)
    cdef list schemes = elements_of(raw, b"x-forwarded-proto")
    scheme = None
    if schemes:
        # One for each hop, or else the right-most, which the nearest proxy wrote.
        scheme = schemes[index if len(schemes) == len(hops) else len(schemes) - 1]
    return (hops[index] if hops else None, known_scheme(scheme), None)


def forwarded(list raw not None, str peer not None, trusted not None):
    """Return what Forwarded says about the client, as far as it is trusted.

    Args:
        raw: ``(name, value)`` pairs of bytes.
        peer: Address the connection came from.
        trusted: Container of the addresses of trusted proxies, or how many there are in a row.

    Returns:
        ``(client, scheme, host)`` of the right-most element whose address is not trusted (the
        left-most if all are); None where it is not known or not valid. A malformed field line
        counts as one element that says nothing.

    Source: RFC 7239 sections 4 and 5.
    """
    cdef list nodes = []
    for line in find_all(raw, b"forwarded"):
        nodes.extend(nodes_of(line.decode("latin-1")))
    cdef list hops = [address_of(node.get("for", "")) for node in nodes]
    cdef Py_ssize_t index = client_index(hops, peer, trusted)
    if index == UNTRUSTED or not nodes:
        return (None, None, None)
    host = nodes[index].get("host", "")
    return (
        hops[index],
        known_scheme(nodes[index].get("proto")),
        host if HOST.fullmatch(host) else None,
    )


cdef list elements_of(list raw, bytes lower_name):
    """Return the elements of all fields of that name, one list, without the empty ones."""
    cdef bytes joined = b",".join(find_all(raw, lower_name))
    texts = [text.strip(" \t") for text in joined.decode("latin-1").split(",")]
    return [text for text in texts if text]


cdef Py_ssize_t client_index(list hops, str peer, object trusted) except? -1:
    """Return the index of the client's address in *hops*, `UNTRUSTED` if none may be believed."""
    cdef Py_ssize_t count = len(hops)
    cdef Py_ssize_t index = count - 1
    if isinstance(trusted, int):
        # Fewer addresses than proxies: the request did not come through all of them.
        if trusted < 1 or 0 < count < trusted:
            return UNTRUSTED
        return max(count - trusted, 0)
    if peer not in trusted:
        return UNTRUSTED
    while index > 0 and hops[index] is not None and hops[index] in trusted:
        index -= 1
    return max(index, 0)


cdef list nodes_of(str line):
    """Return the elements of one Forwarded field line as dicts, one empty if it is malformed."""
    cdef list nodes = []
    cdef dict pairs = {}
    cdef Py_ssize_t place = 0
    while place < len(line):
        if line[place] == c",":
            nodes.append(pairs)
            pairs = {}
        if line[place] in " \t;,":
            place += 1
            continue
        match = FORWARDED_PAIR.match(line, place)
        if match is None or match[1].lower() in pairs:
            return [{}]
        value = match[2].removeprefix('"')
        if value != match[2]:
            value = QUOTED_PAIR.sub(r"\1", value.removesuffix('"'))
        pairs[match[1].lower()] = value
        place = match.end()
    nodes.append(pairs)
    return [pairs for pairs in nodes if pairs]


cdef str address_of(str node):
    """Return the IP address of a node, without brackets and port; None if it is not one."""
    cdef str address = node
    cdef str rest = ""
    if node.startswith("["):
        address, _, rest = node[1:].partition("]")
    elif node.count(":") == 1:
        address = node.partition(":")[0]
    try:
        inet_pton(AF_INET6 if ":" in address else AF_INET, address)
    except (OSError, ValueError):
        return None
    return address if not rest or rest.startswith(":") else None


cdef str known_scheme(object scheme):
    """Return *scheme* in lower case, None if it is not one of HTTP or WebSocket."""
    return scheme.lower() if scheme is not None and scheme.lower() in SCHEMES else None
