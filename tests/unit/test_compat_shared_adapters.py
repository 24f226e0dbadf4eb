"""A field that shares its adapter answers as one that has its own."""

import json
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from annotated_types import Ge, Le, MaxLen, MinLen, MultipleOf
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import SchemaError

from fasterapi._compat import ModelField
from fasterapi._compat.adapters import build_adapter, field_shape, shared_adapter


class Item(BaseModel):
    name: str
    price: float = 1


class Colour(Enum):
    red = "red"
    one = 1


SCALARS: tuple[Any, ...] = (
    *(int, float, str, bool, bytes, date, Decimal, UUID, None, Any, Item, Colour),
    *(Literal[1], Literal[True], Literal["a", 1], Literal["1"]),
)
ANNOTATIONS = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.one_of(
        inner.map(lambda item: list[item]),  # type: ignore[valid-type]
        inner.map(lambda item: dict[str, item]),  # type: ignore[valid-type]
        inner.map(lambda item: tuple[item, ...]),  # type: ignore[valid-type]
        inner.filter(lambda item: item is not None).map(lambda item: Annotated[item, "x"] | None),
        st.tuples(inner, inner).map(lambda pair: tuple[pair[0], pair[1]]),  # type: ignore[valid-type]
        st.permutations([int, str, bool, float]).map(lambda kinds: kinds[0] | kinds[1] | kinds[2]),
    ),
    max_leaves=4,
)
METADATA = st.sampled_from(
    [
        [],
        [],
        [],
        [Ge(1)],
        [Ge(True)],
        [Ge(1.0)],
        [Le(2), Ge(1)],
        [MinLen(1)],
        [MaxLen(2)],
        [MultipleOf(2)],
    ]
)
VALUES = st.recursive(
    st.sampled_from(
        [
            *(None, True, False, 0, 1, 2.0, 1.5, "1", "a", "red", "", "true", b"1", "2020-01-01"),
            *("12345678-1234-5678-1234-567812345678", {"name": "n"}, Item(name="m"), {}),
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)


def outcome(adapter: Any, value: Any) -> Any:
    try:
        result = adapter.validator.validate_python(value, from_attributes=True)
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False)
    except TypeError as error:  # a constraint that makes no sense for the value
        return str(error)
    return repr(result)


@given(annotation=ANNOTATIONS, metadata=METADATA, values=st.lists(VALUES, max_size=5))
def test_shared_and_own_adapters_agree(annotation: Any, metadata: Any, values: list[Any]) -> None:
    info = FieldInfo(annotation=annotation)
    info.metadata = metadata
    try:
        own = build_adapter(annotation, metadata, {}, None)
    except (TypeError, SchemaError) as error:
        with pytest.raises(type(error)):
            ModelField(field_info=info, name="value")
        return
    field = ModelField(field_info=info, name="value")
    for value in values:
        assert outcome(field, value) == outcome(own, value)


@given(first=ANNOTATIONS, second=ANNOTATIONS, value=VALUES)
def test_equal_shapes_mean_equal_answers(first: Any, second: Any, value: Any) -> None:
    shape = field_shape(first, ())
    if shape is not None and shape == field_shape(second, ()):
        assert outcome(TypeAdapter(first), value) == outcome(TypeAdapter(second), value)


def test_equal_limits_of_another_type_keep_their_spelling() -> None:
    """``Ge(1) == Ge(1.0)``, so typing makes one object of both; the document tells them apart."""
    schemas = []
    for limit in (1, 1.0):
        metadata = (Ge(limit),)
        shape = field_shape(float, metadata)
        schemas.append(json.dumps(shared_adapter(shape, float, metadata).json_schema()))
    assert schemas == [
        '{"minimum": 1, "type": "number"}',
        '{"minimum": 1.0, "type": "number"}',
    ]
