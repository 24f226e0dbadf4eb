"""Forms and bodies become arguments, whether their models are spread out or not."""

import io
from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, Tag
from starlette.datastructures import FormData, UploadFile

from fasterapi import params
from fasterapi._compat import Undefined
from fasterapi.dependencies.body import (
    _get_body_field,
    _should_embed_body_fields,
    request_body_to_args,
)
from fasterapi.dependencies.parameter import analyze_param

pytestmark = pytest.mark.anyio


class Cat(BaseModel):
    name: str
    lives: list[int] = []


class Dog(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    lives: int
    tag: Annotated[str, Field(validation_alias=AliasChoices("tag", "label"))] = "t"


def make_field(name: str, annotation: Any, marker: Any) -> Any:
    return analyze_param(
        param_name=name, annotation=annotation, value=marker, path_param_names=set()
    ).field


def form(name: str, annotation: Any, **options: Any) -> Any:
    return make_field(name, annotation, params.Form(**options))


def body(name: str, annotation: Any, **options: Any) -> Any:
    return make_field(name, annotation, params.Body(**options))


async def read(received: Any, *fields: Any) -> tuple[dict[str, Any], list[Any]]:
    embed = _should_embed_body_fields(list(fields))
    values, errors = await request_body_to_args(list(fields), received, embed)
    return values, [(error["type"], error["loc"]) for error in errors]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([], False),
        ([body("a", Cat)], False),
        ([body("a", Cat), body("a", Cat)], False),
        ([body("a", Cat), body("b", Cat)], True),
        ([body("a", Cat, embed=True)], True),
        ([body("a", int)], False),
        ([form("a", Cat)], False),
        ([form("a", Cat | None, default=None)], False),
        ([form("a", Cat | Dog)], False),
        ([form("a", int)], True),
        ([form("a", Cat), form("a", Dog)], True),
    ],
)
def test_a_body_has_keys_where_one_value_is_not_enough(fields: list[Any], expected: bool) -> None:
    assert _should_embed_body_fields(fields) is expected


async def test_one_value_is_the_whole_body() -> None:
    assert await read(5, body("a", int)) == ({"a": 5}, [])
    assert await read("x", body("a", int)) == ({"a": None}, [("int_parsing", ("body",))])
    assert await read(Undefined, body("a", int)) == ({"a": None}, [("missing", ("body",))])


@pytest.mark.parametrize("received", [None, [1], 5, "text"])
async def test_keys_are_missing_where_the_body_is_no_object(received: Any) -> None:
    fields = body("a", int), body("b", int, default=1)
    assert await read(received, *fields) == (
        {},
        [("missing", ("body", "a")), ("missing", ("body", "b"))],
    )


@pytest.mark.parametrize("received", [Undefined, b"raw"])
async def test_without_a_body_defaults_apply(received: Any) -> None:
    fields = body("a", int), body("b", int, default=1)
    assert await read(received, *fields) == ({"b": 1}, [("missing", ("body", "a"))])


async def test_keys_may_have_several_names() -> None:
    fields = body("a", int, validation_alias=AliasChoices("x", "y")), body("b", int)
    assert await read({"y": 1, "b": 2}, *fields) == ({"a": 1, "b": 2}, [])
    assert (await read({"y": "?", "b": 2}, *fields))[1] == [("int_parsing", ("body", "y"))]


async def test_fields_of_a_form() -> None:
    fields = form("a", int), form("b", list[str], default=[]), form("c", str, default="d")
    received = FormData([("a", "1"), ("b", "x"), ("b", "y"), ("c", "")])
    assert await read(received, *fields) == ({"a": 1, "b": ["x", "y"], "c": "d"}, [])


async def test_a_model_takes_its_fields_out_of_the_form() -> None:
    received = FormData([("name", "n"), ("lives", "1"), ("lives", "2")])
    values, errors = await read(received, form("cat", Cat))
    assert (values, errors) == ({"cat": Cat(name="n", lives=[1, 2])}, [])
    assert (await read(FormData([]), form("cat", Cat)))[1] == [("missing", ("body", "name"))]


async def test_models_and_fields_share_one_form() -> None:
    received = FormData([("name", "n"), ("lives", "1"), ("other", "3")])
    fields = form("cat", Cat), form("other", int), form("name", str)
    values, errors = await read(received, *fields)
    assert errors == []
    assert values == {"cat": Cat(name="n", lives=[1]), "other": 3, "name": "n"}


