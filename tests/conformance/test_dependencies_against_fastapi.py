"""Every way to declare a parameter gives FastAPI's answers, documents and start-up errors."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Annotated, Any, Literal
from uuid import UUID

import fastapi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, Json
from starlette.testclient import TestClient

import fasterapi


class Colour(Enum):
    red = "red"
    blue = "blue"


class Filter(BaseModel):
    low: int = 0
    names: list[str] = []
    save_data: bool | None = None
    other: str | None = Field(default=None, alias="oTher")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    low: int
    high: Annotated[int, Field(validation_alias=AliasChoices("high", "hi"))] = 3


class ByName(BaseModel):
    model_config = ConfigDict(populate_by_name=True, extra="allow")
    user_name: str = Field(alias="userName")


@dataclass
class Point:
    x: int
    y: int = 2


PLACES = ("Query", "Header", "Cookie", "Path", "Form", "File", "Body")
TYPES: dict[str, Any] = {
    "int": int,
    "str": str,
    "bool": bool,
    "float": float,
    "bytes": bytes,
    "any": Any,
    "optional": int | None,
    "union": int | str,
    "reversed union": str | int,
    "list": list[int],
    "bare list": list,
    "set": set[int],
    "tuple": tuple[int, str],
    "optional list": list[str] | None,
    "dict": dict[str, int],
    "literal": Literal[1, "a"],
    "enum": Colour,
    "uuid": UUID,
    "datetime": datetime,
    "decimal": Decimal,
    "json": Json[list[int]],
    "model": Filter,
    "optional model": Filter | None,
    "strict model": Strict,
    "optional strict model": Strict | None,
    "model by name": ByName,
    "list of models": list[Filter],
    "union of models": Strict | Filter,
    "dataclass": Point,
    "unusable": lambda: None,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "alias": {"alias": "the-Alias"},
    "validation alias": {"validation_alias": "val"},
    "choices": {"validation_alias": AliasChoices("first", "second")},
    "path alias": {"validation_alias": AliasPath("first", 0)},
    "constrained": {"ge": 2},
    "documented": {"title": "T", "description": "D", "deprecated": True, "examples": [1]},
    "factory": {"default_factory": lambda: [5]},
    "checked default": {"validate_default": True},
    "hidden": {"include_in_schema": False},
}
DEFAULTS: dict[str, tuple[Any, ...]] = {
    "required": (),
    "none": (None,),
    "five": (5,),
    "bad": ("x",),
}

JSON_BODIES: tuple[Any, ...] = (
    None,
    5,
    "a",
    [1, "2"],
    {},
    {"some_value": 7},
    {"low": 1, "oTher": "z", "extra": 2},
    {"first": [4], "second": 3, "val": 2, "the-Alias": 1},
)
QUERIES = (
    "",
    "some_value=",
    "some_value=7",
    "some_value=1&some_value=2",
    "some_value=[1,2]",
    "the-Alias=3&val=3&second=9&first=8",
    "low=4&names=a&names=b&oTher=q&extra=1&extra=2",
    "low=a&hi=2",
    "userName=u&user_name=v",
    "user_name=v",
)
HEADERS: tuple[list[tuple[str, str]], ...] = (
    [],
    [("some-value", "7")],
    [("some_value", "7")],
    [("some-value", "1"), ("some-value", "2")],
    [("the-alias", "3"), ("val", "3"), ("second", "9")],
    [("low", "4"), ("names", "a"), ("names", "b"), ("save-data", "true"), ("other", "q")],
    [("low", "a"), ("hi", "1"), ("save_data", "maybe")],
    [("username", "u"), ("user-name", "v")],
)


def declare(
    package: ModuleType, place: str, type_name: str, option: str, default: str, *, annotated: bool
) -> Any:
    """An app with one parameter at ``/thing``, or the error its declaration raises."""
    values = DEFAULTS[default]
    marker = getattr(package, place)
    annotation = TYPES[type_name]

    def endpoint(some_value: Any) -> Any:
        return {"value": repr(some_value)}

    if annotated:
        annotation = Annotated[annotation, marker(**OPTIONS[option])]
        endpoint.__defaults__ = values
    else:
        endpoint.__defaults__ = (marker(*values, **OPTIONS[option]),)
    endpoint.__annotations__ = {"some_value": annotation}
    app = package.FastAPI()
    path = "/thing/{some_value}" if place == "Path" else "/thing"
    app.post(path, response_model=None)(endpoint)
    return app


def requests_for(place: str) -> Iterator[dict[str, Any]]:
    """What to send, as arguments of `TestClient.request`."""
    if place == "Path":
        yield from ({"url": f"/thing/{value}"} for value in ("7", "a", "1,2", "red", "%5B1%5D"))
    elif place == "Query":
        yield from ({"url": f"/thing?{query}"} for query in QUERIES)
    elif place == "Header":
        yield from ({"url": "/thing", "headers": headers} for headers in HEADERS)
    elif place == "Cookie":
        for query in QUERIES:
            yield {"url": "/thing", "headers": [("cookie", query.replace("&", "; "))]}
    elif place == "Body":
        yield {"url": "/thing"}
        yield from ({"url": "/thing", "json": body} for body in JSON_BODIES)
    else:
        form = "application/x-www-form-urlencoded"
        for query in QUERIES:
            yield {"url": "/thing", "content": query, "headers": [("content-type", form)]}
        for name in ("", "a.txt"):
            content = b"" if not name else b"xyz"
            yield {"url": "/thing", "files": [("some_value", (name, content))]}
            yield {"url": "/thing", "files": [("some_value", (name, content))] * 2}


def outcome(build: Callable[[], Any], place: str) -> Any:
    """Everything a program or its clients can see."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            app = build()
        except Exception as error:
            return type(error).__name__, str(error)
        try:
            document = app.openapi()
        except Exception as error:
            document = type(error).__name__
        client = TestClient(app, raise_server_exceptions=False)
        answers = []
        for request in requests_for(place):
            response = client.post(**request)
            answers.append((request, response.status_code, without_files(response.json)))
        return [document, *answers]


