"""Values of a request find their parameters, under every name these may have."""

from inspect import Signature
from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, Json
from starlette.datastructures import FormData, Headers, QueryParams, UploadFile

from fasterapi import params
from fasterapi._compat import Undefined
from fasterapi.dependencies.extract import (
    _get_multidict_extras,
    _get_multidict_value,
    _get_param_aliases,
    request_params_to_args,
)
from fasterapi.dependencies.parameter import analyze_param

JSON_LIST = Json[list[int]]


def make_field(annotation: Any, marker: Any = None, name: str = "some_value") -> Any:
    # As a default a marker would take the place of what `Json` has in `Annotated`.
    value = params.Query() if marker is None else marker
    if annotation == JSON_LIST:
        annotation, value = Annotated[annotation, value], Signature.empty
    details = analyze_param(
        param_name=name,
        annotation=annotation,
        value=value,
        path_param_names=set(),
    )
    return details.field


def read(received: Any, *fields: Any) -> tuple[dict[str, Any], list[Any]]:
    values, errors = request_params_to_args(fields, received)
    return values, [(error["type"], error["loc"]) for error in errors]


@pytest.mark.parametrize(
    ("annotation", "query", "expected"),
    [
        (int, "some_value=1&some_value=2", 2),
        (list[int], "some_value=1&some_value=2", [1, 2]),
        (list[int], "some_value=1", [1]),
        (set[int] | None, "some_value=1", {1}),
        (tuple[int, str], "some_value=1&some_value=2", (1, "2")),
        (JSON_LIST, "some_value=[1,2]", [1, 2]),
        (str, "some_value=", ""),
        (list[str], "some_value=", [""]),
        (bytes, "some_value=ab", b"ab"),
    ],
)
def test_one_or_several_values(annotation: Any, query: str, expected: Any) -> None:
    assert read(QueryParams(query), make_field(annotation)) == ({"some_value": expected}, [])


@pytest.mark.parametrize("annotation", [int, list[int], JSON_LIST])
def test_what_is_not_there_is_missing(annotation: Any) -> None:
    assert read(QueryParams(""), make_field(annotation)) == (
        {},
        [("missing", ("query", "some_value"))],
    )


def test_a_default_is_copied_and_not_validated_unless_asked() -> None:
    default: list[Any] = ["x"]
    field = make_field(list[int], params.Query(default))
    (first, _), (second, _) = read(QueryParams(""), field), read(QueryParams(""), field)
    assert first == second == {"some_value": ["x"]}
    assert first["some_value"] is not default
    assert first["some_value"] is not second["some_value"]
    checked = make_field(list[int], params.Query(default, validate_default=True))
    assert read(QueryParams(""), checked)[1] == [("int_parsing", ("query", "some_value", 0))]


@pytest.mark.parametrize(
    ("options", "query", "expected"),
    [
        ({"alias": "a"}, "a=1&some_value=2", 1),
        ({"validation_alias": "v", "alias": "a"}, "a=1&v=2", 2),
        ({"validation_alias": AliasChoices("v", "w")}, "w=1", 1),
        ({"validation_alias": AliasChoices("v", "w")}, "w=1&v=2", 2),
        ({"validation_alias": AliasPath("v", 0)}, "some_value=1", 1),
        ({"validation_alias": AliasChoices("v", AliasPath("w", 0))}, "some_value=1", 1),
    ],
)
def test_aliases(options: dict[str, Any], query: str, expected: int) -> None:
    field = make_field(int, params.Query(**options))
    assert read(QueryParams(query), field) == ({"some_value": expected}, [])


def test_an_error_is_located_at_the_name_that_was_used() -> None:
    field = make_field(int, params.Query(validation_alias=AliasChoices("v", "w")))
    assert read(QueryParams("w=a"), field)[1] == [("int_parsing", ("query", "w"))]
    assert read(QueryParams(""), field)[1] == [("missing", ("query", "v"))]


def test_a_renamed_field_is_read_under_its_new_name() -> None:
    field = make_field(int)
    assert read(QueryParams("some_value=1"), field)[0] == {"some_value": 1}
    field.field_info.alias = field.field_info.validation_alias = "other"
    assert read(QueryParams("other=2&some_value=1"), field)[0] == {"some_value": 2}
    field.name = "renamed"
    assert read(QueryParams("other=2"), field)[0] == {"renamed": 2}


def test_headers_have_dashes_and_no_case() -> None:
    plain, literal = params.Header(), params.Header(convert_underscores=False)
    headers = Headers(raw=[(b"some-value", b"1"), (b"SOME_VALUE".lower(), b"2")])
    assert read(headers, make_field(int, plain))[0] == {"some_value": 1}
    assert read(headers, make_field(int, literal))[0] == {"some_value": 2}
    several = Headers(raw=[(b"some-value", b"1"), (b"some-value", b"2")])
    assert read(several, make_field(list[int], params.Header()))[0] == {"some_value": [1, 2]}


