"""Compiled plans against the reference path: answers, failing dependencies, calling.

Invariants, each for a program that exists twice, compiled and with its door closed:

- the bytes of an answer are those of validating the value and writing it by the response model,
  whatever is returned; what the model refuses is the same exception;
- a 422 lists the errors of all dependencies in the same order and number, and the same
  dependencies have been called before;
- a callable of any kind gets its arguments as if all were passed by name.
"""

import functools
import warnings
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

from fasterapi import Depends, FasterAPI, Query
from tests.speedups.exchanges import Answer, ask, close_door, has_plan


def both(build: Callable[[FasterAPI], None]) -> tuple[FasterAPI, FasterAPI]:
    """Return the application that *build* fills, compiled and with its door closed."""
    compiled, closed = FasterAPI(), FasterAPI()
    build(compiled)
    build(closed)
    return compiled, close_door(closed)


def worded(answer: Answer) -> Any:
    """Return the answer without addresses of objects in its error."""
    if answer.error is None:
        return answer
    return answer.error[0], answer.error[1].split(" at 0x")[0]


# --- answers ------------------------------------------------------------------------------------


class Text(str):
    pass


class Rows(list[Any]):
    pass


class Table(dict[str, Any]):
    pass


class Leaf(BaseModel):
    label: str
    size: int = 0


class SubLeaf(Leaf):
    more: list[int] = [1]


class Warm(Leaf):
    @cached_property
    def loud(self) -> str:
        return self.label.upper()


class Foreign:
    """An object as an ORM gives it."""

    label = "foreign"
    size = 2


def warmed(label: str) -> Warm:
    leaf = Warm(label=label)
    assert leaf.loud is not None
    return leaf


def with_attribute(leaf: Leaf, value: Any) -> Leaf:
    leaf.__dict__["stray"] = value
    return leaf


TYPES: tuple[Any, ...] = (
    *(str, int, float, bool, Any, int | None, str | None, list[int], dict[str, int], Leaf, Warm),
    *(
        list[Leaf],
        Leaf | None,
        dict[str, Leaf],
        list[str | None],
        list[list[bool]],
        bytes,
        set[int],
    ),
    *(Annotated[int, Field(ge=0)], Annotated[str, Field(max_length=3)], int | str),
)
DEFAULTS: tuple[Any, ...] = (..., ..., ..., None, 0, "x", Field(default_factory=list))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**66), 2**66)
    | st.floats()
    | st.text(max_size=4)
    | st.builds(Text, st.text(max_size=3))
)
LEAVES = (
    st.builds(Leaf, label=st.text(max_size=3), size=st.integers())
    | st.builds(SubLeaf, label=st.text(max_size=3))
    | st.builds(warmed, st.text(max_size=3))
    | st.builds(Leaf.model_construct, label=SCALARS, size=SCALARS)
    | st.builds(Leaf.model_construct, size=SCALARS, stray=SCALARS)
    | st.builds(with_attribute, st.builds(Leaf, label=st.text(max_size=3)), SCALARS)
    | st.builds(Foreign)
    | st.fixed_dictionaries({"label": st.text(max_size=3), "size": st.integers()})
    | st.fixed_dictionaries({"size": SCALARS, "label": SCALARS}, optional={"other": SCALARS})
)
VALUES = st.recursive(
    SCALARS | LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=2).map(tuple)
        | st.lists(inner, max_size=2).map(Rows)
        | st.dictionaries(st.sampled_from(["a", "b", "label"]), inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "label"]), inner, max_size=2).map(Table)
    ),
    max_leaves=5,
)
FIELDS = st.lists(st.tuples(st.sampled_from(TYPES), st.sampled_from(DEFAULTS)), max_size=3)
PLAIN: dict[Any, Any] = {
    str: "s", int: 1, float: 0.5, bool: True, Any: [1.5, None], int | None: None, str | None: "t",
    list[int]: [1, 2], dict[str, int]: {"k": 1}, Leaf: {"label": "l", "size": 1},
}  # fmt: skip


def fitting(model: type[BaseModel]) -> dict[str, Any]:
    """Return a row that most models take as it is."""
    return {
        name: PLAIN.get(info.annotation, [{"label": "l", "size": 1}])
        for name, info in model.model_fields.items()
    }


def answers(annotation: Any, value: Callable[[], Any], **options: Any) -> tuple[Any, Any]:
    """Return what both paths answer for what *value* returns."""

    def build(app: FasterAPI) -> None:
        @app.get("/", response_model=annotation, **options)
        async def endpoint() -> Any:
            return value()

    compiled, closed = both(build)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic's about values that were not validated
        return worded(ask(compiled, "/")), worded(ask(closed, "/"))


