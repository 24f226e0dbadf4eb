"""Route lookup: Starlette's rules at a cost that does not grow with the number of routes."""

import math
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette import convertors

from fasterapi._speedups.router import RouteEntry, RouteSpec, RouteTrie
from tests.reference import router as reference

GET = frozenset({"GET"})
POST = frozenset({"POST"})
SOME_UUID = "6ba7b810-9dad-11d1-80b4-00C04FD430C8"

Outcome = tuple[bool, int, dict[str, Any]] | None


class EvenConvertor(convertors.Convertor[int]):
    """Has a group of its own, and refuses what is not even."""

    regex = "(?:[0-9]|(_))+"

    def convert(self, value: str) -> int:
        number = int(value)
        if number % 2:
            raise ValueError("odd")
        return number

    def to_string(self, value: int) -> str:
        return str(value)


@pytest.fixture(autouse=True, scope="module")
def even_convertor() -> Iterator[None]:
    convertors.register_url_convertor("even", EvenConvertor())
    yield
    del convertors.CONVERTOR_TYPES["even"]


def spec(path: str, methods: frozenset[str] | None = GET, *, is_prefix: bool = False) -> RouteSpec:
    return RouteSpec(path, methods, path, is_prefix)


def found(trie: RouteTrie, method: str, path: str) -> Outcome:
    result = trie.match(method, path)
    if result is None:
        return None
    is_full, entry, values = result
    return is_full, entry.index, dict(zip(entry.param_names, values, strict=True))


def expected(router: reference.Router, method: str, path: str) -> Outcome:
    result = router.match(method, path)
    return result and (result.is_full, result.index, result.params)


def assert_same(specs: list[RouteSpec], method: str, path: str) -> None:
    ours = found(RouteTrie(specs), method, path)
    theirs = expected(reference.Router(specs), method, path)
    assert repr(ours) == repr(theirs)  # repr: nan, and True is not 1


def params_of(pattern: str, path: str) -> dict[str, Any] | None:
    result = found(RouteTrie([spec(pattern)]), "GET", path)
    return result and result[2]


# --- against the reference -----------------------------------------------------------------------

LITERALS = st.sampled_from(
    [
        "a",
        "b",
        "ab",
        "1",
        "12",
        ".",
        "-",
        "1.5",
        "_",
        "é",
        "\U0001f680",
        "\n",
        "",
        "x{",
        "}y",
        SOME_UUID,
    ]
)
KINDS = st.sampled_from(["", ":str", ":int", ":float", ":uuid", ":path", ":even"])


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """Return a pattern of a few segments, each a mixture of literals and parameters."""
    names = iter("pqrstuvwxyz")
    pattern = ""
    for _ in range(draw(st.integers(0, 3))):
        pattern += "/"
        for _ in range(draw(st.integers(0, 3))):
            is_parameter = draw(st.booleans())
            pattern += f"{{{next(names)}{draw(KINDS)}}}" if is_parameter else draw(LITERALS)
    return pattern or "/"


METHODS = st.sampled_from([None, GET, POST, GET | POST, frozenset()])
SPECS = st.lists(
    st.builds(RouteSpec, patterns(), METHODS, st.just("value"), st.booleans()), max_size=6
)
ODD = ["\n", "é", "\U0001f680", "", "x{", "}y", "\u0663", "\ud800", "\0", "%2f"]
IDS = [SOME_UUID, SOME_UUID.replace("-", "")]
FRAGMENTS = st.sampled_from(
    ["/", "/", "/", "a", "b", "ab", "1", "12", "7.25", ".", "-", "_", *ODD, *IDS]
)
PATHS = st.lists(FRAGMENTS, max_size=9).map("".join).map(lambda path: "/" + path)


@settings(max_examples=1500, deadline=None)
@given(specs=SPECS, method=st.sampled_from(["GET", "POST", "BREW"]), path=PATHS)
def test_agrees_with_the_reference(specs: list[RouteSpec], method: str, path: str) -> None:
    assert_same(specs, method, path)


