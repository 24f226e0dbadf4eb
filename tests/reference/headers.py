"""Header look-ups, negotiation and forwarded addresses, written to be read.

The reference of headers.pyx, negotiation.pyx and forwarded.pyx in fasterapi/_speedups.
"""

import re
from collections.abc import Container
from ipaddress import ip_address

Fields = list[tuple[bytes, bytes]]
Forwarded = tuple[str | None, str | None, str | None]

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
QUOTED = r'"(?:[^"\\]|\\.)*"'
COOKIE_ESCAPE = re.compile(r"\\([0-3][0-7][0-7])|\\(.)")
QVALUE = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
FORWARDED_PAIR = re.compile(rf"[ \t]*(?:({TOKEN})=({QUOTED}|[^\s\",;\\]+))?[ \t]*", re.DOTALL)
HOST = re.compile(r"([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


def find_all(raw: Fields, lower_name: bytes) -> list[bytes]:
    return [value for name, value in raw if name.lower() == lower_name]


def find(raw: Fields, lower_name: bytes) -> bytes | None:
    return next(iter(find_all(raw, lower_name)), None)


def json_content_type(value: bytes) -> bool | None:
    media_type = value.partition(b";")[0]
    if re.search(rb"[^\t\x20-\x7e]", media_type):
        return None
    return bool(re.fullmatch(rb"(?i)[ \t]*application/([^/]*\+)?json[ \t]*", media_type))


def parse_cookies(header: str) -> dict[str, str]:
    cookies = {}
    for part in header.split(";"):
        name, equals, value = part.partition("=")
        if not equals:
            name, value = "", part
        name, value = name.strip(), value.strip()
        if name or value:
            cookies[name] = unquoted(value)
    return cookies


def unquoted(value: str) -> str:
    if len(value) < 2 or not (value[0] == value[-1] == '"'):
        return value
    return COOKIE_ESCAPE.sub(
        lambda escape: chr(int(escape[1], 8)) if escape[1] else escape[2], value[1:-1]
    )


def split_unquoted(text: str, separator: str) -> list[str]:
    """Split at separators that stand outside quoted-strings, whether these are closed or not."""
    parts, is_quoted, is_escaped = [""], False, False
    for character in text:
        if character == separator and not is_quoted:
            parts.append("")
            continue
        parts[-1] += character
        if is_escaped:
            is_escaped = False
        elif is_quoted and character == "\\":
            is_escaped = True
        elif character == '"':
            is_quoted = not is_quoted
    return parts


def elements(value: bytes) -> list[tuple[str, bool, int]]:
    """Return (name, has parameters, weight) of the list elements with a well-formed weight."""
    result = []
    for element in split_unquoted(value.decode("latin-1"), ","):
        name, *parameters = [part.strip(" \t") for part in split_unquoted(element, ";")]
        weights = [part[2:] for part in parameters if part[:2].lower() == "q="]
        if weights and not QVALUE.fullmatch(weights[0]):
            continue
        has_parameters = any(parameters) and parameters[0][:2].lower() != "q="
        result.append((name.lower(), has_parameters, round(float((weights or ["1"])[0]) * 1000)))
    return result


def negotiate(accept_encoding: bytes | None, offered: tuple[str, ...]) -> str | None:
    if accept_encoding is None:
        return "identity"
    weights: dict[str, int] = {}
    for name, _, weight in elements(accept_encoding):
        weights.setdefault(name, weight)
    if "x-gzip" in weights:
        weights.setdefault("gzip", weights["x-gzip"])
    others = weights.get("*", 0)
    best = max(offered, key=lambda coding: weights.get(coding, others), default="")
    best_weight = weights.get(best, others) if best else 0
    identity = weights.get("identity")
    if best_weight > 0 and best_weight >= (identity or 0):
        return best
    if identity is None:
        return None if weights.get("*") == 0 else "identity"
    return "identity" if identity > 0 else None


def accepts(accept: bytes | None, media_type: str) -> bool:
    if accept is None or not accept.strip(b" \t"):
        return True
    wanted = media_type.lower()
    weights: dict[int, int] = {}
    for name, has_parameters, weight in elements(accept):
        if name == wanted:
            weights.setdefault(3 if has_parameters else 4, weight)
        elif name == wanted.partition("/")[0] + "/*":
            weights.setdefault(2, weight)
        elif name in ("*/*", "*"):
            weights.setdefault(1, weight)
    return bool(weights) and weights[max(weights)] > 0


def address_of(node: str) -> str | None:
    bracketed = re.fullmatch(r"\[([^\]]*)\](:.*)?", node)
    single = re.fullmatch(r"([^:]*):[^:]*", node)
    address = (bracketed or single or re.fullmatch("(.*)", node))[1]
    try:
        return str(ip_address(address)) and address
    except ValueError:
        return None


def client_index(hops: list[str | None], peer: str, trusted: Container[str] | int) -> int | None:
    if isinstance(trusted, int):
        if trusted < 1 or 0 < len(hops) < trusted:
            return None
        return max(len(hops) - trusted, 0)
    if peer not in trusted:
        return None
    strangers = [i for i, hop in enumerate(hops) if hop is None or hop not in trusted]
    return strangers[-1] if strangers else 0


def known_scheme(text: str | None) -> str | None:
    return text.lower() if text and text.lower() in ("http", "https", "ws", "wss") else None


def listed(raw: Fields, name: bytes) -> list[str]:
    texts = [text.strip(b" \t") for value in find_all(raw, name) for text in value.split(b",")]
    return [text.decode("latin-1") for text in texts if text]


def forwarded_for(raw: Fields, peer: str, trusted: Container[str] | int) -> Forwarded:
    hops = [address_of(text) for text in listed(raw, b"x-forwarded-for")]
    index = client_index(hops, peer, trusted)
    if index is None:
        return None, None, None
    schemes = listed(raw, b"x-forwarded-proto")
    scheme = None
    if schemes:
        scheme = schemes[index] if len(schemes) == len(hops) else schemes[-1]
    return (hops[index] if hops else None), known_scheme(scheme), None


def forwarded(raw: Fields, peer: str, trusted: Container[str] | int) -> Forwarded:
    nodes = [node for line in find_all(raw, b"forwarded") for node in nodes_of(line)]
    hops = [address_of(node.get("for", "")) for node in nodes]
    index = client_index(hops, peer, trusted)
    if index is None or not nodes:
        return None, None, None
    host = nodes[index].get("host", "")
    valid_host = host if HOST.fullmatch(host) else None
    return hops[index], known_scheme(nodes[index].get("proto")), valid_host


def nodes_of(line: bytes) -> list[dict[str, str]]:
    nodes = []
    for element in split_unquoted(line.decode("latin-1"), ","):
        node: dict[str, str] = {}
        for part in split_unquoted(element, ";"):
            pair = FORWARDED_PAIR.fullmatch(part)
            if pair is None or (pair[1] and pair[1].lower() in node):
                return [{}]
            if pair[1]:
                quoted = pair[2].startswith('"')
                value = re.sub(r"(?s)\\(.)", r"\1", pair[2][1:-1]) if quoted else pair[2]
                node[pair[1].lower()] = value
        if node:
            nodes.append(node)
    return nodes