@settings(max_examples=400)
@given(st.data())
def test_random_models_answer_alike(data: st.DataObject) -> None:
    fields = data.draw(FIELDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # defaults that do not fit are part of the game
        definitions: dict[str, Any] = dict(zip(("a", "b", "label"), fields, strict=False))
        model = create_model("Model", **definitions)
        row = fitting(model)
        changed = {**row, **data.draw(st.dictionaries(st.sampled_from(["a", "b"]), VALUES))}
        annotation = data.draw(st.sampled_from([model, list[model], model | None]))  # type: ignore[valid-type]
        made = [row, changed, model.model_construct(**row), model.model_construct(**changed)]
        one = data.draw(st.sampled_from(made) | VALUES)
        value = [row, one] if annotation == list[model] else one  # type: ignore[valid-type]
        compiled, closed = answers(annotation, lambda: value)
    assert compiled == closed


@settings(max_examples=400)
@given(st.sampled_from(TYPES), VALUES)
def test_random_values_answer_alike(annotation: Any, value: Any) -> None:
    compiled, closed = answers(annotation, lambda: value)
    assert compiled == closed


@settings(max_examples=300)
@given(VALUES)
def test_values_without_a_model_answer_alike(value: Any) -> None:
    compiled, closed = answers(None, lambda: value)
    assert compiled == closed


OPTIONS: tuple[dict[str, Any], ...] = (
    {"response_model_include": {"label"}},
    {"response_model_exclude": {"size"}},
    {"response_model_exclude_unset": True},
    {"response_model_exclude_defaults": True},
    {"response_model_exclude_none": True},
    {"response_model_by_alias": False},
    {"status_code": 201},
)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: next(iter(options)))
@settings(max_examples=40)
@given(value=LEAVES)
def test_options_of_the_model_are_kept(options: dict[str, Any], value: Any) -> None:
    compiled, closed = answers(Leaf, lambda: value, **options)
    assert compiled == closed


def iterators() -> dict[str, Callable[[], Any]]:
    return {
        "generator": lambda: (number for number in (1, 2)),
        "generator with a wrong item": lambda: (number for number in (1, "x", 3)),
        "iterator": lambda: iter([1, 2]),
        "generator in rows": lambda: [{"sizes": (n for n in (1, 2))}, {"sizes": [3]}],
        "generator in rows beside an instance": lambda: [
            {"sizes": (n for n in (1, 2))}, SIZES.model_construct(sizes=[3]),
        ],
        "generator in rows, then a wrong row": lambda: [{"sizes": (n for n in (1,))}, {}],
    }  # fmt: skip


SIZES: Any = create_model("Sizes", sizes=(list[int], ...))


@pytest.mark.parametrize("name", iterators())
@pytest.mark.parametrize("annotation", [list[int], list[SIZES]], ids=["numbers", "rows"])
def test_iterators_are_read_once(annotation: Any, name: str) -> None:
    compiled, closed = answers(annotation, iterators()[name])
    assert compiled == closed


def test_a_default_factory_is_called_once_for_a_row() -> None:
    calls: list[int] = []

    def count() -> str:
        calls.append(1)
        return "x"

    model = create_model("Counted", name=(str, Field(default_factory=count)), size=(int, ...))
    answers(list[model], lambda: [{"size": 1}, {"size": "2"}, model(size=3)])  # type: ignore[valid-type]
    assert len(calls) == 2 * 3


# --- dependencies that fail ----------------------------------------------------------------------

TREES = st.lists(
    st.tuples(
        st.sampled_from(["none", "query", "both", "body"]),
        st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=3),
    ),
    min_size=1,
    max_size=6,
)


def grow(app: FasterAPI, tree: list[tuple[str, list[tuple[int, bool]]]], called: list[int]) -> None:
    """Add a route whose dependencies are *tree*: what each reads, and the earlier ones it needs."""
    calls: list[Any] = []
    for number, (reads, needs) in enumerate(tree):
        parameters = {"query": "a: int", "both": "a: int, b: list[bool] = Query()", "none": ""}
        texts = [parameters.get(reads, "body: Leaf")]
        texts += [
            f"d{index}: Any = Depends(calls[{need}], use_cache={use_cache})"
            for index, (need, use_cache) in enumerate(needs)
            if need < number
        ]
        signature = ", ".join(filter(None, texts))
        namespace = {**globals(), "calls": calls, "called": called}
        exec(f"async def call(*, {signature or 'z: int = 0'}): called.append({number})", namespace)
        calls.append(namespace["call"])
    wanted = ", ".join(f"d{index}: Any = Depends(calls[{index}])" for index in range(len(calls)))
    namespace = {**globals(), "calls": calls, "called": called}
    exec(f"async def endpoint(*, {wanted}): called.append(-1)", namespace)
    app.post("/")(namespace["endpoint"])


