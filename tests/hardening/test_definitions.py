"""Wrong definitions raise when they are made, and say which route, parameter, file and line."""

import re
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Json, model_validator

from fasterapi import (
    APIRouter,
    Body,
    Depends,
    FastAPI,
    File,
    Form,
    Path,
    Query,
    UploadFile,
    WebSocket,
)
from fasterapi.exceptions import DependencyScopeError, FastAPIError, UsageError

HERE = re.escape(__file__)


class Unknown:
    """Nothing pydantic can validate."""


class Item(BaseModel):
    a: int


def shown(error: Exception) -> str:
    """Return the message and the notes, as a traceback shows them."""
    return "\n".join((str(error), *getattr(error, "__notes__", ())))


def add(
    endpoint: Any,
    path: str = "/x",
    *,
    expected: type[Exception],
    methods: Any = None,
    **options: Any,
) -> str:
    """Return the message for a route, the same from an application and a router."""
    messages = []
    for owner in (FastAPI(), APIRouter()):
        with pytest.raises(expected) as caught:
            owner.add_api_route(path, endpoint, methods=methods or ["POST"], **options)
        messages.append(shown(caught.value))
    assert messages[0] == messages[1]
    return messages[0]


def assert_names(message: str, endpoint: Any, path: str, parameter: str | None = None) -> None:
    line = endpoint.__code__.co_firstlineno
    assert f"route {path!r}" in message
    assert re.search(rf"{HERE}:{line}\b", message)
    if parameter is not None:
        assert f"parameter {parameter!r}" in message


@pytest.mark.parametrize(
    ("path", "expected", "text"),
    [
        ("/{a}/{a}", ValueError, "Duplicated param name a"),
        ("/{a}/{b}/{a:int}/{b:path}", ValueError, "Duplicated param names a, b"),
        ("/{a:nope}", AssertionError, "Unknown path convertor 'nope'"),
    ],
)
def test_wrong_paths(path: str, expected: type[Exception], text: str) -> None:
    def endpoint(a: str) -> None: ...

    message = add(endpoint, path, expected=expected)
    assert text in message
    assert_names(message, endpoint, path)


def test_relative_path(caplog: pytest.LogCaptureFixture) -> None:
    def endpoint(a: str) -> None: ...

    FastAPI().get("x/{a}")(endpoint)
    assert "a path has to start with '/'" in caplog.text
    assert_names(caplog.messages[0], endpoint, "x/{a}")


def test_parameters_that_cannot_be_validated() -> None:
    def plain(a: Unknown) -> None: ...
    def query(a: Annotated[Unknown, Query()]) -> None: ...
    def query_dict(a: dict[str, int] = Query()) -> None: ...

    for endpoint in (plain, query):
        message = add(endpoint, expected=FastAPIError)
        assert "valid Pydantic field type" in message
        assert_names(message, endpoint, "/x", "a")
    message = add(query_dict, expected=AssertionError)
    assert_names(message, query_dict, "/x", "a")


def test_path_parameters_that_cannot_be_one() -> None:
    def listed(a: list[int]) -> None: ...
    def model(a: Item) -> None: ...
    def query(a: int = Query()) -> None: ...

    for endpoint in (listed, model, query):
        message = add(endpoint, "/x/{a}", expected=AssertionError)
        assert_names(message, endpoint, "/x/{a}", "a")


def test_parameters_of_dependencies_name_the_way_to_them() -> None:
    def inner(b: Unknown) -> None: ...
    def outer(a: None = Depends(inner)) -> None: ...
    def endpoint(c: None = Depends(outer)) -> None: ...

    message = add(endpoint, expected=FastAPIError)
    assert_names(message, endpoint, "/x", "b")
    places = [message.index(f"parameter {name!r}") for name in "bac"]
    assert places == sorted(places)
    assert f"{__file__}:{inner.__code__.co_firstlineno}" in message


def test_dependencies_that_are_none() -> None:
    def endpoint() -> None: ...

    message = add(endpoint, expected=AssertionError, dependencies=[lambda: 1])
    assert "must have a callable dependency" in message
    assert_names(message, endpoint, "/x")

    def calls_number(a: Any = Depends(5)) -> None: ...  # type: ignore[arg-type]

    assert_names(add(calls_number, expected=TypeError), calls_number, "/x", "a")