PLAIN = st.lists(
    st.sampled_from(
        ["/a", "/b", "/ab", "/{p}", "/{p:int}", "/{p:float}", "/1", "/a/", "/x-{p:int}", ""]
    ),
    min_size=1,
    max_size=4,
).map(lambda parts: "".join(p.replace("{p", f"{{p{i}") for i, p in enumerate(parts)) or "/")
PLAIN_PATHS = st.lists(
    st.sampled_from(["/a", "/b", "/ab", "/1", "/12", "/1.5", "/x-3", "/", "/zz", "\n"]), max_size=5
).map("".join)


@settings(max_examples=1500, deadline=None)
@given(
    specs=st.lists(
        st.builds(RouteSpec, PLAIN, METHODS, st.just(0), st.sampled_from([False, False, True])),
        max_size=25,
    ),
    paths=st.lists(PLAIN_PATHS, min_size=1, max_size=8),
)
def test_agrees_where_many_routes_overlap(specs: list[RouteSpec], paths: list[str]) -> None:
    trie, router = RouteTrie(specs), reference.Router(specs)
    for path in paths:
        for method in ("GET", "POST", "BREW"):
            assert repr(found(trie, method, path)) == repr(expected(router, method, path))


PIECES = ["{p}", "{p:int}", "{p:float}", "{p:path}", "{p:uuid}", ".", "-", "1", "/", "a", "\n"]
CAPTURED = {
    "{p}": st.text(alphabet="1.-a", min_size=1, max_size=4),
    "{p:int}": st.text(alphabet="01", min_size=1, max_size=4),
    "{p:float}": st.sampled_from(["1", "11", "1.1", "11.11"]),
    "{p:path}": st.text(alphabet="1.-/a", max_size=5),
    "{p:uuid}": st.sampled_from(IDS),
}


@st.composite
def mixed_cases(draw: st.DrawFn) -> tuple[str, str]:
    """Return a pattern and a path that matches it, or nearly so."""
    pieces = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=7))
    pattern = "/" + "".join(p.replace("{p", f"{{p{i}") for i, p in enumerate(pieces))
    path = "/" + "".join(draw(CAPTURED.get(piece, st.just(piece))) for piece in pieces)
    at = draw(st.integers(1, len(path)))
    return pattern, path[:at] + draw(st.sampled_from(["", "", "1", ".", "/", "\n"])) + path[at:]


@settings(max_examples=3000, deadline=None)
@given(mixed_cases())
@example(("/{p:float}{q:float}", "/1.2.3"))
@example(("/{p:path}\n", "/a\n\n"))
def test_mixed_segments_capture_what_the_expression_captures(case: tuple[str, str]) -> None:
    pattern, path = case
    assert_same([spec(pattern)], "GET", path)


# --- known cases ---------------------------------------------------------------------------------


def test_earlier_dynamic_route_beats_later_static_one() -> None:
    trie = RouteTrie([spec("/users/{id}"), spec("/users/me")])
    assert found(trie, "GET", "/users/me") == (True, 0, {"id": "me"})


def test_later_dynamic_route_does_not_hide_a_static_one() -> None:
    trie = RouteTrie([spec("/users/me"), spec("/users/{id}")])
    assert found(trie, "GET", "/users/me") == (True, 0, {})
    assert found(trie, "GET", "/users/you") == (True, 1, {"id": "you"})


def test_full_match_beats_an_earlier_partial_one() -> None:
    trie = RouteTrie([spec("/x", POST), spec("/{any}", GET)])
    assert found(trie, "GET", "/x") == (True, 1, {"any": "x"})


def test_first_route_of_the_path_is_the_partial_match() -> None:
    trie = RouteTrie([spec("/y", GET), spec("/{any}", GET), spec("/x", POST)])
    assert found(trie, "PUT", "/x") == (False, 1, {"any": "x"})


