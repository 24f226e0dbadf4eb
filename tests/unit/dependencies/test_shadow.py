"""Shadow schemas: rows to JSON without model instances, with the models' own answer."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from fasterapi.dependencies.core_schema import shadow_of


class Part(BaseModel):
    code: str = Field(min_length=1, max_length=5, pattern="^[a-z]+$")
    weight: float | None = Field(default=None, gt=0)


class Item(BaseModel):
    id: int = Field(ge=1)
    name: str
    parts: list[Part] = Field(default=[], max_length=2)
    extra: dict[str, Any] = {}
    size: float = 2.5


class Named(BaseModel):
    name: str = Field(alias="Name")


class Loose:
    id = 1
    name = "x"


ADAPTER = TypeAdapter(list[Item])
SHADOW = shadow_of(ADAPTER.core_schema)

VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-2, 4)
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["1", "2.5", "abc", ""])
)
PARTS = st.fixed_dictionaries({"code": VALUES}, optional={"weight": VALUES, "other": VALUES})
ROWS = st.fixed_dictionaries(
    {"name": VALUES, "id": VALUES},
    optional={
        "parts": st.lists(PARTS, max_size=3) | VALUES,
        "extra": st.dictionaries(st.text(max_size=3), VALUES | st.tuples(VALUES), max_size=2),
        "size": VALUES,
        "unknown": VALUES,
    },
)


def by_shadow(rows: Any) -> bytes | None:
    assert SHADOW is not None
    try:
        return SHADOW.shape.encode(SHADOW.validate(rows))
    except ValidationError:
        return None


ANYTHING = ROWS | st.builds(Item, id=st.just(1), name=st.text()) | st.just(Loose())


@given(st.lists(ANYTHING, max_size=3))
def test_a_shadow_answers_as_the_models_do_or_not_at_all(rows: list[Any]) -> None:
    encoded = by_shadow(rows)
    if encoded is not None:
        models = ADAPTER.validate_python(rows, from_attributes=True)
        assert encoded == ADAPTER.dump_json(models)


def test_defaults_constraints_and_unknown_keys_keep_their_meaning() -> None:
    assert by_shadow([{"id": "7", "name": "a", "unknown": 1}]) == (
        b'[{"id":7,"name":"a","parts":[],"extra":{},"size":2.5}]'
    )
    assert by_shadow([{"id": 0, "name": "a"}]) is None


@pytest.mark.parametrize("model", [Named, list[Named], int, dict[str, int]])
def test_what_renames_or_has_no_models_has_no_shadow(model: Any) -> None:
    assert shadow_of(TypeAdapter(model).core_schema) is None
