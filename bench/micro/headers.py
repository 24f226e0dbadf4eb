"""Nanoseconds for header look-ups, cookies, negotiation and forwarded addresses.

Against Starlette and the standard library, or the reference where these have nothing alike.
Run: ``python bench/micro/headers.py``. The figures include the call from Python; the same from a
compiled module costs about 20 ns less.
"""

import platform
import sys
import timeit
from collections.abc import Callable
from email.message import Message
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from fasterapi._speedups import forwarded, headers, negotiation

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.reference import headers as reference

ROUNDS, REPEATS = 2_000, 60  # short rounds find the quiet moments of a busy machine
PROXY = "10.0.0.1"
ENCODINGS, OFFERED = b"gzip, deflate, br, zstd", ("zstd", "br", "gzip")
ACCEPT = b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
COOKIES = "session=3f9ac1d2e4b5; theme=dark; csrftoken=kJ8s7Hd6sGf5; _ga=GA1.2.33"
QUOTED = 'a="x y"; b="\\"quoted\\" \\054"; c=d'
RAW = [
    (b"host", b"api.example.org"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64)"),
    (b"accept", ACCEPT),
    (b"accept-encoding", ENCODINGS),
    (b"x-forwarded-for", b"203.0.113.9, 192.0.2.7"),
    (b"x-forwarded-proto", b"https"),
    (b"forwarded", b'for=192.0.2.7;proto=https;host="a.example"'),
    (b"content-type", b"application/json"),
]


def python_is_json(value: bytes) -> bool:
    message = Message()
    message["content-type"] = value.decode("latin-1")
    subtype = message.get_content_subtype()
    is_json = subtype == "json" or subtype.endswith("+json")
    return message.get_content_maintype() == "application" and is_json


CASES: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
    (
        "last of 8 fields",
        lambda: headers.find(RAW, b"content-type"),
        lambda: Headers(raw=RAW).get("content-type"),
    ),
    (
        "missing in 8 fields",
        lambda: headers.find(RAW, b"if-none-match"),
        lambda: Headers(raw=RAW).get("if-none-match"),
    ),
    (
        "content type is JSON",
        lambda: headers.json_content_type(b"application/json"),
        lambda: python_is_json(b"application/json"),
    ),
    ("4 cookies", lambda: headers.parse_cookies(COOKIES), lambda: cookie_parser(COOKIES)),
    ("3 cookies, quoted", lambda: headers.parse_cookies(QUOTED), lambda: cookie_parser(QUOTED)),
    (
        "content coding",
        lambda: negotiation.negotiate(ENCODINGS, OFFERED),
        lambda: reference.negotiate(ENCODINGS, OFFERED),
    ),
    (
        "media type",
        lambda: negotiation.accepts(ACCEPT, "application/json"),
        lambda: reference.accepts(ACCEPT, "application/json"),
    ),
    (
        "X-Forwarded-For",
        lambda: forwarded.forwarded_for(RAW, PROXY, {PROXY}),
        lambda: reference.forwarded_for(RAW, PROXY, {PROXY}),
    ),
    (
        "Forwarded",
        lambda: forwarded.forwarded(RAW, PROXY, {PROXY}),
        lambda: reference.forwarded(RAW, PROXY, {PROXY}),
    ),
]


def nanoseconds(call: Callable[[], object]) -> float:
    """Return the best of several timings, less that of an empty call."""
    best = min(timeit.repeat(call, number=ROUNDS, repeat=REPEATS))
    empty = min(timeit.repeat(lambda: None, number=ROUNDS, repeat=REPEATS))
    return (best - empty) / ROUNDS * 1e9


def main() -> None:
    """Print a row for each case: nanoseconds compiled, in Python, and how many times less."""
    print(f"ns, CPython {platform.python_version()}, {platform.machine()}")
    print(f"{'':<28}{'compiled':>10}{'Python':>10}{'times':>8}")
    for name, compiled, plain in CASES:
        ours, theirs = nanoseconds(compiled), nanoseconds(plain)
        print(f"{name:<28}{ours:>10.0f}{theirs:>10.0f}{theirs / ours:>8.1f}")


if __name__ == "__main__":
    main()
