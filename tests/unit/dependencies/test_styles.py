"""Which plain dependencies need no worker thread, because they only move values."""

import functools
import threading
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

import pytest
from starlette.testclient import TestClient

from fasterapi import Depends, FasterAPI, HTTPException
from fasterapi.dependencies.styles import only_moves_values
from tests.speedups.exchanges import ask, close_door, has_plan

OUTSIDE = 3


class Page:
    def __init__(self, page: int = 1, size: int = 20, q: str | None = None) -> None:
        self.page = page
        self.size = size
        self.q = q
        self.constant = "x"


class Slotted:
    __slots__ = ("page",)

    def __init__(self, page: int = 1) -> None:
        self.page = page


@dataclass
class Data:
    page: int = 1
    q: str | None = None


class Inheriting(Page):
    """With the constructor of its base."""


def common(q: str | None = None, skip: int = 0, limit: int = 100) -> dict[str, Any]:
    """Return the parameters."""
    return {"q": q, "skip": skip, "limit": limit}


def same(q: str = "x") -> str:
    return q


def pair(q: str = "x", *, skip: int = 0) -> Any:
    return [q, (skip, q)]


def nothing(q: str = "x") -> None:
    pass


def constant() -> int:
    return 5


MOVING = (Page, Slotted, Data, Inheriting, common, same, pair, nothing, constant)


class Property:
    def __init__(self, page: int = 1) -> None:
        self.page = page

    @property
    def page(self) -> int:
        return 1

    @page.setter
    def page(self, value: int) -> None:
        pass


class Setting:
    def __init__(self, page: int = 1) -> None:
        self.page = page

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)


class Making:
    def __new__(cls, *_arguments: Any, **_named: Any) -> Self:
        return super().__new__(cls)

    def __init__(self, page: int = 1) -> None:
        self.page = page


class Meta(type):
    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        return super().__call__(*arguments, **named)


class WithMeta(metaclass=Meta):
    def __init__(self, page: int = 1) -> None:
        self.page = page


class Foreign:
    def __init__(self, other: Any = None) -> None:
        other.page = 1


@dataclass
class Checked:
    page: int = 1

    def __post_init__(self) -> None:
        self.ident = threading.get_ident()


@dataclass
class Listed:
    tags: list[str] = field(default_factory=list)


class Instance:
    def __call__(self) -> int:
        return 1


def calling(q: str = "x") -> Any:
    return str(q)


def reading() -> Any:
    return OUTSIDE


def computing(page: int = 1, size: int = 2) -> int:
    return page * size


def raising(q: str = "x") -> Any:
    raise HTTPException(418)


def generating() -> Any:
    yield 1


async def coroutine() -> int:
    return 1


NOT_MOVING = (
    Property, Setting, Making, WithMeta, Foreign, Checked, Listed, Instance(), calling, reading,
    computing, raising, generating, coroutine, functools.partial(same, "y"), int, dict, len,
)  # fmt: skip


@pytest.mark.parametrize("call", MOVING)
def test_what_only_moves_values_is_recognised(call: Any) -> None:
    assert only_moves_values(call)


@pytest.mark.parametrize("call", NOT_MOVING)
def test_everything_else_goes_to_a_thread(call: Any) -> None:
    assert not only_moves_values(call)


def application(call: Any) -> FasterAPI:
    app = FasterAPI()

    async def shown(value: Annotated[Any, Depends(call)]) -> Any:
        if isinstance(value, Slotted):
            return {"page": value.page}
        return vars(value) if hasattr(value, "__dict__") else value

    @app.get("/")
    async def endpoint(
        value: Annotated[Any, Depends(shown)], again: Annotated[Any, Depends(call)]
    ) -> Any:
        return {"value": value, "type": type(again).__name__}

    return app


@pytest.mark.parametrize("query", [b"", b"q=a&page=2&size=3&skip=4&limit=5", b"page=x&skip=y"])
@pytest.mark.parametrize("call", MOVING)
def test_it_is_called_without_waiting_and_with_the_same_result(call: Any, query: bytes) -> None:
    app = application(call)
    assert has_plan(app, "/")
    answer = ask(app, "/", query=query)  # which nothing may wait for
    client = TestClient(close_door(application(call)))
    expected = client.get("/", params=query.decode())
    assert (answer.status, answer.json()) == (expected.status_code, expected.json())


def test_it_goes_along_where_the_request_is_in_a_thread_anyway() -> None:
    app = FasterAPI()

    def ident() -> int:
        return threading.get_ident()

    def kept(first: Annotated[int, Depends(ident)]) -> Any:
        return {"first": first}

    def second(kept: Annotated[Any, Depends(kept)]) -> Any:
        return {**kept, "second": threading.get_ident()}

    @app.get("/")
    def endpoint(value: Annotated[Any, Depends(second)]) -> Any:
        return value

    answer = TestClient(app).get("/").json()
    assert answer["first"] == answer["second"]
