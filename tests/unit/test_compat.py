"""Fields validate as their annotation says, whatever they share with other fields."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, List, Literal, Optional  # noqa: UP035 - both spellings

import pytest
from pydantic import (
    BaseModel,
    TypeAdapter,
    ValidationError,
    computed_field,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, PydanticUseDefault

from fasterapi import params
from fasterapi._compat import (
    ModelField,
    PydanticSchemaGenerationError,
    Undefined,
    copy_field_info,
    field_annotation_is_scalar,
    field_annotation_is_scalar_sequence,
    field_annotation_is_sequence,
    get_cached_model_fields,
    get_definitions,
    get_flat_models_from_fields,
    get_missing_field_error,
    get_model_name_map,
    get_schema_from_model_field,
    is_bytes_sequence_annotation,
    is_uploadfile_sequence_annotation,
    lenient_issubclass,
    serialize_sequence_value,
    value_is_sequence,
)
from fasterapi._compat.v2 import asdict, normalize_name
from fasterapi.datastructures import UploadFile


class Item(BaseModel):
    name: str = "n"


class Colour(Enum):
    red = "red"


@dataclass
class Point:
    x: int


class ListOfText(list[str]):
    pass


def make_field(annotation: Any, **options: Any) -> ModelField:
    return ModelField(field_info=FieldInfo(annotation=annotation, **options), name="value")


@pytest.mark.parametrize(
    ("annotation", "is_sequence", "is_scalar", "is_scalar_sequence"),
    [
        (int, False, True, False),
        (str, False, True, False),
        (bytes, False, True, False),
        (None, False, True, False),
        (Any, False, True, False),
        (..., False, True, False),
        (Colour, False, True, False),
        (list, True, False, True),
        (list[int], True, False, True),
        (List[int], True, False, True),  # noqa: UP006
        (Sequence[str], True, False, True),
        (deque[int], True, False, True),
        (ListOfText, True, False, True),
        (tuple[int, ...], True, False, True),
        (list[Item], True, False, False),
        (list[list[int]], True, False, False),
        (dict[str, int], False, False, False),
        (Item, False, False, False),
        (Point, False, False, False),
        (UploadFile, False, False, False),
        (int | None, False, True, False),
        (Optional[list[int]], True, False, True),  # noqa: UP045
        (list[int] | int, True, False, True),
        (list[int] | Item, True, False, False),
        (Annotated[list[int], "x"], True, False, True),
        (Annotated[int | list[int], "x"], True, False, True),
    ],
)
def test_annotations_are_told_apart(
    annotation: Any, is_sequence: bool, is_scalar: bool, is_scalar_sequence: bool
) -> None:
    assert field_annotation_is_sequence(annotation) is is_sequence
    assert field_annotation_is_scalar(annotation) is is_scalar
    assert field_annotation_is_scalar_sequence(annotation) is is_scalar_sequence


@pytest.mark.parametrize(
    ("annotation", "of_bytes", "of_uploads"),
    [
        (list[bytes], True, False),
        (list[bytes | None] | None, True, False),
        (list[UploadFile], False, True),
        (str | list[UploadFile], False, True),
        (list[bytes | UploadFile], True, True),
        (bytes, False, False),
        (list[str], False, False),
    ],
)
def test_sequences_of_files_are_recognised(
    annotation: Any, of_bytes: bool, of_uploads: bool
) -> None:
    assert is_bytes_sequence_annotation(annotation) is of_bytes
    assert is_uploadfile_sequence_annotation(annotation) is of_uploads


def test_issubclass_is_lenient_with_aliases_only() -> None:
    assert not lenient_issubclass(list[int], list)
    assert not lenient_issubclass("int", int)
    with pytest.raises(TypeError):
        lenient_issubclass(int, "not a class")  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "expected"), [([1], True), ("ab", False), (b"ab", False)])
def test_text_is_no_sequence_of_values(value: Any, expected: bool) -> None:
    assert value_is_sequence(value) is expected


@pytest.mark.parametrize("order", [int | bool, bool | int, str | int, int | str])
@pytest.mark.parametrize("text", ["1", "true", "0"])
def test_members_of_a_union_are_tried_in_the_order_written(order: Any, text: str) -> None:
    # Unions of the same members are equal to typing, hence a trap for any cache.
    value, errors = make_field(order).validate(text)
    expected = TypeAdapter(order).validate_python(text)
    assert (type(value), value, errors) == (type(expected), expected, [])


@pytest.mark.parametrize("first", [1, True, 1.0])
@pytest.mark.parametrize("second", [1, True, 1.0])
def test_equal_limits_of_other_types_are_worded_apart(first: Any, second: Any) -> None:
    for limit in (first, second):
        field = make_field(float, ge=limit)
        (error,) = field.validate(0)[1]
        with pytest.raises(ValidationError) as raised:
            TypeAdapter(Annotated[float, FieldInfo(ge=limit)]).validate_python(0)
        assert error["ctx"] == raised.value.errors()[0]["ctx"]
        assert error["msg"] == raised.value.errors()[0]["msg"]


def test_equal_literals_of_other_types_are_not_mixed_up() -> None:
    make_field(Literal[1]).validate(1)
    assert make_field(Literal[True]).validate(True)[0] is True
    assert make_field(Literal[True]).validate("1")[1]


def test_a_literal_with_a_default_validates() -> None:
    assert make_field(Literal[1, "a"], default=1).validate("a") == ("a", [])


def test_fields_of_one_type_share_their_validator() -> None:
    plain = make_field(int)
    named = make_field(int, alias="other", default=3, title="T", json_schema_extra={"a": 1})
    assert plain.validator is named.validator
    assert plain.validator is not make_field(int, ge=1).validator
    assert plain._type_adapter.core_schema != named._type_adapter.core_schema


def test_a_rebuilt_model_is_not_taken_for_what_it_was() -> None:
    class Later(BaseModel):
        value: int

    before = make_field(list[Later])
    assert before.validate([{"value": "1"}])[1] == []
    Later.__annotations__["value"] = list[int]
    Later.model_fields["value"].annotation = list[int]
    Later.model_rebuild(force=True)
    after = make_field(list[Later])
    assert after.validator is not before.validator


def test_a_shared_default_object_does_not_change_earlier_fields() -> None:
    info = params.Query(default=None)
    info.annotation = int
    first = ModelField(field_info=info, name="first")
    info.annotation = str
    second = ModelField(field_info=info, name="second")
    assert first.validate("5") == (5, [])
    assert second.validate("5") == ("5", [])


def test_a_model_can_ask_for_the_default_of_the_field() -> None:
    class Shy(BaseModel):
        @model_validator(mode="before")
        @classmethod
        def refuse(cls, _: Any) -> Any:
            raise PydanticUseDefault

    default = Shy.model_construct()
    field = make_field(Shy, default=default)
    assert field.validate({}) == (default, [])


def test_an_unusable_type_is_refused_when_the_field_is_made() -> None:
    class Unusable:
        pass

    for annotation in (Unusable, list[Unusable], Unusable | None):
        with pytest.raises(PydanticSchemaGenerationError):
            make_field(annotation)


def test_a_default_of_both_kinds_is_refused_when_the_field_is_made() -> None:
    info = FieldInfo(annotation=list[int], default_factory=list)
    info.default = None
    with pytest.raises(TypeError, match="default_factory"):
        ModelField(field_info=info, name="value")


def test_a_forward_reference_may_be_resolved_later() -> None:
    class Node(BaseModel):
        child: "LaterNode"  # noqa: F821 - defined below, in another way

    field = make_field(Node)
    Node.model_rebuild(_types_namespace={"LaterNode": Item})
    assert field.validate({"child": {}})[1] == []


def test_errors_are_located_below_the_prefix() -> None:
    _, errors = make_field(list[int]).validate(["a"], loc=("query", "value"))
    assert [error["loc"] for error in errors] == [("query", "value", 0)]
    assert "url" not in errors[0]


def test_a_missing_value_is_worded_as_pydantic_does() -> None:
    error = ValidationError.from_exception_data(
        "x", [{"type": "missing", "loc": ("query", "a"), "input": {}}]
    )
    expected: Any = {**error.errors(include_url=False)[0], "input": None}
    ours = get_missing_field_error(("query", "a"))
    assert ours == expected
    assert list(ours) == list(expected)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, Undefined),
        ({"default": 3}, 3),
        ({"default": None}, None),
        ({"default_factory": list}, []),
    ],
)
def test_defaults(options: dict[str, Any], expected: Any) -> None:
    field = make_field(Any, **options)
    assert field.get_default() == field.default == expected


def test_names_of_a_field() -> None:
    field = make_field(int)
    assert (field.alias, field.validation_alias, field.serialization_alias) == ("value", None, None)
    field.field_info.alias = "a"
    field.field_info.validation_alias = "b"
    field.field_info.serialization_alias = "c"
    assert (field.alias, field.validation_alias, field.serialization_alias) == ("a", "b", "c")


def test_fields_are_keys_by_identity() -> None:
    first, second = make_field(int), make_field(int)
    assert len({first, second, first}) == 2


def test_a_copy_keeps_what_pydantic_does_not_know() -> None:
    marker = params.Form(media_type="x/y", alias="a")
    merged = copy_field_info(
        field_info=marker, annotation=Annotated[int, FieldInfo(ge=3, title="T"), marker]
    )
    assert isinstance(merged, params.Form)
    assert merged is not marker
    assert (merged.media_type, merged.alias, merged.title) == ("x/y", "a", "T")
    assert merged.annotation is int
    assert [item.ge for item in merged.metadata] == [3]
    assert marker.metadata == []


def test_asdict_leaves_out_what_is_undefined() -> None:
    parts = asdict(FieldInfo(annotation=int, title="T"))
    assert parts["annotation"] is int
    assert parts["attributes"]["title"] == "T"
    assert PydanticUndefined not in parts["attributes"].values()


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (list[bytes], [b"a"]),
        (set[bytes], {b"a"}),
        (tuple[bytes, ...], (b"a",)),
        (None | list[bytes], [b"a"]),
        (bytes | list[bytes], [b"a"]),
        (Sequence[bytes], [b"a"]),
    ],
)
def test_sequences_are_made_as_annotated(annotation: Any, expected: Any) -> None:
    assert serialize_sequence_value(field=make_field(annotation), value=[b"a"]) == expected


def test_fields_of_a_model_have_its_configuration_where_they_may() -> None:
    class Outer(BaseModel):
        model_config = {"str_strip_whitespace": True}
        text: str
        item: Item
        point: Point

    text, item, point = get_cached_model_fields(Outer)
    assert text.validate(" a ") == ("a", [])
    assert (item.config, point.config) == (None, None)


def test_serialisation_uses_the_options_given() -> None:
    class Out(BaseModel):
        value: int | None = None
        other: int = 1

    field = make_field(Out)
    assert field.serialize(Out(value=None), exclude_none=True) == {"other": 1}
    assert field.serialize_json(Out(value=2), include={"value"}) == b'{"value":2}'


class TestDefinitions:
    def test_description_ends_at_a_form_feed(self) -> None:
        class Documented(BaseModel):
            """For users.\f For developers."""

        field = make_field(Documented)
        _, definitions = get_definitions(fields=[field], model_name_map={})
        assert definitions["Documented"]["description"] == "For users."

    def test_a_model_with_computed_fields_has_two_schemas_where_others_have_one(self) -> None:
        class Sized(BaseModel):
            @computed_field
            def size(self) -> int:
                return 1

        for model, expected in ((Sized, {"Sized-Input", "Sized-Output"}), (Item, {"Item"})):
            fields = [
                ModelField(field_info=FieldInfo(annotation=model), name="a", mode=mode)
                for mode in ("validation", "serialization")
            ]
            mapping, definitions = get_definitions(
                fields=fields, model_name_map={}, separate_input_output_schemas=False
            )
            assert set(definitions) == expected
            for field in fields:
                schema = get_schema_from_model_field(
                    field=field,
                    model_name_map={},
                    field_mapping=mapping,
                    separate_input_output_schemas=False,
                )
                assert "$ref" in schema

    def test_models_are_found_at_any_depth(self) -> None:
        class Leaf(BaseModel):
            colour: Colour

        class Tree(BaseModel):
            leaves: dict[str, list[Leaf] | None]
            parent: "Tree | None" = None

        found = get_flat_models_from_fields([make_field(list[Tree])], known_models=set())
        assert found == {Tree, Leaf, Colour}

    def test_names_are_made_of_what_openapi_allows(self) -> None:
        assert normalize_name("Page[Item, int]") == "Page_Item__int_"
        assert get_model_name_map({Item}) == {Item: "Item"}
