"""Declared parameters: arguments, deprecations, equality."""

import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import fasterapi
from fasterapi import params
from fasterapi.exceptions import FastAPIDeprecationWarning

CLASSES = (params.Query, params.Header, params.Cookie, params.Body, params.Form, params.File)


class SubclassedQuery(params.Query):
    def __init__(self, default: Any, **options: Any) -> None:
        super().__init__(default, **options)


@pytest.mark.parametrize("declare", [*CLASSES, SubclassedQuery])
def test_default_is_positional_and_shown(declare: Callable[..., Any]) -> None:
    assert repr(declare("x")) == f"{declare.__name__}(x)"


def test_path_takes_no_default() -> None:
    assert fasterapi.Path().is_required()
    assert fasterapi.Path(...).is_required()
    with pytest.raises(AssertionError, match="Path parameters cannot have a default value"):
        fasterapi.Path(None)


@pytest.mark.parametrize("declare", CLASSES)
def test_unknown_option_is_refused(declare: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'minimum'"):
        declare(1, minimum=3)


def test_form_cannot_be_embedded() -> None:
    with pytest.raises(TypeError, match="embed"):
        params.Form(embed=True)


@pytest.mark.parametrize(
    ("declare", "media_type"),
    [
        (params.Body, "application/json"),
        (params.Form, "application/x-www-form-urlencoded"),
        (params.File, "multipart/form-data"),
    ],
)
def test_media_type(declare: Callable[..., Any], media_type: str) -> None:
    assert declare().media_type == media_type
    assert declare(media_type="a/b").media_type == "a/b"


@pytest.mark.parametrize(
    "declare",
    [*CLASSES, SubclassedQuery, fasterapi.Query, fasterapi.Path, fasterapi.Body, fasterapi.File],
)
@pytest.mark.parametrize(("old", "new"), [("example", "examples"), ("regex", "pattern")])
def test_deprecated_option_warns_where_it_is_used(
    declare: Callable[..., Any], old: str, new: str
) -> None:
    default = ... if declare is fasterapi.Path else None
    text = re.escape(f"`{old}` has been deprecated, please use `{new}` instead")
    with pytest.warns(FastAPIDeprecationWarning, match=text) as caught:
        declared = declare(default, **{old: "a"})
    assert caught[0].filename == __file__
    if old == "example":
        assert declared.example == "a"
    else:
        assert "pattern='a'" in repr(declared.metadata)


def test_alias_serves_both_directions_unless_told_otherwise() -> None:
    field = fasterapi.Query(alias="x")
    assert (field.alias, field.validation_alias, field.serialization_alias) == ("x", "x", "x")
    field = fasterapi.Query(alias="x", validation_alias="y", serialization_alias="z")
    assert (field.alias, field.validation_alias, field.serialization_alias) == ("x", "y", "z")


def test_header_converts_underscores_unless_told_otherwise() -> None:
    assert fasterapi.Header().convert_underscores
    assert not params.Header(convert_underscores=False).convert_underscores


def test_dependencies_are_equal_by_what_they_declare() -> None:
    assert fasterapi.Depends(len) == params.Depends(len, True, None)
    assert hash(fasterapi.Depends(len)) == hash(fasterapi.Depends(len))
    assert fasterapi.Depends(len) != fasterapi.Depends(len, use_cache=False)
    assert repr(params.Depends(None)) == (
        "Depends(dependency=None, use_cache=True, scope=None, max_concurrency=None)"
    )


def test_two_limits_are_two_declarations() -> None:
    limited = fasterapi.Depends(len, max_concurrency=2)
    assert limited != fasterapi.Depends(len, max_concurrency=2)
    assert limited._concurrency.max_concurrency == 2


@pytest.mark.parametrize("limit", [0, -1, True, 1.0, "1"])
def test_limit_must_be_a_positive_integer(limit: Any) -> None:
    with pytest.raises(ValueError, match="max_concurrency must be a positive integer or None"):
        fasterapi.Depends(len, max_concurrency=limit)


def test_security_is_a_dependency_with_scopes() -> None:
    declared = fasterapi.Security(len, scopes=["a"])
    assert isinstance(declared, params.Depends)
    assert declared.scopes == ["a"]


def test_nothing_warns_without_a_deprecated_option() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fasterapi.Query(None, examples=["a"], pattern="a")
