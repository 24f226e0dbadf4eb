"""Signatures are read once, and again when something about them has changed."""

import functools
import inspect
from collections.abc import AsyncIterator, Generator, Iterable
from typing import Annotated, Any

import pytest

from fasterapi.dependencies.typed import (
    _get_signature,
    get_stream_item_type,
    get_typed_annotation,
    get_typed_return_annotation,
    get_typed_signature,
)


def annotations_of(call: Any) -> dict[str, Any]:
    return {name: item.annotation for name, item in get_typed_signature(call).parameters.items()}


def test_text_is_resolved_where_the_function_was_written() -> None:
    def endpoint(a: "int", b: "Annotated[str, 'x']", c: "None", d: int) -> "list[int]":
        raise NotImplementedError

    assert annotations_of(endpoint) == {"a": int, "b": Annotated[str, "x"], "c": None, "d": int}
    assert get_typed_return_annotation(endpoint) == list[int]


def test_a_name_that_is_not_defined_leaves_the_others_alone() -> None:
    def endpoint(a: "int", b: "OnlyForTypeCheckers") -> "OnlyForTypeCheckers":  # noqa: F821
        raise NotImplementedError

    found = annotations_of(endpoint)
    assert found["a"] is int
    assert "OnlyForTypeCheckers" in str(found["b"])


def test_the_wrapped_function_is_asked_for_its_names() -> None:
    def decorator(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError

        return wrapper

    @decorator
    def endpoint(a: "int") -> "str":
        raise NotImplementedError

    assert annotations_of(endpoint) == {"a": int}
    assert get_typed_return_annotation(endpoint) is str


def test_changes_to_a_function_are_seen() -> None:
    def endpoint(a: int, b: int = 1) -> int:
        raise NotImplementedError

    def defaults() -> list[Any]:
        return [item.default for item in get_typed_signature(endpoint).parameters.values()]

    assert annotations_of(endpoint) == {"a": int, "b": int}
    endpoint.__annotations__["a"] = str
    assert annotations_of(endpoint)["a"] is str
    endpoint.__defaults__ = (2,)
    assert defaults()[1] == 2
    endpoint.__annotations__["return"] = bytes
    assert get_typed_return_annotation(endpoint) is bytes
    endpoint.__signature__ = get_typed_signature(lambda other: other)  # type: ignore[attr-defined]
    assert list(annotations_of(endpoint)) == ["other"]


def test_an_equal_default_is_not_taken_for_the_same() -> None:
    def endpoint(a: Any = 1) -> None:
        raise NotImplementedError

    get_typed_signature(endpoint)
    endpoint.__defaults__ = (True,)
    assert get_typed_signature(endpoint).parameters["a"].default is True


def test_partials_objects_and_classes_have_signatures() -> None:
    def function(a: int, b: "str") -> int:
        raise NotImplementedError

    class Callable:
        def __init__(self, x: "int") -> None: ...

        def __call__(self, y: str) -> None: ...

    assert annotations_of(functools.partial(function, 1)) == {"b": str}
    assert annotations_of(Callable) == {"x": int}
    assert annotations_of(Callable(1)) == {"y": str}
    assert annotations_of(Callable(1).__call__) == {"y": str}


def test_no_result_and_result_none_are_the_same() -> None:
    def silent():
        raise NotImplementedError

    def none() -> None:
        raise NotImplementedError

    assert get_typed_return_annotation(silent) is None
    assert get_typed_return_annotation(none) is None
    assert get_typed_annotation("None", {}) is None


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (AsyncIterator[int], int),
        (Generator[str, None, None], str),
        (Iterable, None),
        (list[int], None),
        (None, None),
    ],
)
def test_items_of_streams(annotation: Any, expected: Any) -> None:
    assert get_stream_item_type(annotation) is expected


def test_what_is_not_callable_is_refused() -> None:
    with pytest.raises(TypeError, match="not a callable object"):
        get_typed_signature(5)  # type: ignore[arg-type]


def _functions() -> list[Any]:
    async def everything(
        a: int, /, b: str = "b", *rest: int, c: float, d: Any = None, **more: str
    ) -> list[int]:
        raise NotImplementedError

    def nothing():  # type: ignore[no-untyped-def]
        raise NotImplementedError

    def defaults(a, b=1, c=[]):  # type: ignore[no-untyped-def]  # noqa: B006
        raise NotImplementedError

    def by_name(*, a: int = 1, b: int) -> None:
        raise NotImplementedError

    def rest_by_name(*args: int, **options: int) -> None:
        raise NotImplementedError

    def inner_variables(a: Annotated[int, "x"], **options: int) -> int:
        b = c = a
        return b + c

    return [everything, nothing, defaults, by_name, rest_by_name, inner_variables, lambda x, *y: x]


@pytest.mark.parametrize("function", _functions(), ids=lambda function: function.__name__)
def test_a_plain_function_is_read_as_by_inspect(function: Any) -> None:
    expected = inspect.signature(function)
    assert _get_signature(function) == expected
    assert get_typed_signature(function) == expected.replace(
        return_annotation=inspect.Signature.empty
    )
