"""Models of parameters, and parameters that are lists, read in compiled code.

Invariant: for any names and values on the wire, in any order, an endpoint gets what
`request_params_to_args` gives, or the answer is a 422 with the errors that it lists.
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, model_validator
from starlette.datastructures import Headers, QueryParams

from fasterapi import Cookie, FasterAPI, Header, Query, Response
from fasterapi.dependencies.utils import request_params_to_args
from fasterapi.encoders import jsonable_encoder
from tests.speedups.exchanges import ask, has_plan

MARKERS: dict[str, Any] = {"query": Query, "header": Header, "cookie": Cookie}
NAMES = ["limit", "x_tag", "x-tag", "search", "q", "Q", "tags", "other", "one", "two"]
VALUES = st.sampled_from(["", "1", "2", "x", "a", "[1]", "é"])
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6)


class Plain(BaseModel):
    limit: int = 1
    x_tag: list[str] = []
    q: str | None = Field(None, alias="search", max_length=1)


class Needed(Plain):
    limit: int
    tags: set[int]


class Forbidding(Plain):
    model_config = ConfigDict(extra="forbid")
    tags: tuple[int, str] | None = None


class Allowing(Plain):
    model_config = ConfigDict(extra="allow")


class ByName(Plain):
    model_config = ConfigDict(populate_by_name=True, loc_by_alias=False)


class Choosing(BaseModel):
    one: int = Field(1, validation_alias=AliasChoices("one", "two"))
    tags: list[Literal["1", "2"]] = Field([], validation_alias=AliasChoices("tags", "x-tag"))


class Reaching(BaseModel):
    tag: str = Field("", validation_alias=AliasPath("tags", 1))
    tags: list[str] = []


class Looking(Plain):
    @model_validator(mode="before")
    @classmethod
    def count(cls, value: Any) -> Any:
        return {**value, "limit": len(value)}


class Holding(BaseModel):
    limit: dict[str, int] | int = 3
    x_tag: Annotated[list[int], Field(min_length=1)]


ANNOTATIONS: tuple[Any, ...] = (
    *(Plain, Needed, Forbidding, Allowing, ByName, Choosing, Reaching, Looking, Holding),
    *(Plain | None, Forbidding | None, list[int], set[str], list[int] | None, tuple[int, str]),
)
CASES = [(source, number) for source in MARKERS for number in range(len(ANNOTATIONS))]
DEFAULTS: tuple[Any, ...] = (..., None, {"limit": 5}, ["x"], [], [[1]])


def application(source: str, annotation: Any, default: Any) -> tuple[Any, list[Any], Any]:
    """Return an application, the list of what its endpoint gets, and the parameter's field."""
    app, seen = FasterAPI(), list[Any]()

    async def endpoint(tags: Any) -> Response:
        seen.append(tags)
        return Response()

    endpoint.__annotations__["tags"] = Annotated[annotation, MARKERS[source]()]
    if default is not ...:
        endpoint.__defaults__ = (default,)
    app.get("/")(endpoint)
    route: Any = app.routes[-1]
    (parameter,) = getattr(route.dependant, f"{source}_params")
    assert has_plan(app, "/")
    return app, seen, parameter


def wire(source: str, pairs: list[tuple[str, str]]) -> tuple[dict[str, Any], Any]:
    """Return how *pairs* are sent, and what FastAPI reads them from."""
    if source == "query":
        raw = urlencode(pairs).encode()
        return {"query": raw}, QueryParams(raw)
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs]
    if source == "header":
        return {"headers": encoded}, Headers(raw=encoded)
    cookies = [(b"cookie", b"; ".join(name + b"=" + value for name, value in encoded))]
    return {"headers": cookies if encoded else []}, {name.lower(): value for name, value in pairs}


@pytest.mark.parametrize(("source", "number"), CASES)
def test_models_and_lists_are_read_as_the_reference_reads_them(source: str, number: int) -> None:
    made = [application(source, ANNOTATIONS[number], default) for default in DEFAULTS]

    @settings(max_examples=25)
    @given(PAIRS, st.sampled_from(range(len(DEFAULTS))))
    def check(pairs: list[tuple[str, str]], which: int) -> None:
        app, seen, parameter = made[which]
        seen.clear()
        request, received = wire(source, pairs)
        values, errors = request_params_to_args([parameter], received)
        answer = ask(app, "/", **request)
        if errors:
            assert (answer.status, seen) == (422, [])
            assert answer.json()["detail"] == jsonable_encoder(errors)
        else:
            assert (answer.status, answer.error) == (200, None)
            assert list(map(repr, seen)) == list(map(repr, values.values()))

    check()


def test_a_default_is_not_shared_between_requests() -> None:
    app = FasterAPI()

    @app.get("/")
    async def read(
        flat: Annotated[list[int], Query()] = [1],  # noqa: B006
        deep: Annotated[list[Any], Query()] = [[1]],  # noqa: B006
        made: list[int] = Query(default_factory=list),
    ) -> Any:
        flat.append(2)
        deep[0].append(2)
        made.append(2)
        return [flat, deep, made]

    assert ask(app, "/").json() == ask(app, "/").json() == [[1, 2], [[1, 2]], [2]]