def test_methods_are_compared_as_they_are() -> None:
    trie = RouteTrie([spec("/x", GET)])
    assert found(trie, "HEAD", "/x") == (False, 0, {})
    assert found(trie, "get", "/x") == (False, 0, {})


@pytest.mark.parametrize("methods", [None, frozenset()])
def test_route_without_methods_answers_all(methods: frozenset[str] | None) -> None:
    trie = RouteTrie([spec("/other", GET), spec("/x", methods)])
    for method in ("GET", "BREW", ""):
        assert found(trie, method, "/x") == (True, 1, {})


def test_mount_takes_what_is_below_it_but_not_itself() -> None:
    trie = RouteTrie([spec("/static/", None, is_prefix=True)])
    assert found(trie, "GET", "/static/css/a.css") == (True, 0, {"path": "css/a.css"})
    assert found(trie, "GET", "/static/") == (True, 0, {"path": ""})
    assert found(trie, "GET", "/static") is None
    assert found(trie, "GET", "/statics/a") is None


def test_mount_and_routes_share_one_order() -> None:
    trie = RouteTrie([spec("/a/first"), spec("/a", None, is_prefix=True), spec("/a/last")])
    assert found(trie, "GET", "/a/first") == (True, 0, {})
    assert found(trie, "GET", "/a/last") == (True, 1, {"path": "last"})


def test_mount_at_the_root_with_parameters_of_its_own() -> None:
    trie = RouteTrie([spec("/{tenant}", None, is_prefix=True), spec("", None, is_prefix=True)])
    assert found(trie, "GET", "/t/x/y") == (True, 0, {"tenant": "t", "path": "x/y"})
    assert found(trie, "GET", "/t") == (True, 1, {"path": "t"})


@pytest.mark.parametrize(
    ("pattern", "path", "params"),
    [
        ("/{x:int}", "/007", {"x": 7}),
        ("/{x:int}", "/" + "9" * 18, {"x": 10**18 - 1}),
        ("/{x:int}", "/" + "9" * 40, {"x": 10**40 - 1}),
        ("/{x:int}", "/1_000", None),
        ("/{x:int}", "/+1", None),
        ("/{x:int}", "/٣", None),
        ("/{x:int}", "/", None),
        ("/{x:float}", "/1.5", {"x": 1.5}),
        ("/{x:float}", "/1.", None),
        ("/{x:float}", "/1e5", None),
        ("/{x:uuid}", "/" + SOME_UUID, {"x": UUID(SOME_UUID)}),
        ("/{x:uuid}", "/" + SOME_UUID.replace("-", ""), {"x": UUID(SOME_UUID)}),
        ("/{x:uuid}", "/" + SOME_UUID[:-1], None),
        ("/{x:uuid}", "/" + SOME_UUID + "0", None),
        ("/{x:path}", "/", {"x": ""}),
        ("/{x:path}", "/a//../b", {"x": "a//../b"}),
        ("/{x:path}/edit", "/a/b/edit/edit", {"x": "a/b/edit"}),
        ("/{x}", "/", None),
        ("/v{x:int}/z", "/v2/z", {"x": 2}),
        ("/a{b}c", "/abccc", {"b": "bcc"}),
        ("/{name}.{ext}", "/archive.tar.gz", {"name": "archive.tar", "ext": "gz"}),
        ("/{a}{b}", "/xyz", {"a": "xy", "b": "z"}),
        ("/{a:float}{b:int}", "/1.234", {"a": 1.23, "b": 4}),
        ("/{a:even}", "/12", {"a": 12}),
        ("/{a:even}", "/13", None),
        ("/{a:unknown", "/{a:unknown", {}),
        ("/grün/{x}", "/grün/\U0001f680", {"x": "\U0001f680"}),
        ("/\U0001f680/{x}", "/\U0001f680/é", {"x": "é"}),
        ("/static", "/static\n", {}),
        ("/{x}", "/a\n", {"x": "a\n"}),
        ("/{x:int}", "/1\n", {"x": 1}),
        ("/{x:path}", "/a\n", {"x": "a"}),
        ("/{x:path}", "/a\nb", None),
        ("/{x:path}", "/a\n\n", None),
    ],
)
def test_capture(pattern: str, path: str, params: dict[str, Any] | None) -> None:
    assert params_of(pattern, path) == params
    assert_same([spec(pattern)], "GET", path)


