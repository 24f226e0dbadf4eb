"""A Writer gives what ``to_json`` of pydantic-core gives for an instance, or nothing at all."""

import enum
import warnings
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    computed_field,
    field_serializer,
)

from fasterapi._compat.json_writing import writer_of
from fasterapi._speedups.json_writer import Writer


class Colour(enum.Enum):
    RED = "red"
    ONE = 1


class Inner(BaseModel):
    number: Annotated[int, AfterValidator(lambda value: value)] = 1
    share: float | None = Field(0.5, serialization_alias="SHARE")


class Outer(BaseModel):
    name: str = ""
    inner: Inner = Inner()
    flag: bool = False
    many: list[Inner] = []
    table: dict[str, float] = Field(default_factory=dict)
    kind: Literal["a", "b"] = "a"
    when: datetime | None = None
    day: date | None = None
    at: time | None = None
    span: timedelta | None = None
    key: UUID | None = None
    sum: Decimal | None = None
    colour: Colour = Colour.RED
    nothing: None = None
    anything: Any = None


ADAPTERS = [TypeAdapter[Any](annotation) for annotation in (Outer, list[Inner], dict[str, Outer])]
NUMBERS = st.floats() | st.integers() | st.decimals(places=3, allow_nan=False).map(float)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text() | st.sampled_from(['"', "\\", "\n\x00\x1f\x7f", "é", "\U0001f600", "x" * 40])
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | st.binary() | st.just({"_sa": 1}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
INNERS = st.builds(Inner, number=st.integers(), share=FINITE | st.none())
OUTERS = st.builds(
    Outer,
    name=TEXTS,
    inner=INNERS,
    flag=st.booleans(),
    many=st.lists(INNERS, max_size=3),
    table=st.dictionaries(TEXTS, st.floats(), max_size=3),
    kind=st.sampled_from(["a", "b"]),
    when=st.datetimes(timezones=st.just(UTC) | st.none()) | st.none(),
    day=st.dates() | st.none(),
    at=st.times() | st.none(),
    span=st.timedeltas(timedelta(-9), timedelta(9)) | st.none(),
    key=st.uuids() | st.none(),
    sum=st.decimals(allow_nan=False, allow_infinity=False) | st.none(),
    colour=st.sampled_from(Colour),
    anything=ANYTHING,
)


def check(adapter: TypeAdapter[Any], value: Any, *, by_alias: bool = True) -> bool:
    """Return whether *value* was written; it must have been written rightly."""
    writer = writer_of(adapter.core_schema, by_alias=by_alias)
    assert writer is not None
    got = writer.write(value)
    if got is None:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert got == adapter.dump_json(adapter.validate_python(value), by_alias=by_alias)
    return True


@given(OUTERS, st.booleans())
def test_instances_are_written_as_pydantic_does(value: Outer, by_alias: bool) -> None:
    for adapter, whole in zip(ADAPTERS, (value, value.many, {"a": value}), strict=True):
        check(adapter, whole, by_alias=by_alias)


@given(FINITE | st.decimals(places=4, allow_nan=False, allow_infinity=False).map(float))
@example(-0.0)
@example(0.1 + 0.2)
@example(1e9)
@example(999999999.9999999)
@example(0.001)
@example(1e22)
@example(5e-324)
def test_floats_have_the_fewest_digits(number: float) -> None:
    check(ADAPTERS[1], [Inner.model_construct(number=1, share=number)])


@given(st.integers(-(2**63) - 1, 2**63))
@example(-(2**63))
@example(2**63 - 1)
def test_integers_are_written_digit_by_digit(number: int) -> None:
    check(ADAPTERS[1], [Inner(number=number)])


def test_ordinary_instances_are_written_here() -> None:
    assert check(ADAPTERS[0], Outer(name="é\n", many=[Inner()], key=UUID(int=1), sum=Decimal(1)))
    assert check(ADAPTERS[1], [Inner(share=2.5), Inner(share=None)])


class Heir(Inner):
    more: int = 1


def strayed(**values: Any) -> Inner:
    made = Inner()
    vars(made).update(values)
    return made


def without_share() -> Inner:
    made = Inner()
    del vars(made)["share"]
    return made


@pytest.mark.parametrize(
    "value",
    [
        Heir(),
        strayed(number="1"),
        strayed(number=True),
        strayed(share=float("nan")),
        strayed(number=2**70),
        strayed(extra=1),
        without_share(),
        {"number": 1},
        None,
    ],
)
def test_what_is_not_exactly_the_model_is_left_to_pydantic(value: Any) -> None:
    writer = writer_of(Inner.__pydantic_core_schema__, by_alias=True)
    assert writer is not None
    assert writer.write(value) is None


class Computed(BaseModel):
    @computed_field
    def x(self) -> int:
        return 1


class Serialised(BaseModel):
    x: int

    @field_serializer("x")
    def write(self, value: int) -> str:
        return str(value)


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    x: int


class Checked(BaseModel):
    model_config = ConfigDict(revalidate_instances="always")
    x: int


class Hidden(BaseModel):
    x: int = Field(exclude=True)


@pytest.mark.parametrize(
    "annotation",
    [
        Computed, Serialised, Open, Checked, Hidden, list[Checked],
        Annotated[list[Inner], Field(max_length=2)], Annotated[Inner, AfterValidator(lambda v: v)],
    ],
)  # fmt: skip
def test_models_with_a_will_of_their_own_have_no_writer(annotation: Any) -> None:
    assert writer_of(TypeAdapter[Any](annotation).core_schema, by_alias=True) is None


def test_an_answer_longer_than_any_before_fits() -> None:
    value = Outer(name="x" * 100_000, many=[Inner()] * 3000)
    assert check(ADAPTERS[0], value)
    writer: Writer | None = writer_of(ADAPTERS[0].core_schema, by_alias=True)
    assert writer is not None
    assert len(writer.write(Outer(name="\x01" * 5000)) or b"") > 30_000
