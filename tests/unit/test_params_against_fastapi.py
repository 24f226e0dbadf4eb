"""A parameter declared here tells pydantic what FastAPI's would tell it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasChoices

import fasterapi
from fasterapi import params

fastapi = pytest.importorskip("fastapi")

NAMES = ("Path", "Query", "Header", "Cookie", "Body", "Form", "File")
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "alias": st.sampled_from([None, "x"]),
        "validation_alias": st.sampled_from([None, "y", AliasChoices("a", "b")]),
        "serialization_alias": st.sampled_from([None, "z"]),
        "alias_priority": st.sampled_from([None, 1]),
        "default_factory": st.none(),
        "title": st.sampled_from([None, "T"]),
        "gt": st.sampled_from([None, 1]),
        "le": st.sampled_from([None, 9]),
        "multiple_of": st.sampled_from([None, 2]),
        "min_length": st.sampled_from([None, 1]),
        "pattern": st.sampled_from([None, "a"]),
        "strict": st.sampled_from([None, True]),
        "union_mode": st.sampled_from([None, "smart"]),
        "max_digits": st.sampled_from([None, 3]),
        "examples": st.sampled_from([None, [1]]),
        "deprecated": st.sampled_from([None, True, "old"]),
        "include_in_schema": st.booleans(),
        "json_schema_extra": st.sampled_from([None, {"a": 1}]),
    },
)


def told(field: Any) -> dict[str, Any]:
    state = {name: getattr(field, name) for name in field.__slots__ if name != "_attributes_set"}
    state["metadata"] = repr(field.metadata)
    # A dict's order counts: pydantic applies constraints in it.
    own = {key: value for key, value in vars(field).items() if key not in ("in_", "example")}
    return {**state, **own, "set": list(field._attributes_set.items()), "repr": repr(field)}


@pytest.mark.parametrize("name", NAMES)
@given(options=OPTIONS, has_default=st.booleans())
def test_function_tells_the_same(name: str, options: dict[str, Any], has_default: bool) -> None:
    arguments = (None,) if has_default and name != "Path" else ()
    ours = getattr(fasterapi, name)(*arguments, **options)
    theirs = getattr(fastapi, name)(*arguments, **options)
    assert told(ours) == told(theirs)
    assert type(ours) is getattr(params, name)


@pytest.mark.parametrize("name", NAMES)
def test_function_has_the_same_parameters(name: str) -> None:
    import inspect

    ours = inspect.signature(getattr(fasterapi, name)).parameters
    theirs = inspect.signature(getattr(fastapi, name)).parameters
    assert [(p.name, p.kind) for p in ours.values()] == [(p.name, p.kind) for p in theirs.values()]
    for parameter in ours.values():
        default, expected = parameter.default, theirs[parameter.name].default
        assert getattr(default, "value", default) == getattr(expected, "value", expected)
