"""Nanoseconds for one route lookup, from 10 to 10,000 routes.

Run: ``python bench/micro/router.py``. The figures include the call from Python and the result
tuple; a lookup from a compiled module costs about 60 ns less.
"""

import platform
import timeit

from fasterapi._speedups.router import RouteSpec, RouteTrie

COUNTS = (10, 200, 1_000, 10_000)
ROUNDS = 50_000
REPEATS = 7
GET = frozenset({"GET"})

# Shape of the routes, and the path looked up: the last route registered, and one that is not there.
SHAPES = {
    "static": ("/resource{n}/list", "/resource{n}/list"),
    "param": ("/resource{n}/{{id}}", "/resource{n}/42"),
    "int": ("/resource{n}/{{id:int}}", "/resource{n}/42"),
    "deep": ("/api/v1/resource{n}/{{id}}/detail", "/api/v1/resource{n}/42/detail"),
    "mixed": ("/resource{n}/{{name}}.{{ext}}", "/resource{n}/report.pdf"),
    "missing": ("/api/v1/resource{n}/{{id}}/detail", "/api/v1/resource{n}/42/nothing"),
}


def trie_of(pattern: str, count: int) -> RouteTrie:
    """Return a trie of *count* routes of one shape."""
    return RouteTrie([RouteSpec(pattern.format(n=n), GET, n) for n in range(count)])


def lookup_ns(trie: RouteTrie, path: str) -> float:
    """Return the best of several timings, in nanoseconds for one lookup."""
    match = trie.match
    timings = timeit.repeat(lambda: match("GET", path), number=ROUNDS, repeat=REPEATS)
    empty = timeit.repeat(lambda: None, number=ROUNDS, repeat=REPEATS)
    return (min(timings) - min(empty)) / ROUNDS * 1e9


def main() -> None:
    """Print one row for each shape and one column for each number of routes."""
    print(f"ns per lookup, CPython {platform.python_version()}, {platform.machine()}")
    print(f"{'routes':<10}" + "".join(f"{count:>10,}" for count in COUNTS))
    for name, (pattern, path) in SHAPES.items():
        cells = [lookup_ns(trie_of(pattern, count), path.format(n=count - 1)) for count in COUNTS]
        print(f"{name:<10}" + "".join(f"{cell:>10.0f}" for cell in cells))


if __name__ == "__main__":
    main()