@settings(max_examples=250)
@given(
    TREES,
    st.sampled_from([b"", b"a=1", b"a=x&b=2&b=true", b"a=1&b=1"]),
    st.sampled_from([b"", b'{"label": "l"}', b'{"label": 5}', b"[", b'{"body": {"label": "l"}}']),
)
def test_trees_of_failing_dependencies_report_alike(tree: Any, query: bytes, body: bytes) -> None:
    seen = []
    for is_compiled in (True, False):
        app, called = FasterAPI(), list[int]()
        grow(app, tree, called)
        if is_compiled:
            assert has_plan(app, "/")
        else:
            close_door(app)
        headers = [(b"content-type", b"application/json")]
        answer = ask(app, "/", method="POST", query=query, headers=headers, body=body)
        seen.append((called, answer))
    assert seen[0] == seen[1]


# --- calling -------------------------------------------------------------------------------------


def plain(a: int, b: str = "b") -> Any:
    return [a, b]


async def coroutine(b: str, a: int = 5) -> Any:
    return [a, b]


async def keyword_only(*, a: int, b: str = "k") -> Any:
    return [a, b]


async def mixed(a: int, *, b: str = "m", c: Annotated[int, Query(alias="a")] = 0) -> Any:
    return [a, b, c]


async def with_rest(a: int, *args: Any, **kwargs: Any) -> Any:
    return [a, args, sorted(kwargs)]


def decorated(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return ["wrapped", len(args), sorted(kwargs), await call(*args, **kwargs)]

    return wrapper


def swapped(call: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps without forwarding in order: arguments by position would be mixed up."""

    @functools.wraps(call)
    async def wrapper(b: Any = None, a: Any = None) -> Any:
        return ["swapped", a, b]

    return wrapper


class Service:
    def __init__(self, a: int = 1) -> None:
        self.a = a

    async def __call__(self, b: str = "call") -> Any:
        return [self.a, b]

    async def method(self, a: int, b: str = "method") -> Any:
        return [self.a, a, b]

    @classmethod
    async def of_class(cls, a: int) -> Any:
        return [cls.__name__, a]

    @staticmethod
    async def static(b: str, a: int = 0) -> Any:
        return [a, b]


CALLABLES: dict[str, Any] = {
    "coroutine": coroutine,
    "keyword only": keyword_only,
    "mixed": mixed,
    "rest": with_rest,
    "partial by name": functools.partial(keyword_only, b="partial"),
    "partial by position": functools.partial(coroutine, "partial"),
    "partial of partial": functools.partial(functools.partial(mixed, b="inner"), c=9),
    "wraps": decorated(coroutine),
    "wraps in another order": swapped(coroutine),
    "instance": Service(7),
    "method": Service(7).method,
    "class method": Service.of_class,
    "static method": Service.static,
}


@pytest.fixture(params=CALLABLES)
def called(request: pytest.FixtureRequest) -> Any:
    return CALLABLES[request.param]


@pytest.mark.parametrize("query", [b"", b"a=1", b"b=x", b"a=1&b=x", b"a=y&b=x&args=1&kwargs=2"])
def test_endpoints_are_called_alike(called: Any, query: bytes) -> None:
    def build(app: FasterAPI) -> None:
        app.get("/")(called)

    compiled, closed = both(build)
    assert has_plan(compiled, "/")
    assert worded(ask(compiled, "/", query=query)) == worded(ask(closed, "/", query=query))


@pytest.mark.parametrize("query", [b"", b"a=1", b"b=x", b"a=1&b=x", b"a=y&b=x&args=1&kwargs=2"])
def test_dependencies_are_called_alike(called: Any, query: bytes) -> None:
    def build(app: FasterAPI) -> None:
        @app.get("/")
        async def endpoint(
            value: Annotated[Any, Depends(called)], again: Annotated[Any, Depends(called)]
        ) -> Any:
            return [value, again is value]

    compiled, closed = both(build)
    assert has_plan(compiled, "/")
    assert worded(ask(compiled, "/", query=query)) == worded(ask(closed, "/", query=query))


def test_builtins_are_called_by_name_too() -> None:
    def build(app: FasterAPI) -> None:
        @app.get("/")
        async def endpoint(value: Annotated[Any, Depends(dict)]) -> Any:
            return value

    # Neither path can: `dict` has no signature.
    with pytest.raises(ValueError, match="signature"):
        both(build)