def test_dependency_that_needs_itself() -> None:
    def first(a: Any = Depends(lambda: 1)) -> None: ...

    first.__defaults__ = (Depends(first),)
    message = add(first, expected=UsageError)
    assert "need each other" in message
    assert_names(message, first, "/x")


def test_dependency_that_would_outlive_what_it_needs() -> None:
    def inner() -> Any:
        yield

    def outer(a: Any = Depends(inner, scope="function")) -> Any:
        yield

    def endpoint(b: Any = Depends(outer, scope="request")) -> None: ...

    assert_names(add(endpoint, expected=DependencyScopeError), endpoint, "/x")


def test_results_that_cannot_be_serialised() -> None:
    def endpoint() -> Unknown: ...
    def plain(): ...  # type: ignore[no-untyped-def]

    assert_names(add(endpoint, expected=FastAPIError), endpoint, "/x")
    assert_names(add(plain, expected=FastAPIError, response_model=Unknown), plain, "/x")
    message = add(plain, expected=FastAPIError, responses={400: {"model": Unknown}})
    assert_names(message, plain, "/x")
    message = add(plain, expected=AssertionError, status_code=204, response_model=Item)
    assert "must not have a response body" in message


def test_methods_that_are_none() -> None:
    def endpoint() -> None: ...

    assert "got 'GET'" in add(endpoint, expected=AssertionError, methods="GET")
    assert "max_body_size" in add(endpoint, expected=ValueError, max_body_size=-1)


def test_endpoint_that_is_none() -> None:
    assert "route '/x', endpoint 5" in add(5, expected=AssertionError)


def test_path_defaults_are_refused() -> None:
    with pytest.raises(AssertionError, match="cannot have a default"):
        Path(default=1)


# --- a body in two places -------------------------------------------------------------------


def test_form_beside_json_object_is_refused() -> None:
    def form(item: Item, name: str = Form()) -> None: ...
    def file(item: Annotated[Item, Body()], upload: UploadFile) -> None: ...
    def content(item: Item = Body(embed=True), raw: bytes = File()) -> None: ...

    for endpoint in (form, file, content):
        message = add(endpoint, expected=UsageError)
        assert "parameter 'item' needs a JSON object" in message
        assert_names(message, endpoint, "/x", "item")


def test_form_of_a_dependency_beside_json_object_is_refused() -> None:
    def login(user: str = Form()) -> str:
        return user

    def endpoint(item: Item, user: str = Depends(login)) -> None: ...

    message = add(endpoint, expected=UsageError)
    assert "'user' a form" in message
    assert_names(message, endpoint, "/x", "item")


def test_other_mixtures_are_accepted() -> None:
    class FromText(BaseModel):
        a: int

        @model_validator(mode="before")
        @classmethod
        def read(cls, value: Any) -> Any:
            return cls.model_validate_json(value) if isinstance(value, str) else value

    app = FastAPI()

    @app.post("/recipe")
    def recipe(item: FromText = Body(), upload: UploadFile = File()) -> None: ...

    @app.post("/json")
    def as_json(item: Json[Item] = Form(), upload: UploadFile = File()) -> None: ...

    @app.post("/number")
    def number(a: int = Body(), b: str = Form()) -> None: ...

    @app.post("/optional")
    def optional(item: Item | None = None, b: str = Form()) -> None: ...

    @app.post("/two")
    def two(first: Item, second: Item) -> None: ...

    assert len(app.openapi()["paths"]) == 5


# --- other kinds of routes ------------------------------------------------------------------


def test_websocket_routes() -> None:
    app = FastAPI()

    async def endpoint(websocket: WebSocket, a: Unknown) -> None: ...

    with pytest.raises(FastAPIError) as caught:
        app.websocket("/ws")(endpoint)
    assert_names(shown(caught.value), endpoint, "/ws", "a")
    with pytest.raises(ValueError, match="Duplicated param name a") as duplicated:
        app.websocket("/{a}/{a}")(endpoint)
    assert_names(shown(duplicated.value), endpoint, "/{a}/{a}")


def test_included_routes_that_become_wrong() -> None:
    router = APIRouter()

    @router.get("/{a}")
    def endpoint(a: int) -> int:
        return a

    app = FastAPI()
    app.include_router(router, prefix="/{a}")
    with pytest.raises(ValueError, match="Duplicated param name a") as caught:
        app.openapi()
    assert_names(shown(caught.value), endpoint, "/{a}/{a}")
