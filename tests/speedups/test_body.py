"""JSON bytes of a handler's value: never other bytes than the reference path's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, computed_field, field_validator

from fasterapi._speedups.body import Shape, encode_json
from fasterapi.dependencies.core_schema import shape_of
from fasterapi.encoders import jsonable_encoder

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text()
    | st.text(alphabet=st.characters(categories=["Cs", "Cc", "Lu"]))
)
JSON_VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.just("_sa_x"), inner, max_size=4)
        | st.tuples(inner)
    ),
    max_leaves=12,
)


class Address(BaseModel):
    street: str
    number: int


class Person(BaseModel):
    name: str
    age: int | None = None
    height: float = 1.0
    addresses: list[Address] = []
    notes: dict[str, bool] = {}


PERSON_DICTS = st.fixed_dictionaries(
    {"name": st.text(), "age": st.none() | st.integers(-(2**66), 2**66), "height": st.floats()},
    optional={
        "addresses": st.lists(
            st.fixed_dictionaries({"street": st.text(), "number": st.integers()})
            | st.fixed_dictionaries({"number": st.integers(), "street": st.text()}),
            max_size=2,
        ),
        "notes": st.dictionaries(st.text(max_size=3), st.booleans() | st.just(1), max_size=2),
        "unknown": st.integers(),
    },
)


def starlette_json(value: Any) -> bytes | None:
    """What FastAPI answers for a value without a response model; None for a 500."""
    try:
        text = json.dumps(
            jsonable_encoder(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        return text.encode("utf-8")
    except ValueError:
        return None


@given(JSON_VALUES)
def test_plain_data_is_encoded_as_starlette_does(value: Any) -> None:
    encoded = encode_json(value)
    assert encoded is None or encoded == starlette_json(value)


@pytest.mark.parametrize(
    "value", [{"a": [1, 2.5, None, True, "é"]}, [], {}, "", 0, 1e15, 0.0001, -0.0, 2**63 - 1]
)
def test_everyday_data_takes_the_fast_way(value: Any) -> None:
    assert encode_json(value) == starlette_json(value)


@pytest.mark.parametrize(
    "value",
    [2**63, 1e16, 1e-5, float("nan"), float("inf"), "\ud800", (1,), {1: 2}, {"_sa_state": 1}],
)
def test_unsure_data_is_left_to_the_reference(value: Any) -> None:
    assert encode_json(value) is None


def test_depth_is_bounded() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    assert encode_json(value) is None
    while value:  # unwound by hand: freeing the nest is not what is tested
        value = value[0]


@given(PERSON_DICTS | st.builds(Person, name=st.text(), height=st.floats()))
def test_a_model_is_encoded_as_pydantic_does(value: Any) -> None:
    adapter = TypeAdapter(Person)
    shape = shape_of(adapter.core_schema)
    assert shape is not None
    encoded = shape.encode(value)
    if encoded is not None:
        assert encoded == adapter.dump_json(adapter.validate_python(value))


@given(st.lists(st.floats() | st.integers(-(2**66), 2**66) | st.booleans()))
def test_floats_are_written_as_pydantic_writes_them(value: list[Any]) -> None:
    adapter = TypeAdapter(list[float])
    shape = shape_of(adapter.core_schema)
    assert shape is not None
    encoded = shape.encode(value)
    if encoded is not None:
        assert encoded == adapter.dump_json(adapter.validate_python(value))


def test_rows_of_the_right_form_take_the_fast_way() -> None:
    shape = shape_of(TypeAdapter(list[Address]).core_schema)
    assert shape is not None
    rows = [{"street": "Main", "number": 1}, {"street": "Side", "number": 2}]
    assert shape.encode(rows) == json.dumps(rows, separators=(",", ":")).encode()


class Constrained(BaseModel):
    age: int = Field(ge=0)


class Aliased(BaseModel):
    age: int = Field(alias="Age")


class Stripping(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)
    name: str


class Computing(BaseModel):
    age: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return self.age * 2


class Validating(BaseModel):
    age: int

    @field_validator("age")
    @classmethod
    def check(cls, value: int) -> int:
        return value + 1


class Extending(BaseModel):
    model_config = ConfigDict(extra="allow")
    age: int


class Tree(BaseModel):
    children: list["Tree"] = []


@pytest.mark.parametrize(
    "model",
    [Constrained, Aliased, Stripping, Computing, Validating, Extending, Tree, bytes, set[int]],
)
def test_models_that_change_values_have_no_shape(model: Any) -> None:
    assert shape_of(TypeAdapter(model).core_schema) is None


def test_a_shape_needs_its_parts() -> None:
    with pytest.raises(ValueError, match="needs an item"):
        Shape("list")
    with pytest.raises(ValueError, match="kind must be one of"):
        Shape("tuple")
    with pytest.raises(ValueError, match="2 names but 0 fields"):
        Shape("model", names=("a", "b"))
