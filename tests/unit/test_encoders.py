"""jsonable_encoder: what each kind of value becomes."""

import dataclasses
import datetime as dt
import sys
from collections import OrderedDict, deque
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import ip_address, ip_network
from pathlib import PurePosixPath
from re import compile as compile_pattern
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, SecretStr
from pydantic_core import PydanticUndefined, Url

from fasterapi.encoders import (
    ENCODERS_BY_TYPE,
    decimal_encoder,
    generate_encoders_by_class_tuples,
    jsonable_encoder,
)


class Colour(Enum):
    red = "r"


class Size(IntEnum):
    small = 1


class Item(BaseModel):
    name: str = Field(default="n", alias="theName")
    price: float | None = None


@dataclasses.dataclass
class Point:
    x: int
    y: dt.date | None = None


class Row:
    def __init__(self) -> None:
        self.id = 1
        self._sa_instance_state = object()


class Pairs:
    def __iter__(self) -> Any:
        return iter([("a", 1), ("b", Decimal(2))])


class Opaque:
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (Size.small, 1),
        (Colour.red, "r"),
        (b"abc", "abc"),
        (dt.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.time(3, 4), "03:04:00"),
        (dt.timedelta(minutes=1), 60.0),
        (Decimal("1"), 1),
        (Decimal("1.0"), 1.0),
        (Decimal("1e3"), 1000),
        (ip_address("::1"), "::1"),
        (ip_network("10.0.0.0/8"), "10.0.0.0/8"),
        (PurePosixPath("/a/b"), "/a/b"),
        (compile_pattern("a+"), "a+"),
        (SecretStr("x"), "**********"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Url("https://example.org"), "https://example.org/"),
        (PydanticUndefined, None),
        ({1: Colour.red, Colour.red: 2}, {1: "r", "r": 2}),
        ((1, [2, deque([3])]), [1, [2, [3]]]),
        ({7}, [7]),
        (frozenset({7}), [7]),
        ((n for n in (1, 2)), [1, 2]),
        (OrderedDict(a=Decimal("1.5")), {"a": 1.5}),
        (Point(1, dt.date(2026, 1, 2)), {"x": 1, "y": "2026-01-02"}),
        (Item(), {"theName": "n", "price": None}),
        ([Item(theName="m")], [{"theName": "m", "price": None}]),
        (Row(), {"id": 1}),
        (Pairs(), {"a": 1, "b": 2}),
    ],
    ids=repr,
)
def test_value_becomes(value: Any, expected: Any) -> None:
    encoded = jsonable_encoder(value)
    assert encoded == expected
    assert type(encoded) in (type(expected), Size)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"by_alias": False}, {"name": "n", "price": None}),
        ({"exclude_unset": True}, {}),
        ({"exclude_defaults": True}, {}),
        ({"exclude_none": True}, {"theName": "n"}),
        ({"include": ["price"]}, {"price": None}),
        ({"exclude": {"price": True}}, {"theName": "n"}),
    ],
    ids=str,
)
def test_options_apply_to_a_model(options: dict[str, Any], expected: Any) -> None:
    assert jsonable_encoder(Item(), **options) == expected


def test_include_is_for_the_first_level_of_keys_only() -> None:
    nested = {"a": {"a": 1, "b": 2}, "b": 3}
    assert jsonable_encoder(nested, include={"a"}) == {"a": {"a": 1, "b": 2}}
    assert jsonable_encoder([nested], exclude=("b",)) == [{"a": {"a": 1, "b": 2}}]
    assert jsonable_encoder(nested, include=set()) == {}


def test_keys_of_sqlalchemy_are_left_out_unless_wanted() -> None:
    row = {"_sa_x": 1, "y": {"_sa": 2}}
    assert jsonable_encoder(row) == {"y": {}}
    assert jsonable_encoder(row, sqlalchemy_safe=False) == row


def test_custom_encoder_goes_first_and_serves_subclasses() -> None:
    custom = {int: lambda n: ("int", n), dt.date: lambda d: d.year}
    assert jsonable_encoder([1, True], custom_encoder=custom) == [("int", 1), ("int", True)]
    assert jsonable_encoder(dt.datetime(2026, 1, 2), custom_encoder=custom) == 2026


def test_custom_encoder_does_not_reach_into_models() -> None:
    assert jsonable_encoder(Item(), custom_encoder={str: len}) == {"theName": "n", "price": None}


def test_type_registered_by_a_program_is_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENCODERS_BY_TYPE, Opaque, lambda _: "opaque")
    assert jsonable_encoder({"x": Opaque()}) == {"x": "opaque"}


def test_subclass_of_a_registered_type_is_encoded() -> None:
    class Day(dt.date):
        pass

    assert jsonable_encoder(Day(2026, 1, 2)) == "2026-01-02"


def test_value_without_fields_is_refused_with_both_reasons() -> None:
    with pytest.raises(ValueError, match="vars") as caught:
        jsonable_encoder(Opaque())
    reasons = caught.value.args[0]
    assert [type(reason) for reason in reasons] == [TypeError, TypeError]


def test_dataclass_itself_is_refused() -> None:
    with pytest.raises(AssertionError, match="only an instance"):
        jsonable_encoder(Point)


def test_nesting_costs_one_frame_a_level() -> None:
    depth = sys.getrecursionlimit() - 150
    value: Any = 0
    for level in range(depth):
        value = [value] if level % 2 else {"k": value}
    encoded = jsonable_encoder(value)
    while depth:  # not one ``==``, which would need as many frames again
        encoded = encoded["k"] if isinstance(encoded, dict) else encoded[0]
        depth -= 1
    assert encoded == 0


@pytest.mark.parametrize(
    ("value", "kind"),
    [("1", int), ("-0", int), ("1.0", float), ("NaN", float), ("-Infinity", float)],
)
def test_decimal_is_int_only_without_places(value: str, kind: type) -> None:
    assert type(decimal_encoder(Decimal(value))) is kind


def test_types_are_grouped_by_encoder() -> None:
    assert generate_encoders_by_class_tuples({int: str, float: str, set: list}) == {
        str: (int, float),
        list: (set,),
    }