def test_float_too_large_is_what_starlette_makes_of_it() -> None:
    assert params_of("/{x:float}", "/" + "9" * 400) == {"x": math.inf}


def test_integer_of_5000_digits_is_no_match_and_no_error() -> None:
    trie = RouteTrie([spec("/{x:int}"), spec("/{y:int}"), spec("/{z}", POST)])
    assert found(trie, "GET", "/" + "1" * 5000) == (False, 2, {"z": "1" * 5000})
    assert params_of("/{a}/{x:int}", "/q/" + "1" * 5000) is None
    assert params_of("/{a}.{x:int}", "/q." + "1" * 5000) is None


def test_error_of_a_custom_convertor_that_is_no_refusal_is_raised() -> None:
    class Broken(EvenConvertor):
        def convert(self, value: str) -> int:
            raise KeyError(value)

    convertors.register_url_convertor("broken", Broken())
    try:
        trie = RouteTrie([spec("/{x:broken}")])
    finally:
        del convertors.CONVERTOR_TYPES["broken"]
    with pytest.raises(KeyError):
        trie.match("GET", "/1")


def test_replaced_convertor_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(convertors.CONVERTOR_TYPES, "int", EvenConvertor())
    assert params_of("/{x:int}", "/13") is None


def test_mistakes_in_patterns_are_reported() -> None:
    with pytest.raises(ValueError, match=r"Duplicated param name x at path /\{x\}/\{x\}"):
        RouteTrie([spec("/{x}/{x}")])
    with pytest.raises(ValueError, match="Duplicated param name path"):
        RouteTrie([spec("/{path}", None, is_prefix=True)])
    with pytest.raises((AssertionError, KeyError), match="nothing"):
        RouteTrie([spec("/{x:nothing}")])


def test_arguments_of_other_types_are_refused() -> None:
    trie: Any = RouteTrie([spec("/x")])
    for method, path in [(None, "/x"), ("GET", None), (b"GET", "/x"), ("GET", b"/x")]:
        with pytest.raises(TypeError):
            trie.match(method, path)
    with pytest.raises(TypeError):
        RouteTrie.__new__(RouteTrie)
    with pytest.raises(TypeError):
        RouteTrie(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        RouteTrie.match(object(), "GET", "/x")  # type: ignore[arg-type]


def test_entry_tells_what_was_registered_and_cannot_be_changed() -> None:
    value = object()
    trie = RouteTrie([RouteSpec("/a/{b}", GET, value)])
    result = trie.match("GET", "/a/1")
    assert result is not None
    entry: Any = result[1]
    assert isinstance(entry, RouteEntry)
    assert (entry.value, entry.path, entry.methods) == (value, "/a/{b}", GET)
    assert (entry.index, entry.param_names) == (0, ("b",))
    with pytest.raises(AttributeError):
        entry.value = None


def test_second_init_changes_nothing() -> None:
    trie = RouteTrie([spec("/x")])
    trie.__init__([])  # type: ignore[misc]
    assert found(trie, "GET", "/x") == (True, 0, {})


def test_empty_trie_and_empty_path() -> None:
    assert RouteTrie([]).match("GET", "/") is None
    assert RouteTrie([spec("/")]).match("GET", "") is None
    assert found(RouteTrie([spec("")]), "GET", "") == (True, 0, {})
