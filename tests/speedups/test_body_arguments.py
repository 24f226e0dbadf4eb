"""JSON bodies of every kind, parsed and handed out in compiled code.

Invariant: for any bytes, an endpoint gets what FastAPI's way gives, which is `json.loads` of the
body and `request_body_to_args`; or both ways end with the same errors.
"""

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, computed_field, field_validator
from typing_extensions import TypedDict  # pydantic takes typing's from Python 3.12 on

from fasterapi import Body, Depends, FasterAPI
from tests.speedups.exchanges import ask, close_door, has_plan


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tail: float = 1.0


class Checked(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int
    b: Any = None

    @field_validator("a")
    @classmethod
    def small(cls, value: int) -> int:
        if value > 5:
            raise ValueError("too large")
        return value

    @computed_field
    def double(self) -> int:
        return self.a * 2


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    a: int
    b: dt.datetime | None = None


class Rich(BaseModel):
    a: Decimal
    b: UUID | dt.date | None = None


class Row(TypedDict, total=False):
    a: int
    b: list[Any]


@dataclasses.dataclass
class Point:
    a: int
    b: dt.datetime | None = None


WHOLE: tuple[Any, ...] = (
    *(Cat | Dog, Annotated[Cat | Dog, Body(discriminator="kind")], Checked, Strict, Rich),
    *(Row, Point, list[Checked], dict[str, Any], dict, Cat | None, list[int] | Point),
    *(Annotated[Any, Body()], Annotated[int, Body(ge=1)], Annotated[str | int, Body()]),
    *(Annotated[set[int], Body()], Annotated[Checked, Body(embed=True)]),
    *(Annotated[bytes, Body()], Annotated[float, Body()], Annotated[bool, Body()]),
)
KINDS: tuple[dict[str, Any], ...] = (
    *({"v": annotation} for annotation in WHOLE),
    {"a": Checked, "b": Point},
    {"a": Annotated[int, Body()], "b": Annotated[list[Any], Body()]},
    {"a": Annotated[int, Body(validation_alias=AliasChoices("kind", "a"))], "b": Row},
    {"a": Annotated[str, Body(alias="b")], "c": Annotated[Any, Body()]},
)
DEFAULTS: tuple[Any, ...] = (..., None, [[1]])

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["", "1", "cat", "dog", "é", "\ud800", "2024-01-02T03:04:05Z", "1.50"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "kind", "lives", "v", "\x00"]), inner)
    ),
    max_leaves=6,
)
TEXTS = VALUES.map(lambda value: json.dumps(value).encode()) | VALUES.map(
    lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
)
ODD = st.sampled_from(
    [
        *(b"", b" ", b"{", b"nul", b'{"a":1,"a":2}', b'{"a":-0}', b"-0", b"-0.0", b"1e999"),
        *(b'{"a":1}x', b'\xef\xbb\xbf{"a":1}', b'"\xff"', b'"\x01"', b"[1,]", b"01", b"1.", b"+1"),
        *('{"a":1}'.encode("utf-16"), b"\x00", b'"\\ud83d\\ude00"', b'"\\u00e9"', b"Infinity"),
        *(b"[" * 300 + b"]" * 300, b'{"\\u0061":1}', b"9" * 400, b'{"a":' + b"9" * 400 + b"}"),
    ]
)
HEADERS = st.sampled_from(
    [b"application/json", b"application/json", b"application/x+json", b"text/plain", None]
)


def application(kinds: dict[str, Any], default: Any, is_inner: bool) -> tuple[Any, list[Any]]:
    """Return an application with these body parameters, and the list of what it gets."""
    app, seen = FasterAPI(), list[Any]()
    names = ", ".join(name if default is ... else f"{name}=default" for name in kinds)
    space: dict[str, Any] = {"seen": seen, "default": default}
    exec(f"async def call({names}):\n    seen.append([{', '.join(kinds)}])", space)
    call = space["call"]
    call.__annotations__ = kinds

    async def outer(_: Annotated[Any, Depends(call)], q: int = 0) -> None:
        return None

    app.post("/")(outer if is_inner else call)
    return app, seen


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_a_body_is_read_as_the_reference_reads_it(number: int) -> None:
    made = []
    for default in DEFAULTS:
        for is_inner in (False, True):
            app, seen = application(KINDS[number], default, is_inner)
            assert has_plan(app, "/")
            closed, known = application(KINDS[number], default, is_inner)
            made.append((app, seen, close_door(closed), known))

    @settings(max_examples=50)
    @given(TEXTS | ODD, HEADERS, st.sampled_from(range(len(made))), st.sampled_from([b"", b"q=x"]))
    @example(b"null", b"application/json", 0, b"")
    @example(b"[]", b"application/json", 0, b"")
    @example(b'{"a": 1}', b"application/json", 1, b"q=x")
    def check(body: bytes, kind: bytes | None, which: int, query: bytes) -> None:
        app, seen, closed, known = made[which]
        seen.clear()
        known.clear()
        headers = [] if kind is None else [(b"content-type", kind)]
        request: dict[str, Any] = {"method": "POST", "body": body, "headers": headers}
        assert ask(app, "/", query=query, **request) == ask(closed, "/", query=query, **request)
        assert repr(seen) == repr(known)

    check()


def test_validators_run_once() -> None:
    app, calls = FasterAPI(), list[Any]()

    class Counted(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def count(cls, value: int) -> int:
            calls.append(value)
            return value

        b: int = Field(0, ge=1)

    @app.post("/")
    async def read(body: Counted) -> None:
        return None

    headers = [(b"content-type", b"application/json")]
    assert ask(app, "/", method="POST", body=b'{"a":1,"b":0}', headers=headers).status == 422
    assert calls == [1]