@pytest.mark.parametrize(
    ("annotation", "items", "is_none"),
    [
        (Cat | None, [], True),
        (Cat | None, [("other", "1")], True),
        (Cat | None, [("name", "")], False),
        (Dog | None, [("other", "1")], False),
        (Cat | Dog | None, [], True),
    ],
)
async def test_a_form_without_fields_of_the_model_is_none(
    annotation: Any, items: list[Any], is_none: bool
) -> None:
    values, errors = await read(FormData(items), form("pet", annotation, default=None))
    assert (values == {"pet": None} and not errors) is is_none


async def test_members_of_a_union_read_repeated_names_their_own_way() -> None:
    tagged = Annotated[Dog, Tag("woof")] | Cat
    once = FormData([("name", "n"), ("lives", "1"), ("label", "x")])
    assert await read(once, form("pet", tagged)) == (
        {"pet": Dog.model_validate({"name": "n", "lives": 1, "label": "x"})},
        [],
    )
    twice = FormData([("name", "n"), ("lives", "1"), ("lives", "2"), ("other", "x")])
    values, errors = await read(twice, form("pet", Cat | Dog))
    assert (values, errors) == ({"pet": Cat(name="n", lives=[1, 2])}, [])
    bad = FormData([("lives", "a")])
    locations = {loc[1] for _, loc in (await read(bad, form("pet", tagged)))[1]}
    assert locations == {"woof", "Cat"}


async def test_files_wanted_as_bytes_are_read_and_left_where_they_were() -> None:
    upload = UploadFile(io.BytesIO(b"0123"), filename="f", size=4)
    await upload.seek(1)
    received = FormData([("a", upload), ("b", upload)])
    fields = [
        make_field("a", bytes, params.File()),
        make_field("b", list[bytes], params.File()),
    ]
    assert await read(received, *fields) == ({"a": b"123", "b": [b"123"]}, [])
    assert upload.file.tell() == 1


async def test_no_fields_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="should be called with fields"):
        await request_body_to_args([], {}, embed_body_fields=False)


class TestBodyField:
    def field_of(self, *fields: Any) -> Any:
        embed = _should_embed_body_fields(list(fields))
        return _get_body_field(body_params=list(fields), name="id", embed_body_fields=embed)

    def test_none_and_one(self) -> None:
        assert self.field_of() is None
        only = body("a", Cat)
        assert self.field_of(only) is only

    def test_several_become_a_model(self) -> None:
        result = self.field_of(body("a", Cat), body("b", int, default=1))
        assert (result.name, result.field_info.is_required()) == ("body", True)
        assert result.field_info.annotation.__name__ == "Body_id"
        assert set(result.field_info.annotation.model_fields) == {"a", "b"}

    @pytest.mark.parametrize(
        ("markers", "kind", "media_type"),
        [
            ([params.Body(), params.Body()], params.Body, "application/json"),
            ([params.Body(media_type="a/b"), params.Body(media_type="a/b")], params.Body, "a/b"),
            (
                [params.Body(media_type="a/b"), params.Body()],
                params.Body,
                "application/json",
            ),
            (
                [params.Form(), params.Form()],
                params.Form,
                "application/x-www-form-urlencoded",
            ),
            (
                [params.Form(), params.Form(media_type="multipart/form-data")],
                params.Form,
                "multipart/form-data",
            ),
            ([params.Form(), params.Body()], params.Form, "application/x-www-form-urlencoded"),
            ([params.Body(), params.File()], params.File, "multipart/form-data"),
        ],
    )
    def test_the_richest_kind_counts(self, markers: Any, kind: Any, media_type: str) -> None:
        fields = [make_field(f"f{i}", int, marker) for i, marker in enumerate(markers)]
        info = self.field_of(*fields).field_info
        assert (type(info), info.media_type) == (kind, media_type)

    def test_nothing_required_is_optional(self) -> None:
        info = self.field_of(body("a", int, default=1), body("b", int, default=2)).field_info
        assert not info.is_required()

    def test_the_schema_of_a_form_has_the_fields_of_models_beside_the_others(self) -> None:
        result = self.field_of(form("pet", Dog | None, default=None), form("other", int))
        schema = result.field_info.annotation.model_json_schema()
        assert set(schema["properties"]) == {"other"}
        assert schema["required"] == ["other"]
        (pet,) = schema["allOf"]
        assert pet["anyOf"][0] == {"maxProperties": 0}
