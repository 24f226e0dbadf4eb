"""jsonable_encoder gives FastAPI's answer, or its error, for any value and options."""

import dataclasses
import datetime as dt
from collections import deque
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from fasterapi.encoders import jsonable_encoder

reference = pytest.importorskip("fastapi.encoders")


class Letter(Enum):
    a = "a"


class Word(StrEnum):
    yes = "yes"


class Model(BaseModel):
    a: Any = 1
    b: Any = Field(default=None, alias="c")


@dataclasses.dataclass
class Data:
    a: Any
    _sa_b: Any = None


class Plain:
    def __init__(self, a: Any) -> None:
        self.a = a
        self.b = None


KEYS = st.sampled_from(["a", "b", "c", "_sa_b", 1, None, Letter.a, (1, 2)])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
    | st.binary(max_size=3)
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.timedeltas()
    | st.uuids()
    | st.sampled_from([Letter.a, Word.yes, PurePosixPath("a/b"), object(), int, Model, Data])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.lists(inner, max_size=3).map(deque)
        | st.dictionaries(KEYS, inner, max_size=4)
        | inner.map(lambda value: Model(a=value))
        | inner.map(lambda value: Model(c=value))
        | inner.map(Data)
        | inner.map(Plain)
    ),
    max_leaves=8,
)
NAMES = (
    st.none() | st.sets(st.sampled_from(["a", "b", "c"])) | st.just(["a"]) | st.just({"a": True})
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "include": NAMES,
        "exclude": NAMES,
        "by_alias": st.booleans(),
        "exclude_unset": st.booleans(),
        "exclude_defaults": st.booleans(),
        "exclude_none": st.booleans(),
        "sqlalchemy_safe": st.booleans(),
        "custom_encoder": st.sampled_from([None, {}, {str: len}, {Decimal: str, dt.date: str}]),
    },
)


def outcome(encode: Any, value: Any, options: dict[str, Any]) -> Any:
    try:
        return repr(encode(value, **options))
    except Exception as error:
        # The text for a dataclass that is not an instance is ours; FastAPI has none.
        return type(error), "" if isinstance(error, AssertionError) else str(error)


@given(value=VALUES, options=OPTIONS)
def test_same_outcome(value: Any, options: dict[str, Any]) -> None:
    assert outcome(jsonable_encoder, value, options) == outcome(
        reference.jsonable_encoder, value, options
    )


def test_same_table_of_encoders() -> None:
    from fasterapi.encoders import ENCODERS_BY_TYPE

    assert [t.__name__ for t in ENCODERS_BY_TYPE] == [
        t.__name__ for t in reference.ENCODERS_BY_TYPE
    ]
