"""Nanoseconds for query strings, against urllib and Starlette.

Run: ``python bench/micro/query.py``. The figures include the call from Python; the same from a
compiled module costs about 20 ns less.
"""

import platform
import timeit
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote

from starlette.datastructures import QueryParams

from fasterapi._speedups import query

ROUNDS, REPEATS = 2_000, 60  # short rounds find the quiet moments of a busy machine
PLAIN = b"q=books&skip=20&limit=10"
ESCAPED = b"q=caf%C3%A9+au+lait&tag=a%20b&tag=c&limit=10"
MANY = b"&".join(b"name%d=value%d" % (n, n) for n in range(100))


def python_pairs(raw: bytes) -> list[tuple[str, str]]:
    return parse_qsl(raw.decode("latin-1"), keep_blank_values=True)


CASES: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
    ("3 pairs", lambda: query.parse_pairs(PLAIN), lambda: python_pairs(PLAIN)),
    ("4 pairs, escapes", lambda: query.parse_pairs(ESCAPED), lambda: python_pairs(ESCAPED)),
    ("100 pairs", lambda: query.parse_pairs(MANY), lambda: python_pairs(MANY)),
    (
        "one of 3, raw",
        lambda: query.find_last(PLAIN, "limit"),
        lambda: QueryParams(PLAIN).get("limit"),
    ),
    (
        "one of 4, raw, escapes",
        lambda: query.find_last(ESCAPED, "q"),
        lambda: QueryParams(ESCAPED).get("q"),
    ),
    (
        "path, no escapes",
        lambda: query.unquote_path(b"/items/42"),
        lambda: unquote(b"/items/42".decode("ascii")),
    ),
    (
        "path, escapes",
        lambda: query.unquote_path(b"/items/caf%C3%A9"),
        lambda: unquote(b"/items/caf%C3%A9".decode("ascii")),
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
