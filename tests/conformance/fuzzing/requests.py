"""Random requests to a random program, as ASGI scopes."""

from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from tests.conformance.fuzzing.bodies import random_body
from tests.conformance.fuzzing.program import Program, Target

_ODD_QUERIES = (
    *("a", "=", "&&", "a=%", "a=%ff", "a=1;b=2", "a==1", "a=%00", "a=+", "A=1", "a=1&a=2", "%61=5"),
    *("a=%ED%A0%80", "user+id=3", "a[]=1", "a=1&" * 50),
)
_ODD_PATHS = (
    "/",
    "//",
    "/none",
    "/openapi.json",
    "/late",
    "/api",
    "/sub",
    "/sub/",
    "/r1/",
    "/r1//",
)
_ODD_COOKIES = ("a=1; a=2", "a", "=x", 'a="q"', "a=1;b=2", "; ;", "a=b=c", "a=é")


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        chunks: The body as it arrives.
        failure: How its client goes away: "half" of the body, at the answer's "start", or when
            its "body" is sent.
    """

    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    chunks: tuple[bytes, ...]
    root_path: str = ""
    failure: str = ""

    def scope(self) -> dict[str, Any]:
        """Return a new ASGI scope."""
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": quote(self.path).encode(),
            "root_path": self.root_path,
            "query_string": self.query,
            "headers": list(self.headers),
            "client": ("203.0.113.9", 5000),
            "server": ("localhost", 8000),
            "state": {},
        }


def write_calls(program: Program, count: int) -> list[Call]:
    """Return *count* requests to the routes of *program*, the same ones each time."""
    rng = Random(program.seed + 1)
    return [_call(rng, rng.choice(program.targets)) for _ in range(count)]


def _call(rng: Random, target: Target) -> Call:
    method = target.method
    if rng.random() < 0.06:
        method = rng.choice(("HEAD", "OPTIONS", "POST", "DELETE", "get", "PATCH"))
    path = wire_path(rng, target)
    query = wire_query(rng, target)
    headers = wire_headers(rng, target)
    chunks: tuple[bytes, ...] = (b"",)
    if target.bodies or method in ("POST", "PUT") or rng.random() < 0.03:
        body, kind = random_body(rng, target.bodies)
        if kind:
            headers.append((b"content-type", kind.encode()))
        half = len(body) // 2
        chunks = (body,) if rng.random() < 0.7 else (body[:half], b"", body[half:])
    if rng.random() < 0.05:
        headers.append((b"range", rng.choice((b"bytes=0-9", b"bytes=5-4"))))
    if rng.random() < 0.1:
        headers.append((b"origin", b"https://example.com"))
    rng.shuffle(headers)
    root_path = rng.choice(("/root", "/r", "/api")) if rng.random() < 0.04 else ""
    if root_path and rng.random() < 0.6:
        path = root_path + path
    failure = rng.choice(("half", "start", "body")) if rng.random() < 0.04 else ""
    return Call(method, path, query, tuple(headers), chunks, root_path, failure)


def wire_headers(rng: Random, target: Target) -> list[tuple[bytes, bytes]]:
    """Return header fields, cookies among them, for what *target* reads."""
    headers = [(b"host", b"example.org")]
    for name, texts in target.wires.header.items():
        headers.extend(
            (name.lower().encode(), rng.choice(texts).encode("latin-1", "replace"))
            for _ in range(rng.choice((0, 1, 1, 2)))
        )
    if cookies := _cookies(rng, target):
        headers.append((b"cookie", cookies.encode("latin-1", "replace")))
    return headers


def wire_path(rng: Random, target: Target) -> str:
    """Return a path that *target* may match."""
    if rng.random() < 0.04:
        return rng.choice(_ODD_PATHS)
    parts = []
    for part in target.path.split("/"):
        if part.startswith("{"):
            name, _, converter = part[1:-1].partition(":")
            texts = target.wires.path.get(name, ("x",))
            if converter == "int" and rng.random() < 0.7:
                texts = ("7", "0", "123456789012345678901", "007")
            parts.append(rng.choice(texts))
        else:
            parts.append(part)
    path = "/".join(parts)
    chance = rng.random()
    if chance < 0.04:
        path += "/"
    elif chance < 0.06:
        path = path.upper()
    return path


def wire_query(rng: Random, target: Target) -> bytes:
    """Return a query string with some of what *target* reads."""
    if rng.random() < 0.05:
        return rng.choice(_ODD_QUERIES).encode()
    pairs = []
    for name, texts in target.wires.query.items():
        for _ in range(rng.choice((0, 1, 1, 1, 2))):
            text = rng.choice(texts)
            pairs.append(f"{quote(name)}={quote(text, safe='' if rng.random() < 0.9 else '+:,/')}")
    if rng.random() < 0.1:
        pairs.append(rng.choice(("zz=1", "a=9", "b", "limit=5")))
    rng.shuffle(pairs)
    text = "&".join(pairs)
    # Servers pass on what browsers leave unescaped.
    return unquote_to_bytes(text) if rng.random() < 0.03 and "%26" not in text else text.encode()


def _cookies(rng: Random, target: Target) -> str:
    if rng.random() < 0.04:
        return rng.choice(_ODD_COOKIES)
    pairs = [
        f"{name}={rng.choice(texts)}"
        for name, texts in target.wires.cookie.items()
        if rng.random() < 0.8
    ]
    return "; ".join(pairs)
