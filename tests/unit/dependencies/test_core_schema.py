"""Which bodies may be validated from bytes: those for which nothing else can come out."""

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, field_validator

from fasterapi.dependencies.core_schema import is_json_equivalent


class Inner(BaseModel):
    x: int
    y: float | None = None


class Colour(Enum):
    RED = "red"
    ONE = "1"


class Shade(StrEnum):
    DARK = "dark"

    @classmethod
    def _missing_(cls, value: object) -> "Shade":
        return cls.DARK


class Outer(BaseModel):
    name: str
    flag: bool = False
    inner: Inner
    many: list[Inner] = []
    table: dict[str, float] = {}
    kind: Literal["a", "b", 1] = "a"
    when: datetime | None = None
    day: date | None = None
    at: time | None = None
    span: timedelta | None = None
    key: UUID | None = None
    anything: Any = None
    colour: Colour = Colour.RED


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    x: int


class Validated(BaseModel):
    x: int

    @field_validator("x")
    @classmethod
    def check(cls, value: int) -> int:
        return value


ADAPTER = TypeAdapter(Outer)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    # Longer ones differ where a float is wanted, so plans keep them from JSON mode.
    | st.integers(-(10**299), 10**299)
    | st.floats()
    | st.text()
    | st.sampled_from(["2024-01-01", "2024-01-01T00:00:00Z", "12:30", "P1D", "a", "1", "1.0"])
    | st.uuids().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
INNERS = st.fixed_dictionaries({"x": VALUES}, optional={"y": VALUES})
OUTERS = st.fixed_dictionaries(
    {"name": VALUES, "inner": INNERS},
    optional={
        "flag": VALUES,
        "many": st.lists(INNERS, max_size=2),
        "table": st.dictionaries(st.text(), VALUES, max_size=2),
        "kind": VALUES,
        "when": VALUES,
        "day": VALUES,
        "at": VALUES,
        "span": VALUES,
        "key": VALUES,
        "anything": VALUES,
        "colour": VALUES | st.sampled_from(["red", "1", 1]),
    },
)


def check_agreement(body: bytes) -> None:
    try:
        fast = ADAPTER.validator.validate_json(body)
    except ValidationError:
        return  # the reference path answers
    reference = ADAPTER.validate_python(json.loads(body), from_attributes=True)
    assert repr(fast) == repr(reference)


@given(OUTERS)
def test_what_json_mode_accepts_is_what_python_mode_makes(value: Any) -> None:
    assert is_json_equivalent(ADAPTER.core_schema)
    check_agreement(json.dumps(value).encode())


@given(st.text(alphabet='0123456789.eE+-"nulltrueNaIfiy[]{}:, ', max_size=20))
def test_numbers_in_any_spelling_agree(text: str) -> None:
    for field in ("anything", "many", "kind", "when", "span"):
        body = f'{{"name": "", "inner": {{"x": 1, "y": {text}}}, "{field}": {text}}}'.encode()
        try:
            json.loads(body)
        except ValueError:
            with pytest.raises(ValidationError):
                ADAPTER.validator.validate_json(body)
            continue
        check_agreement(body)


@pytest.mark.parametrize("kind", [bytes, Decimal, Strict, Validated, Shade, set[bytes]])
def test_types_that_see_the_mode_are_left_to_the_reference(kind: Any) -> None:
    assert not is_json_equivalent(TypeAdapter(kind).core_schema)
