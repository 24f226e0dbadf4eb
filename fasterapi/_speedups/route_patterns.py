"""Cold half of the route trie: path patterns -> flat arrays, once at start-up.

Request path: not on it. ``router.pyx`` copies what is made here into C arrays.

A pattern is split at its parameters. As long as a parameter is followed by ``/`` or by the end of
the pattern, it can capture one text only, so it becomes a branch of the trie. From the first
parameter on for which that is not so (``{name}.{ext}``), the route hangs at the node reached.
"""

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette import convertors
from starlette.routing import compile_path

NONE = 0x7FFFFFFF  # no route: larger than every index, so that "smaller wins" needs no extra case

# Same numbers as `enum Kind` in router.pxd.
TEXT, INTEGER, DECIMAL, UUID, REST, CUSTOM = range(6)

_BUILT_IN: dict[type, tuple[int, str]] = {
    convertors.StringConvertor: (TEXT, convertors.StringConvertor.regex),
    convertors.IntegerConvertor: (INTEGER, convertors.IntegerConvertor.regex),
    convertors.FloatConvertor: (DECIMAL, convertors.FloatConvertor.regex),
    convertors.UUIDConvertor: (UUID, convertors.UUIDConvertor.regex),
    convertors.PathConvertor: (REST, convertors.PathConvertor.regex),
}
_PARAMETER = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?\}")


class RouteSpec(NamedTuple):
    """One route as it was registered; its place in the list is its rank.

    Attributes:
        path: Pattern in Starlette's syntax.
        methods: Methods answered; None or an empty set for all.
        value: Whatever the caller wants back.
        is_prefix: The route is a mount: everything below *path* matches too, and is
            captured as the last parameter, ``path``.
    """

    path: str
    methods: frozenset[str] | None
    value: Any
    is_prefix: bool = False


class Pattern(NamedTuple):
    """A path pattern, split.

    Attributes:
        names: Parameters in order.
        kinds: Kind of each parameter.
        texts: Text before each parameter, and after the last.
        simple: How many parameters are branches of the trie.
        regex: What decides in the end, if a custom convertor takes part; otherwise None.
        convertors: Convertors in order of *names*, if *regex* is used.
    """

    names: tuple[str, ...]
    kinds: list[int]
    texts: list[str]
    simple: int
    regex: re.Pattern[str] | None = None
    convertors: tuple[Any, ...] = ()


class _Draft:
    """A node while the trie grows.

    Attributes:
        label: Text on the way in.
        kind: What is captured on the way in; only meaningful in `parameters`.
        leaf: First route that ends here.
        rest: First route that takes all that is left.
        hung: Routes to try one by one, ascending.
        edges: Nodes by the first character of their label.
        parameters: Nodes by kind.
    """

    # PERF: a dataclass with factories costs 1.5 ms more for a thousand routes.
    __slots__ = ("edges", "hung", "kind", "label", "leaf", "parameters", "rest")

    def __init__(self, label: str = "", kind: int = CUSTOM) -> None:
        self.label = label
        self.kind = kind
        self.leaf = self.rest = NONE
        self.hung: list[int] = []
        self.edges: dict[str, _Draft] = {}
        self.parameters: dict[int, _Draft] = {}


@dataclass(slots=True)
class FlatTrie:
    """All tries of one router in arrays, ready to be copied.

    Attributes:
        patterns: One for each route.
        nodes: Fields of ``struct Node`` in their order; children follow their parents.
        pieces: Fields of ``struct Piece``; one for each parameter of each route.
        hung: Route indices, referred to by nodes.
        text: All labels and literals, referred to by offset.
        roots: Root node for each method that some route names.
        any_root: Root for every other method.
        all_root: Root of the trie that holds every route.
        stack_need: Upper bound of branches waiting during a lookup.
    """

    patterns: list[Pattern]
    nodes: list[tuple[int, ...]]
    pieces: list[tuple[int, int, int, int]]
    hung: list[int]
    text: str
    roots: dict[str, int]
    any_root: int
    all_root: int
    stack_need: int


def split_pattern(path: str, *, is_prefix: bool) -> Pattern:
    """Return *path* taken apart.

    Raises:
        ValueError: A name occurs twice.
        AssertionError: A convertor is not registered (KeyError under ``python -O``).
    """
    if is_prefix:
        path = path.rstrip("/") + "/{path:path}"
    parts = _PARAMETER.split(path)
    names, convertor_names, texts = tuple(parts[1::3]), parts[2::3], parts[::3]
    kinds = [_kind(name or "str") for name in convertor_names]
    # COMPAT: what does not begin with "/" is read as a host name, case and port ignored.
    odd = CUSTOM in kinds or not path.startswith("/")
    if not odd and len(set(names)) == len(names):
        return Pattern(names, kinds, texts, _count_simple(kinds, texts))
    regex, _, by_name = compile_path(path)
    simple = _count_simple(kinds, texts) if path.startswith("/") else 0
    # Not all names are looked up by position: a custom expression may hold groups of its own.
    return Pattern(names, kinds, texts, simple, regex, tuple(by_name[name] for name in names))


def _kind(convertor_name: str) -> int:
    """Return CUSTOM for everything whose behaviour is not known from Starlette itself."""
    convertor = convertors.CONVERTOR_TYPES.get(convertor_name)
    kind, expected = _BUILT_IN.get(type(convertor), (CUSTOM, ""))
    return kind if convertor is not None and convertor.regex == expected else CUSTOM


