"""Programs that change an application while it runs, or define it oddly: the same on both."""

import importlib
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

pytest.importorskip("fastapi")

Case = Callable[[Any], Any]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    CASES[function.__name__] = function
    return function


async def answer_own(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("own")(scope, receive, send)


async def handle_own(_request: Any) -> Any:
    return PlainTextResponse("own")


@case
def route_class_patched_after_its_routes_were_made(f: Any) -> Any:
    routing = importlib.import_module(f"{f.__name__}.routing")
    kind = type("Kind", (routing.APIRoute,), {})
    app, router = f.FastAPI(), f.APIRouter(route_class=kind)
    app.router.route_class = kind
    app.get("/made")(lambda: 1)
    router.get("/included")(lambda: 1)
    app.include_router(router)
    kind.get_route_handler = lambda _route: handle_own  # type: ignore[attr-defined]
    return [TestClient(app).get(path).text for path in ("/made", "/included")]


@case
def signature_changed_before_the_router_is_included(f: Any) -> Any:
    def dependency(number: int = 1) -> int:
        return number

    async def endpoint(self: Any, number: int = f.Depends(dependency)) -> Any:
        return [self, number]

    app, router = f.FastAPI(), f.APIRouter()
    router.get("/a")(endpoint)
    # As libraries for views in classes do.
    signature = inspect.signature(endpoint)
    first, *others = signature.parameters.values()
    first = first.replace(default=f.Depends(lambda: "view"), annotation=Any)
    endpoint.__signature__ = signature.replace(parameters=[first, *others])  # type: ignore[attr-defined]
    dependency.__annotations__["number"] = str
    app.include_router(router)
    client = TestClient(app)
    return client.get("/a?number=x").json(), app.openapi()["paths"]


@case
def handler_set_before_the_first_request(f: Any) -> Any:
    app, router = f.FastAPI(), f.APIRouter()
    router.get("/included")(lambda: 1)
    app.include_router(router, prefix="/a")
    app.include_router(router, prefix="/b")
    router.routes[0].get_route_handler = lambda: handle_own
    return [TestClient(app).get(path).text for path in ("/a/included", "/b/included")]


@case
def slash_redirects_switched(f: Any) -> Any:
    app = f.FastAPI()
    app.get("/a/")(lambda: 1)
    client = TestClient(app, follow_redirects=False)
    statuses = []
    for is_on in (False, True, False):
        app.router.redirect_slashes = is_on
        statuses.append(client.get("/a").status_code)
    app.router.default = answer_own
    return [*statuses, client.get("/a").text]


@case
def router_exchanged(f: Any) -> Any:
    app, other = f.FastAPI(), f.APIRouter()
    app.get("/a")(lambda: "old")
    other.get("/a")(lambda: "new")
    client = TestClient(app)
    seen = [client.get("/a").json()]
    app.router = other
    seen.append(client.get("/a").json())
    app.middleware_stack = None
    return [*seen, client.get("/a").json()]


@case
def paths_without_slash(f: Any) -> Any:
    app, router = f.FastAPI(), f.APIRouter()
    app.get("never")(lambda: 1)
    router.get("tail")(lambda: 2)
    app.include_router(router, prefix="/pre")
    app.get("{rest:path}")(lambda rest: rest)
    client = TestClient(app)
    paths = ("/never", "/pretail", "/pre/tail", "/")
    return list(app.openapi()["paths"]), [client.get(path).json() for path in paths]


@case
def events(f: Any) -> Any:
    app, log = f.FastAPI(), []
    app.on_event("startup")(lambda: log.append("app"))
    app.router.on_startup.append(lambda: log.append("late"))
    for _ in range(2):
        with TestClient(app):
            log.append("inside")
    return log


def outcome(function: Case, package: str) -> Any:
    """Return what *function* returns, and the warnings on the way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        returned = function(importlib.import_module(package))
    return returned, [(item.category, str(item.message)) for item in caught]


@pytest.mark.parametrize("name", CASES)
def test_case_is_as_in_fastapi(name: str) -> None:
    assert outcome(CASES[name], "fasterapi") == outcome(CASES[name], "fastapi")
