"""Whatever may change an answer to "which route?" makes the process-wide version grow."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.testclient import TestClient

import fasterapi
from fasterapi import APIRouter, FastAPI
from fasterapi.routing import APIRoute, APIWebSocketRoute
from fasterapi.routing.version import ROUTES_VERSION


def endpoint() -> str:
    return "x"


async def plain(request: Any) -> Any: ...


def route(path: str = "/new") -> APIRoute:
    return APIRoute(path, endpoint)


def replace_app(app: FastAPI) -> None:
    app.routes[0].app = plain


def replace_dependant(app: FastAPI) -> None:
    app.routes[0].dependant = app.routes[0].dependant


def slice_out(app: FastAPI) -> None:
    app.router.routes[:] = app.router.routes[1:]


def assign(app: FastAPI) -> None:
    app.router.routes = [route()]


def add_in_place(app: FastAPI) -> None:
    app.router.routes += [route()]


CHANGES: dict[str, Callable[[FastAPI], Any]] = {
    "get": lambda app: app.get("/a")(endpoint),
    "add_api_route": lambda app: app.add_api_route("/a", endpoint),
    "websocket": lambda app: app.websocket("/a")(plain),
    "add_route": lambda app: app.add_route("/a", plain),
    "add_websocket_route": lambda app: app.router.add_websocket_route("/a", plain),
    "mount": lambda app: app.mount("/a", plain),
    "host": lambda app: app.host("a.org", plain),
    "include_router": lambda app: app.include_router(APIRouter()),
    "frontend": lambda app: app.frontend("/", directory=Path(__file__).parent),
    "append": lambda app: app.routes.append(route()),
    "extend": lambda app: app.routes.extend([route()]),
    "insert": lambda app: app.routes.insert(0, route()),
    "remove": lambda app: app.routes.remove(app.routes[0]),
    "pop": lambda app: app.routes.pop(),
    "clear": lambda app: app.routes.clear(),
    "sort": lambda app: app.routes.sort(key=lambda route: route.path),
    "reverse": lambda app: app.routes.reverse(),
    "delete": lambda app: app.routes.__delitem__(0),
    "slice": slice_out,
    "assign": assign,
    "in place": add_in_place,
    "multiply": lambda app: app.routes.__imul__(2),
    "route.app": replace_app,
    "route.dependant": replace_dependant,
    "mark": lambda app: app.router._mark_routes_changed(),
    "middleware": lambda app: app.add_middleware(GZipMiddleware),
    "function middleware": lambda app: app.middleware("http")(plain),
    "exception handler": lambda app: app.exception_handler(404)(plain),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change_is_noticed(change: Callable[[FastAPI], Any]) -> None:
    app = FastAPI(openapi_url=None)
    app.get("/")(endpoint)
    before = ROUTES_VERSION.value
    change(app)
    assert ROUTES_VERSION.value > before


def test_patching_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ROUTES_VERSION.value
    monkeypatch.setattr(fasterapi.routing, "serialize_response", plain)
    assert ROUTES_VERSION.value > before


def test_requests_change_nothing() -> None:
    app, router = FastAPI(), APIRouter()
    router.get("/a")(endpoint)
    app.include_router(router, prefix="/r")
    client = TestClient(app)
    client.get("/r/a")
    before = ROUTES_VERSION.value
    assert [client.get(path).status_code for path in ("/r/a", "/none", "/docs")] == [200, 404, 200]
    assert ROUTES_VERSION.value == before


def test_routes_of_a_copied_router_still_count() -> None:
    router = APIRouter()
    router.get("/")(endpoint)
    for duplicate in (copy.copy(router), copy.deepcopy(router)):
        before = ROUTES_VERSION.value
        duplicate.routes.append(route())
        assert ROUTES_VERSION.value > before


def test_router_counts_included_routers_once() -> None:
    leaf, left, right, top = APIRouter(), APIRouter(), APIRouter(), APIRouter()
    for parent in (left, right):
        parent.include_router(leaf, prefix="/x")
        top.include_router(parent, prefix="/y")
    before = top._get_routes_version()
    leaf.get("/late")(endpoint)
    assert top._get_routes_version() > before


def test_route_remembers_its_own_app() -> None:
    made = route()
    assert made.app is made._own_app
    assert made._handler_is_own
    made.app = plain
    assert made.app is not made._own_app


def test_replaced_method_of_one_route_is_not_its_own() -> None:
    made = route()
    made.handle = plain
    assert not made._handler_is_own


@pytest.mark.parametrize("method", ["get_route_handler", "matches", "handle"])
def test_overriding_class_is_not_its_own(method: str) -> None:
    def override(self: Any, *args: Any) -> Any:
        return getattr(APIRoute, method)(self, *args)

    changed = type("Changed", (APIRoute,), {method: override})
    assert not changed("/", endpoint)._handler_is_own
    assert type("Same", (APIRoute,), {"extra": 1})("/", endpoint)._handler_is_own


def test_context_remembers_its_own_app() -> None:
    app, router = FastAPI(), APIRouter()
    router.get("/a")(endpoint)
    app.include_router(router, prefix="/r")
    (context,) = app.routes[-1].effective_candidates()
    assert context.app is context._own_app
    assert context._handler_is_own
    assert context.app is not router.routes[0].app


def test_websocket_route_remembers_its_own_app() -> None:
    made = APIWebSocketRoute("/", plain)
    assert made.app is made._own_app
    before = ROUTES_VERSION.value
    made.app = plain
    assert ROUTES_VERSION.value > before


def test_routes_stay_a_list() -> None:
    routes = [Route("/a", plain)]
    router = APIRouter(routes=routes)
    assert router.routes == routes
    assert isinstance(router.routes, list)
    assert router.routes is vars(router)["routes"]
    same = router.routes
    router.routes += [Route("/b", plain)]
    assert router.routes is same
