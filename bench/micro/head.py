"""Nanoseconds for response heads and header checks, against the way a Python server does it.

Run: ``python bench/micro/head.py``. The figures include the call from Python; the same from a
compiled module costs about 30 ns less.
"""

import platform
import re
import timeit
from collections.abc import Callable
from http import HTTPStatus

from fasterapi._speedups import head

ROUNDS, REPEATS = 2_000, 60  # short rounds find the quiet moments of a busy machine
TYPE = [(b"content-type", b"application/json")]
EVERY = [(b"server", b"fasterapi"), (b"date", b"Thu, 01 Jan 2026 00:00:00 GMT")]
FIELDS = [*EVERY, *TYPE, (b"content-length", b"27")]
MORE = [*FIELDS, *[(b"x-header-%d" % n, b"value of the header, %d" % n) for n in range(8)]]
BODY = b'{"message":"Hello, World!"}'
COMMON, OWN = head.FieldLines(EVERY), head.FieldLines(TYPE)
TOKEN, VALUE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"), re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
LINES = {code.value: b"HTTP/1.1 %d %b\r\n" % (code, code.phrase.encode()) for code in HTTPStatus}


def python_check(fields: list[tuple[bytes, bytes]]) -> None:
    for name, value in fields:
        if not TOKEN.fullmatch(name) or not VALUE.fullmatch(value):
            raise ValueError(name)


def python_head(status: int, fields: list[tuple[bytes, bytes]]) -> bytes:
    python_check(fields)
    lines = [LINES[status], *[b"%b: %b\r\n" % field for field in fields], b"\r\n"]
    return b"".join(lines)


CASES: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
    ("check 4 fields", lambda: head.check_headers(FIELDS), lambda: python_check(FIELDS)),
    ("check 12 fields", lambda: head.check_headers(MORE), lambda: python_check(MORE)),
    ("head, 4 fields", lambda: head.encode_head(200, FIELDS), lambda: python_head(200, FIELDS)),
    ("head, 12 fields", lambda: head.encode_head(200, MORE), lambda: python_head(200, MORE)),
    (
        "prepared fields and body",
        lambda: head.encode_head(200, [], COMMON, OWN, 27, BODY),
        lambda: python_head(200, FIELDS) + BODY,
    ),
    ("length in digits", lambda: head.content_length(1234), lambda: str(1234).encode("ascii")),
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
