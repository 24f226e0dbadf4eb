"""Routes with a response class: compiled, they answer as the reference path does.

Invariants, for a program that exists twice, compiled and with its door closed:

- the class is called with the same content, status and background, and the answer that it makes
  is sent with the same injected fields;
- what the response model refuses, and what the class raises, is the same exception;
- the class may change the content: the endpoint's value stays as it was.
"""

import asyncio
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from fasterapi import BackgroundTasks, FasterAPI, Response
from fasterapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from fasterapi.testclient import TestClient
from tests.speedups.exchanges import ask, close_door, has_plan


class Typed(JSONResponse):
    media_type = "application/vnd.x+json"


class Enveloped(JSONResponse):
    def __init__(self, content: Any, status_code: int = 203, **options: Any) -> None:
        super().__init__({"data": content, "by": sorted(options)}, status_code, **options)


class Changing(JSONResponse):
    def render(self, content: Any) -> bytes:
        if isinstance(content, dict):
            content.clear()
        if isinstance(content, list):
            content.append(1)
        return super().render(content)


class Refusing(JSONResponse):
    def render(self, content: Any) -> bytes:
        raise LookupError(repr(content))


class Silent(Response):
    def render(self, content: Any) -> bytes:
        self.status_code = 204
        return b""


class Row(BaseModel):
    a: int = 1
    b: list[str] | None = None


CLASSES = (
    *(Typed, Enveloped, Changing, Refusing, Silent, JSONResponse, Response),
    *(HTMLResponse, PlainTextResponse, RedirectResponse),
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**66), 2**66)
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from([b"x", 1j, Row(a=3), "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "_sa_x"]) | st.integers(0, 2), inner)
        | st.tuples(inner)
    ),
    max_leaves=6,
)


def program(value: Any, chosen: dict[str, Any], injected_status: int | None) -> FasterAPI:
    app = FasterAPI()
    chosen = {"response_model": None, **chosen}

    @app.get("/", **chosen)
    async def answer(response: Response, tasks: BackgroundTasks) -> Any:
        response.status_code = injected_status
        response.headers["x-injected"] = "1"
        return value

    @app.get("/plain", **chosen)
    async def plain() -> Any:
        return value

    return app


@given(
    VALUES | st.fixed_dictionaries({"a": st.integers(0, 5) | st.text(max_size=2)}),
    st.fixed_dictionaries(
        {"response_class": st.sampled_from(CLASSES)},
        optional={
            "status_code": st.sampled_from([200, 201, 404]),
            "response_model": st.sampled_from([Row, list[int], str, Any]),
            "response_model_exclude_unset": st.just(True),
            "response_model_include": st.sampled_from([set(), {"a"}]),
        },
    ),
    st.sampled_from([None, 0, 202, 204, 205]),
)
def test_answers_are_those_of_the_reference_path(
    value: Any, chosen: dict[str, Any], injected: int | None
) -> None:
    kept = deepcopy(value)
    compiled = program(value, chosen, injected)
    closed = close_door(program(value, chosen, injected))
    for path in ("/", "/plain"):
        assert ask(compiled, path) == ask(closed, path)
    assert repr(value) == repr(kept)


@pytest.mark.parametrize("cls", CLASSES)
def test_routes_with_a_class_are_compiled(cls: type[Response]) -> None:
    app = program({"a": 1}, {"response_class": cls}, None)
    assert has_plan(app, "/")


def test_the_class_of_a_plain_function_is_called_on_the_loop() -> None:
    made: list[Any] = []

    class Noting(Typed):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            made.append(asyncio.get_running_loop())
            super().__init__(*arguments, **options)

    app = FasterAPI()

    @app.get("/", response_class=Noting)
    def answer() -> Any:
        return {"a": 1}

    with TestClient(app) as client:
        assert client.get("/").json() == {"a": 1}
    assert len(made) == 1