def without_files(read_json: Callable[[], Any]) -> Any:
    """The answer's JSON; of uploads that errors echo, only that there is one."""
    try:
        answer = read_json()
    except ValueError:
        return None
    if isinstance(answer, dict) and isinstance(answer.get("detail"), list):
        for error in answer["detail"]:
            if "filename" in repr(error.get("input")):
                error["input"] = "upload"
    return answer


def normalised(value: Any) -> str:
    return repr(value).replace("fasterapi", "fastapi").replace("FasterAPIError", "FastAPIError")


def differences(ours: Any, theirs: Any) -> list[tuple[str, str]]:
    """What is not the same; where FastAPI answers 500 because of its input, a 4xx is better."""
    if not (isinstance(ours, list) and isinstance(theirs, list)):
        ours, theirs = [ours], [theirs]
    return [
        (normalised(our), normalised(their))
        for our, their in zip(ours, theirs, strict=True)
        if normalised(our) != normalised(their) and not (their[1] == 500 and our[1] < 500)
    ]


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=40)
@given(
    type_name=st.sampled_from(list(TYPES)),
    option=st.sampled_from(list(OPTIONS)),
    default=st.sampled_from(list(DEFAULTS)),
    annotated=st.booleans(),
)
def test_a_declared_parameter_answers_as_in_fastapi(
    place: str, type_name: str, option: str, default: str, annotated: bool
) -> None:
    def declared(package: ModuleType) -> Any:
        return declare(package, place, type_name, option, default, annotated=annotated)

    ours = outcome(lambda: declared(fasterapi), place)
    theirs = outcome(lambda: declared(fastapi), place)
    assert differences(ours, theirs) == []
