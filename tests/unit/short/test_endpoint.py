"""Handlers of the short style beside everything that FastAPI knows."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import HTMLResponse

from fasterapi import APIRouter, App, Depends, FasterAPI, Header, HTTPException, Query
from fasterapi.app import Router
from fasterapi.exceptions import UsageError
from fasterapi.short import ShortRequest, ShortResponse
from fasterapi.testclient import TestClient

if TYPE_CHECKING:
    from nowhere import Unknown

Ask = Callable[..., Any]


class Item(BaseModel):
    name: str


class Later(BaseModel):
    """Annotations of this module are text; they are resolved here, not where App is."""

    item: Item


def current_user(req):
    return req.headers.get("x-user", "nobody")


def typed_header(x_user: Annotated[str, Header()] = "nobody") -> str:
    return x_user


def test_typed_parameters_and_dependencies_stand_beside(ask: Ask) -> None:
    def handler(
        req,
        res,
        number: int,
        later: Later,
        limit: Annotated[int, Query(le=10)] = 5,
        typed: str = Depends(typed_header),
        bare: str = Depends(current_user),
    ):
        res.status(201)
        return {
            "path": req.path,
            "number": number,
            "item": later.item.name,
            "limit": limit,
            "users": [typed, bare],
        }

    sent: dict[str, Any] = {
        "json": {"item": {"name": "x"}},
        "headers": {"x-user": "ana"},
        "route": {"path": "/{number}"},
    }
    answer = ask(handler, "POST", url="/7?limit=6", **sent)
    assert answer.status_code == 201
    assert answer.json() == {
        "path": "/7",
        "number": 7,
        "item": "x",
        "limit": 6,
        "users": ["ana", "ana"],
    }
    sent["route"] = {"path": "/{number}"}
    refused = ask(handler, "POST", url="/x?limit=11", **sent).json()
    assert [error["loc"] for error in refused["detail"]] == [["path", "number"], ["query", "limit"]]


def test_order_of_parameters_is_free(ask: Ask) -> None:
    def handler(limit: int = 5, *, res, req):
        return {"limit": limit, "path": req.path, "res": type(res).__name__}

    assert ask(handler).json() == {"limit": 5, "path": "/", "res": "ShortResponse"}


def test_annotated_names_are_what_their_annotation_says(ask: Ask) -> None:
    def handler(r: ShortRequest, answer: ShortResponse, req: int = 1, res: str = "x"):
        answer.set_header("x-path", r.path)
        return {"req": req, "res": res}

    answer = ask(handler, url="/?req=2&res=y")
    assert (answer.json(), answer.headers["x-path"]) == ({"req": 2, "res": "y"}, "/")


def test_request_of_starlette_stands_beside(ask: Ask) -> None:
    async def handler(req, request: Request):
        return {"same": req.request is request}

    assert ask(handler).json() == {"same": True}


@pytest.mark.parametrize("path", ["/{req}", "/{res:path}"])
def test_path_parameters_cannot_have_the_names(path: str) -> None:
    with pytest.raises(UsageError, match="annotate the parameter"):
        App().get(path)(lambda req, res: None)


def test_annotated_path_parameter_may_be_called_so(ask: Ask) -> None:
    def handler(req: int):
        return req

    assert ask(handler, url="/7", route={"path": "/{req}"}).json() == 7


def test_documentation_shows_neither(app: App) -> None:
    @app.get("/{number}")
    def handler(req, res, number: int, user=Depends(current_user)):
        """Describe me."""

    operation = app.openapi()["paths"]["/{number}"]["get"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["number"]
    assert operation["description"] == "Describe me."
    assert operation["operationId"].startswith("handler_")
    assert "requestBody" not in operation


def test_function_itself_is_left_alone(app: App) -> None:
    def handler(req, res):
        return None

    before = inspect.signature(handler)
    assert app.get("/")(handler) is handler
    assert inspect.signature(handler) == before
    endpoint = app.router.routes[-1].endpoint  # type: ignore[attr-defined]
    assert (endpoint.__name__, endpoint.__module__) == ("handler", __name__)
    assert inspect.unwrap(endpoint) is handler


def test_declared_handler_without_req_and_res_is_used_as_it_is(app: App) -> None:
    @app.get("/")
    async def handler() -> Item:
        return Item(name="x")

    assert app.router.routes[-1].endpoint is handler  # type: ignore[attr-defined]


def test_registered_endpoint_may_be_registered_again(app: App, client: TestClient) -> None:
    @app.get("/")
    def handler(res):
        return res.set_cookie("a", "b").text("x")

    app.add_api_route("/again", app.router.routes[-1].endpoint)  # type: ignore[attr-defined]
    assert len(client.get("/again").headers.get_list("set-cookie")) == 1


@pytest.mark.parametrize(
    ("value", "media_type", "body"),
    [
        ("ä", "text/plain; charset=utf-8", "ä".encode()),
        ("", "text/plain; charset=utf-8", b""),
        (b"\xff", "application/octet-stream", b"\xff"),
        (bytearray(b"a"), "application/octet-stream", b"a"),
        (memoryview(b"a"), "application/octet-stream", b"a"),
        ({"a": 1}, "application/json", b'{"a":1}'),
        ([1], "application/json", b"[1]"),
        (None, "application/json", b"null"),
        (Item(name="x"), "application/json", b'{"name":"x"}'),
    ],
)
@pytest.mark.parametrize("is_async", [True, False])
def test_value_decides_about_an_undeclared_answer(
    ask: Ask, value: Any, media_type: str, body: bytes, is_async: bool
) -> None:
    async def handler():
        return value

    def sync_handler():
        return value

    answer = ask(handler if is_async else sync_handler, "POST", route={"status_code": 202})
    assert (answer.status_code, answer.headers["content-type"]) == (202, media_type)
    assert answer.content == body


def annotated() -> str:
    return "x"


def plain():
    return "x"


@pytest.mark.parametrize(
    ("handler", "options", "content_type", "body"),
    [
        (annotated, {}, "application/json", b'"x"'),
        (plain, {"response_model": str}, "application/json", b'"x"'),
        (plain, {"response_model": None}, "application/json", b'"x"'),
        (plain, {"response_class": HTMLResponse}, "text/html; charset=utf-8", b"x"),
    ],
)
def test_declared_answer_is_fastapis(
    ask: Ask, handler: Any, options: Any, content_type: str, body: bytes
) -> None:
    answer = ask(handler, route=options)
    assert (answer.headers["content-type"], answer.content) == (content_type, body)


def test_response_model_filters_with_req_and_res(ask: Ask) -> None:
    def handler(req, res) -> Item:
        return {"name": "x", "secret": 1}  # type: ignore[return-value]

    assert ask(handler).json() == {"name": "x"}


def test_exceptions_answer_as_ever(ask: Ask) -> None:
    async def handler(req, res):
        raise HTTPException(418, "teapot")

    answer = ask(handler)
    assert (answer.status_code, answer.json()) == (418, {"detail": "teapot"})


class Greeter:
    """An object as handler."""

    async def __call__(self, req):
        return {"path": req.path}

    def method(self, req, res):
        return {"path": req.path}


def with_number(number: int, req):
    return {"path": req.path, "number": number}


def decorated(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return {**function(*args, **kwargs), "is_wrapped": True}

    return wrapper


@decorated
def wrapped(req):
    return {"path": req.path}


@pytest.mark.parametrize(
    ("handler", "more"),
    [
        (Greeter(), {}),
        (Greeter().method, {}),
        (functools.partial(with_number, 3), {"number": 3}),
        (wrapped, {"is_wrapped": True}),
        (lambda req: {"path": req.path}, {}),
    ],
)
def test_all_kinds_of_callables(ask: Ask, handler: Any, more: dict[str, Any]) -> None:
    assert ask(handler).json() == {"path": "/", **more}


def test_generators_stream(ask: Ask) -> None:
    def handler(req, res):
        assert isinstance(res, ShortResponse)
        yield {"path": req.path}
        yield {"n": 2}

    async def async_handler(req) -> AsyncIterator[Item]:
        yield Item(name=req.path)

    answer = ask(handler)
    assert [json.loads(line) for line in answer.text.splitlines()] == [{"path": "/"}, {"n": 2}]
    assert json.loads(ask(async_handler).text) == {"name": "/"}


def test_unresolvable_result_annotation_does_not_matter(app: App) -> None:
    def dependency(req) -> Unknown:
        return req.path

    @app.get("/")
    def handler(path=Depends(dependency)):
        return {"path": path}

    assert TestClient(app).get("/").json() == {"path": "/"}


def test_every_way_of_registering(app: App, client: TestClient) -> None:
    def handler(req, res):
        return res.text(req.method)

    for verb in ("get", "put", "post", "delete", "options", "patch", "trace"):
        getattr(app, verb)(f"/{verb}")(handler)
        assert client.request(verb, f"/{verb}").text == verb.upper()
    app.head("/head")(handler)
    assert client.head("/head").headers["content-length"] == "4"
    app.api_route("/some", methods=["GET", "POST"])(handler)
    app.add_api_route("/added", handler)
    app.router.get("/router")(handler)
    for path in ("/some", "/added", "/router"):
        assert client.get(path).text == "GET"
    router = Router(prefix="/sub")
    router.get("/x")(handler)
    app.include_router(router, prefix="/api")
    assert client.get("/api/sub/x").text == "GET"


@pytest.mark.parametrize("kind", ["drop-in app", "router in App", "drop-in router in App"])
def test_names_mean_nothing_outside_of_the_short_style(kind: str) -> None:
    app = FasterAPI() if kind == "drop-in app" else App()
    target: Any = app if kind == "drop-in app" else APIRouter()

    @target.get("/")
    def handler(req, res):
        return {"req": req, "res": res}

    if target is not app:
        app.include_router(target)
    client = TestClient(app)
    assert client.get("/?req=a&res=b").json() == {"req": "a", "res": "b"}
    assert client.get("/").status_code == 422


def test_router_of_the_short_style_works_in_the_drop_in_app() -> None:
    app, router = FasterAPI(), Router()

    @router.get("/")
    def handler(req, res):
        return res.text(req.path)

    app.include_router(router, prefix="/a")
    assert TestClient(app).get("/a/").text == "/a/"
