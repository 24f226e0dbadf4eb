"""Wrong definitions are refused where they are made, with path and place."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from fasterapi import APIRouter, FastAPI
from fasterapi.exceptions import FastAPIError
from fasterapi.routing import APIRoute
from fasterapi.testclient import TestClient


def endpoint(a: str = "") -> None: ...


async def session(websocket: Any) -> None: ...


def include(path: str, prefix: str = "") -> None:
    router = APIRouter()
    router.get(path)(endpoint)
    FastAPI().include_router(router, prefix=prefix)


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "twice": (
        lambda: FastAPI().get("/{a}/{a}")(endpoint),
        ValueError,
        "Duplicated param name a at path /{a}/{a} ",
    ),
    "twice, two": (
        lambda: APIRoute("/{b}{a}{a}{b}", endpoint),
        ValueError,
        "Duplicated param names a, b at path ",
    ),
    "convertor": (
        lambda: FastAPI().get("/{a:nope}")(endpoint),
        AssertionError,
        "Unknown path convertor 'nope' ",
    ),
}


@pytest.mark.parametrize(("define", "kind", "message"), WRONG.values(), ids=WRONG)
def test_error_tells_the_route_and_where_its_endpoint_is(
    define: Callable[[], Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=re.escape(message)) as caught:
        define()
    line = endpoint.__code__.co_firstlineno
    assert str(caught.value).endswith(f"endpoint at {__file__}:{line})")
    assert "(route '" in str(caught.value)


RELATIVE: dict[str, Callable[[], Any]] = {
    "get": lambda: FastAPI().get("items")(endpoint),
    "api_route": lambda: FastAPI().api_route("items")(endpoint),
    "included": lambda: include("items"),
    "websocket": lambda: FastAPI().websocket("ws")(session),
}


@pytest.mark.parametrize("define", RELATIVE.values(), ids=RELATIVE)
def test_path_that_cannot_match_is_logged(
    define: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    define()
    assert "a path has to start with '/' (route '" in caplog.text


def test_prefix_may_bring_the_slash(caplog: pytest.LogCaptureFixture) -> None:
    include("items", prefix="/more-")
    assert caplog.text == ""


def test_parameter_may_capture_the_slash(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    app.get("{rest:path}")(lambda rest: rest)
    client = TestClient(app)
    assert [client.get(path).json() for path in ("/", "/a/b")] == ["/", "/a/b"]
    assert caplog.text == ""


def test_empty_path_needs_a_prefix() -> None:
    include("", prefix="/x")
    with pytest.raises(FastAPIError, match=r"cannot be both empty \(path operation: endpoint\)"):
        include("")


@pytest.mark.parametrize("option", ["respons_model", "method"])
def test_unknown_option_is_refused(option: str) -> None:
    for declare in (FastAPI().get, FastAPI().api_route, APIRouter().get, APIRouter().api_route):
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{option}'"):
            declare("/", **{option: 1})(endpoint)
    for add in (FastAPI().add_api_route, APIRouter().add_api_route, APIRoute):
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{option}'"):
            add("/", endpoint, **{option: 1})


def test_router_cannot_include_itself() -> None:
    outer, inner = APIRouter(), APIRouter()
    outer.include_router(inner, prefix="/i")
    with pytest.raises(AssertionError, match="into itself"):
        outer.include_router(outer)
    with pytest.raises(AssertionError, match="already includes this router"):
        inner.include_router(outer, prefix="/o")


def test_regex_is_compiled_when_it_is_needed() -> None:
    route = APIRoute("/a.b/{number:int}/{rest:path}", endpoint)
    assert "path_regex" not in vars(route)
    assert route.path_regex.match("/a.b/1/x/y").groupdict() == {"number": "1", "rest": "x/y"}
    assert not route.path_regex.match("/axb/1/x")
    assert "path_regex" in vars(route)


@pytest.mark.parametrize("path", ["/", "/a", "/{a}", "/{a:int}-{b:uuid}", "/x{y", "/{z:path}/end"])
def test_regex_is_that_of_starlette(path: str) -> None:
    from starlette.routing import compile_path

    route = APIRoute(path, endpoint)
    pattern, path_format, convertors = compile_path(path)
    assert (route.path_regex.pattern, route.path_format) == (pattern.pattern, path_format)
    assert route.param_convertors == convertors