def _count_simple(kinds: list[int], texts: list[str]) -> int:
    """Return how many parameters from the left can capture one text only."""
    last = len(kinds) - 1
    for position, kind in enumerate(kinds):
        following = texts[position + 1]
        at_end = position == last and not following
        if kind == CUSTOM or not (at_end or (kind != REST and following.startswith("/"))):
            return position
    return len(kinds)


def flatten(specs: list[RouteSpec]) -> FlatTrie:
    """Return the arrays for *specs*, which are in order of registration."""
    known: dict[tuple[str, bool], Pattern] = {}
    patterns = []
    for spec in specs:
        key = (spec.path, spec.is_prefix)
        pattern = known.get(key)
        if pattern is None:
            pattern = known[key] = split_pattern(spec.path, is_prefix=spec.is_prefix)
        patterns.append(pattern)
    flat = FlatTrie(patterns, [], [], [], "", {}, 0, 1, 0)
    methods = sorted({method for spec in specs for method in spec.methods or ()})
    drafts = [_Draft(), _Draft()] + [_Draft() for _ in methods]  # any_root, all_root, the rest
    flat.roots = {method: number for number, method in enumerate(methods, start=2)}
    for index, (spec, pattern) in enumerate(zip(specs, patterns, strict=True)):
        # Of those with one pattern only the first can be found whatever its methods.
        if known.pop((spec.path, spec.is_prefix), None) is not None:
            _insert(drafts[flat.all_root], pattern, index)
        if spec.methods:
            chosen = [drafts[flat.roots[method]] for method in spec.methods]
        else:
            chosen = [draft for number, draft in enumerate(drafts) if number != flat.all_root]
        for draft in chosen:
            _insert(draft, pattern, index)
    texts: list[str] = []
    size = _lay_out(drafts, flat, texts)
    for pattern in patterns:
        for kind, before, after in zip(
            pattern.kinds, pattern.texts, pattern.texts[1:], strict=False
        ):
            flat.pieces.append((kind, len(before), size, len(after)))
            texts.append(after)
            size += len(after)
    flat.text = "".join(texts)
    return flat


def _insert(root: _Draft, pattern: Pattern, index: int) -> None:
    """Add a route; a later one of the same shape can never win and leaves no trace."""
    node = root
    is_rest = pattern.simple > 0 and pattern.kinds[pattern.simple - 1] == REST
    for text, kind in zip(pattern.texts, pattern.kinds[: pattern.simple - is_rest], strict=False):
        if text:
            node = _descend(node, text)
        child = node.parameters.get(kind)
        if child is None:
            child = node.parameters[kind] = _Draft(kind=kind)
        node = child
    if pattern.regex is None or pattern.texts[0].startswith("/"):
        node = _descend(node, pattern.texts[pattern.simple - is_rest])
    if pattern.simple < len(pattern.kinds) or pattern.regex is not None:
        node.hung.append(index)
    elif is_rest:
        node.rest = min(node.rest, index)
    else:
        node.leaf = min(node.leaf, index)


def _descend(node: _Draft, text: str) -> _Draft:
    """Return the node that *text* leads to, splitting labels where it must."""
    while text:
        child = node.edges.get(text[0])
        if child is None:
            child = node.edges[text[0]] = _Draft(text)
            return child
        label = child.label
        if text.startswith(label):
            node, text = child, text[len(label) :]
            continue
        size = _common_size(label, text)
        upper = _Draft(label[:size])
        child.label = label[size:]
        upper.edges[label[size]] = child
        node.edges[text[0]] = upper
        node, text = upper, text[size:]
    return node


def _common_size(one: str, other: str) -> int:
    for position, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return position
    return min(len(one), len(other))


def _lay_out(roots: list[_Draft], flat: FlatTrie, texts: list[str]) -> int:
    """Fill nodes and hung of *flat* and return the size of *texts*.

    Breadth first, so that the children of one node are neighbours, and what depends on
    children can be computed from the last node to the first without recursion.
    """
    order = list(roots)
    places: list[tuple[int, int, int, int]] = []
    size = 0
    for node in order:  # grows while it is walked
        places.append((len(order), len(node.edges), len(node.parameters), size))
        if node.edges:
            order += [node.edges[first] for first in sorted(node.edges)]
        if node.parameters:
            order += [node.parameters[kind] for kind in sorted(node.parameters, reverse=True)]
        texts.append(node.label)
        size += len(node.label)
    smallest = [0] * len(order)
    need = [0] * len(order)
    for number in range(len(order) - 1, -1, -1):
        node = order[number]
        first, edge_count, parameter_count, _ = places[number]
        last = first + edge_count + parameter_count
        lowest = min(node.leaf, node.rest, node.hung[0]) if node.hung else min(node.leaf, node.rest)
        if last > first:
            lowest = min(lowest, *smallest[first:last])
            need[number] = parameter_count + max(need[first:last])
        smallest[number] = lowest
    flat.stack_need = max(need[: len(roots)])
    for node, (first, edge_count, parameter_count, start), lowest in zip(
        order, places, smallest, strict=True
    ):
        first_char = ord(node.label[0]) if node.label else 0
        label = (first_char, start, len(node.label))
        here = (node.leaf, node.rest, len(flat.hung), len(node.hung))
        children = (first, edge_count, parameter_count)
        flat.nodes.append((*label, lowest, *here, *children, node.kind))
        flat.hung += node.hung
    return size
