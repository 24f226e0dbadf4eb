"""Small helpers answer for every kind of input that their callers have."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from fasterapi.datastructures import Default
from fasterapi.exceptions import (
    FastAPIDeprecationWarning,
    FastAPIError,
    PydanticV1NotSupportedError,
)
from fasterapi.utils import (
    create_model_field,
    deep_dict_update,
    generate_operation_id_for_path,
    generate_unique_id,
    get_path_param_names,
    get_value_or_default,
    is_body_allowed_for_status_code,
)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, True),
        ("default", True),
        ("2XX", True),
        (200, True),
        ("404", True),
        (100, False),
        ("199", False),
        (204, False),
        (205, False),
        (304, False),
    ],
)
def test_statuses_without_content(status: Any, expected: bool) -> None:
    assert is_body_allowed_for_status_code(status) is expected


def test_names_in_a_path() -> None:
    assert get_path_param_names("/a/{b}/{c}-{d}") == {"b", "c", "d"}
    assert get_path_param_names("/a") == set()


def test_dicts_are_merged_lists_joined_and_the_rest_replaced() -> None:
    target: dict[str, Any] = {"a": {"b": 1, "c": [1]}, "d": [1], "e": {"f": 1}, "g": None}
    deep_dict_update(target, {"a": {"c": [2]}, "d": 5, "e": [1], "g": {"h": 1}, "i": [2]})
    assert target == {"a": {"b": 1, "c": [1, 2]}, "d": 5, "e": [1], "g": {"h": 1}, "i": [2]}


def test_the_first_value_set_on_purpose_counts() -> None:
    fallback = Default("fallback")
    assert get_value_or_default(fallback, Default("other"), None, "late") is None
    assert get_value_or_default(fallback, Default("other")) is fallback


def test_unique_ids_are_identifiers() -> None:
    route: Any = SimpleNamespace(name="read", path_format="/a-b/{c}", methods={"GET"})
    assert generate_unique_id(route) == "read_a_b__c__get"
    route.methods = set()
    with pytest.raises(AssertionError):
        generate_unique_id(route)
    with pytest.warns(FastAPIDeprecationWarning):
        assert generate_operation_id_for_path(name="a", path="/b", method="GET") == "a_b_get"


def test_a_field_of_an_unusable_type_is_refused() -> None:
    class Unusable: ...

    with pytest.raises(FastAPIError, match=r"Hint: check that .*Unusable"):
        create_model_field("value", Unusable)


def test_models_of_pydantic_v1_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # Stands in for `pydantic.v1.main`, which warns on import and is gone from Python 3.14 on.
    class Old: ...

    class Model(Old): ...

    module = SimpleNamespace(BaseModel=Old)
    monkeypatch.setitem(sys.modules, "pydantic.v1.main", module)
    for annotation in (Model, Model | None, list[Model], dict[str, int] | list[Model | None]):
        with pytest.raises(PydanticV1NotSupportedError, match=r"pydantic\.v1 models are no longer"):
            create_model_field("value", annotation)
    assert create_model_field("value", BaseModel | None).alias == "value"
