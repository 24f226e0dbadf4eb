"""Cost of a route lookup: independent of the number of routes, linear in the path."""

import math
import time
from typing import Any

import pytest

from fasterapi._speedups.router import RouteSpec, RouteTrie


def spec(path: str, *, is_prefix: bool = False) -> RouteSpec:
    return RouteSpec(path, frozenset({"GET"}), path, is_prefix)


def captured(trie: RouteTrie, path: str) -> tuple[int, tuple[Any, ...]] | None:
    result = trie.match("GET", path)
    return result and (result[1].index, result[2])


def seconds(trie: RouteTrie, path: str, rounds: int = 2000) -> float:
    """Return the best of several timings of *rounds* lookups."""
    match, best = trie.match, math.inf
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(rounds):
            match("GET", path)
        best = min(best, time.perf_counter() - start)
    return best


def numbered(count: int) -> RouteTrie:
    return RouteTrie([spec(f"/api/v1/resource{number}/{{id}}/detail") for number in range(count)])


@pytest.mark.parametrize("path", ["/api/v1/resource{}/17/detail", "/api/v1/resource{}/17/nothing"])
def test_cost_does_not_grow_with_the_number_of_routes(path: str) -> None:
    few, many = numbered(10), numbered(10_000)
    # Linear search would be a thousand times as slow; the cache and deeper labels cost a little.
    assert seconds(many, path.format(9_999)) < 12 * seconds(few, path.format(9))


def test_cost_of_a_newline_does_not_grow_with_the_number_of_routes() -> None:
    path = "/api/v1/resource{}/17/detail\n"
    assert seconds(numbered(10_000), path.format(9_999)) < 12 * seconds(
        numbered(10), path.format(9)
    )


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/{a}-{b}-{c}.json", "/" + "-" * 50_000),
        ("/{a}{b}{c}{d}x", "/" + "y" * 50_000),
        ("/{a:path}/x/{b:path}/y/{c:path}/z", "/x/y" * 15_000),
        ("/{a:int}{b:float}{c:int}x", "/" + "1" * 50_000),
        ("/{a}.{b}", "/" + "." * 50_000 + "/"),
        ("/{a:uuid}{b:path}{c:uuid}", "/" + "a" * 50_000 + "\n\n"),
    ],
)
def test_mixed_segments_do_not_backtrack(pattern: str, path: str) -> None:
    trie = RouteTrie([spec(pattern)])
    start = time.perf_counter()
    assert trie.match("GET", path) is None
    assert time.perf_counter() - start < 1  # as expressions: minutes to centuries


def test_path_of_100_000_slashes_is_an_ordinary_path() -> None:
    trie = RouteTrie([spec("/"), spec("/{a}/{b}"), spec("/a", is_prefix=True)])
    assert trie.match("GET", "/" * 100_000) is None
    assert trie.match("GET", "/a" + "/" * 100_000) is not None


def test_pattern_of_many_parameters_does_not_recurse() -> None:
    depth = 3000
    dynamic = "".join(f"/{{p{number}}}" for number in range(depth))
    branches = [spec("".join(f"/{{q{i}}}" for i in range(n)) + "/a" * 40) for n in range(60)]
    trie = RouteTrie([spec(dynamic), *branches])
    assert captured(trie, "/a" * depth) == (0, ("a",) * depth)
    for count in (40, 70, 99):
        assert captured(trie, "/a" * count) == (count - 39, ("a",) * (count - 40))