def test_cookies_have_one_value_each() -> None:
    field = make_field(list[str], params.Cookie())
    assert read({"some_value": "a"}, field)[1] == [("list_type", ("cookie", "some_value"))]
    assert read({"some_value": ""}, field)[1] == [("missing", ("cookie", "some_value"))]


class Filter(BaseModel):
    model_config = ConfigDict(extra="forbid")
    low: int = 0
    tags: list[str] = []
    user_name: Annotated[str, Field(alias="userName")] = "u"


class TestModels:
    def test_fields_come_from_parameters_of_their_own(self) -> None:
        field = make_field(Filter)
        values, errors = read(QueryParams("low=1&tags=a&tags=b&userName=x"), field)
        assert errors == []
        assert values["some_value"] == Filter(low=1, tags=["a", "b"], userName="x")

    def test_extra_parameters_are_the_models_affair(self) -> None:
        errors = read(QueryParams("other=1&other=2&user_name=x"), make_field(Filter))[1]
        assert errors == [
            ("extra_forbidden", ("query", "other")),
            ("extra_forbidden", ("query", "user_name")),
        ]

    @pytest.mark.parametrize(
        ("query", "is_none"), [("", True), ("low=1", False), ("other=1", False)]
    )
    def test_no_input_at_all_is_none(self, query: str, is_none: bool) -> None:
        class Lenient(Filter):
            model_config = ConfigDict(extra="allow")

        field = make_field(Lenient | None, params.Query(None))
        assert (read(QueryParams(query), field)[0]["some_value"] is None) is is_none

    def test_errors_in_headers_name_the_header(self) -> None:
        class Wanted(BaseModel):
            save_data: bool
            other_thing: Annotated[int, Field(alias="Literal_Name")] = 1

        headers = Headers({"Literal_Name": "x"})
        errors = read(headers, make_field(Wanted, params.Header()))[1]
        assert errors == [
            ("missing", ("header", "save-data")),
            ("int_parsing", ("header", "Literal_Name")),
        ]
        bad = Headers({"save-data": "x"})
        errors = read(bad, make_field(Wanted, params.Header()))[1]
        assert errors == [("bool_parsing", ("header", "save-data"))]

    @pytest.mark.parametrize(
        ("config", "query", "expected"),
        [
            ({"populate_by_name": True}, "user_name=a", "a"),
            ({"populate_by_name": True}, "userName=b&user_name=a", "b"),
            ({"validate_by_name": True}, "user_name=a", "a"),
            ({"validate_by_alias": False, "validate_by_name": True}, "user_name=a", "a"),
        ],
    )
    def test_models_say_which_names_count(self, config: Any, query: str, expected: str) -> None:
        class Named(BaseModel):
            model_config = config
            user_name: str = Field(alias="userName")

        values, errors = read(QueryParams(query), make_field(Named))
        assert errors == []
        assert values["some_value"].user_name == expected


def test_names_of_choices_are_taken_literally() -> None:
    field = make_field(int, params.Header(validation_alias=AliasChoices("some_value", "b_c")))
    expected = [("some_value", "some_value"), ("b_c", "b_c")]
    assert _get_param_aliases(field, convert_underscores=True) == expected


def test_empty_inputs_of_forms_count_as_absent() -> None:
    field = make_field(str, params.Form())
    empty = UploadFile(filename="", file=None, size=0)  # type: ignore[arg-type]
    for value in ("", empty):
        assert _get_multidict_value(field, FormData([("a", value)]), "a") is Undefined
    files = make_field(list[Any], params.File())
    form = FormData([("a", empty), ("a", "x"), ("a", "")])
    assert _get_multidict_value(files, form, "a") == ["x", ""]
    assert _get_multidict_value(files, FormData([("a", empty)]), "a") is Undefined


def test_a_file_where_json_is_expected_is_left_to_validation() -> None:
    field = make_field(JSON_LIST, params.Form())
    file = UploadFile(filename="a", file=None, size=1)  # type: ignore[arg-type]
    assert _get_multidict_value(field, FormData([("a", file)]), "a") is file


def test_extras_are_grouped_by_name() -> None:
    received = QueryParams("a=1&b=2&a=3&c=4")
    assert list(_get_multidict_extras(received, {"c"})) == [("a", ["1", "3"]), ("b", "2")]
    assert list(_get_multidict_extras({"a": "1"}, set())) == [("a", "1")]


def test_a_body_field_is_no_parameter() -> None:
    with pytest.raises(AssertionError, match="Params must be subclasses of Param"):
        request_params_to_args([make_field(int, params.Body())], QueryParams("some_value=1"))
