"""An included router is a live view: what happens to it later happens where it is included."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from fasterapi import APIRouter, FastAPI


async def plain(request: Any) -> PlainTextResponse:
    return PlainTextResponse("late")


def include_nested(router: APIRouter) -> None:
    nested = APIRouter()
    router.include_router(nested, prefix="/late")
    nested.get("")(lambda: "late")


def late_frontend(router: APIRouter) -> None:
    router.frontend("/late", directory=Path(__file__).parent, fallback=None)


LATE: dict[str, tuple[Callable[[APIRouter], Any], str]] = {
    "route": (lambda router: router.get("/late")(lambda: "late"), "/late"),
    "plain route": (lambda router: router.add_route("/late", plain), "/late"),
    "appended": (lambda router: router.routes.append(Route("/late", plain)), "/late"),
    "mount": (
        lambda router: router.mount("/late", Starlette(routes=[Route("/x", plain)])),
        "/late/x",
    ),
    "nested": (include_nested, "/late"),
    "frontend": (late_frontend, f"/late/{Path(__file__).name}"),
}


@pytest.mark.parametrize(("add", "path"), LATE.values(), ids=LATE)
@pytest.mark.parametrize("is_asked_before", [True, False])
def test_late_route_is_served(
    add: Callable[[APIRouter], Any], path: str, is_asked_before: bool
) -> None:
    app, outer, inner = FastAPI(), APIRouter(), APIRouter()
    inner.get("/early")(lambda: "early")
    outer.include_router(inner, prefix="/inner")
    app.include_router(outer, prefix="/outer")
    client = TestClient(app)
    if is_asked_before:
        assert client.get(f"/outer/inner{path}").status_code == 404
        assert client.get("/outer/inner/early").json() == "early"
    add(inner)
    assert "late" in client.get(f"/outer/inner{path}").text


def test_late_websocket_is_served() -> None:
    app, router = FastAPI(), APIRouter()
    app.include_router(router, prefix="/r")
    client = TestClient(app)
    client.get("/")

    @router.websocket("/late")
    async def late(websocket: Any) -> None: ...

    assert str(app.url_path_for("late")) == "/r/late"


def test_removed_route_is_gone() -> None:
    app, router = FastAPI(), APIRouter()
    router.get("/a")(lambda: "a")
    app.include_router(router, prefix="/r")
    client = TestClient(app)
    assert client.get("/r/a").status_code == 200
    router.routes.clear()
    assert client.get("/r/a").status_code == 404


def test_included_router_keeps_its_place() -> None:
    app, router = FastAPI(), APIRouter()
    app.get("/first")(lambda: "app")
    router.get("/{name}")(lambda name: f"router {name}")
    app.include_router(router)
    app.get("/last")(lambda: "app")
    client = TestClient(app)
    assert client.get("/first").json() == "app"
    assert client.get("/last").json() == "router last"


def test_full_match_wins_over_an_earlier_wrong_method() -> None:
    app, router = FastAPI(), APIRouter()
    app.post("/x")(lambda: "post")
    router.get("/x")(lambda: "get")
    app.include_router(router)
    client = TestClient(app)
    assert client.get("/x").json() == "get"
    refused = client.put("/x")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


def test_frontend_comes_last() -> None:
    app, router = FastAPI(openapi_url=None), APIRouter()
    app.frontend("/", directory=Path(__file__).parent, fallback=None)
    router.get("/{name}")(lambda name: f"route {name}")
    app.include_router(router, prefix="/r")
    client = TestClient(app)
    name = Path(__file__).name
    assert client.get(f"/r/{name}").json() == f"route {name}"
    assert "An included router" in client.get(f"/{name}").text


def test_most_specific_frontend_answers(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    app, router = FastAPI(), APIRouter()
    app.frontend("/", directory=tmp_path / "a")
    router.frontend("/b", directory=tmp_path / "b")
    app.include_router(router, prefix="/in")
    client = TestClient(app)
    assert [client.get(path).text for path in ("/x", "/in/b/x")] == ["a", "b"]


def test_url_of_an_included_route() -> None:
    app, outer, inner = FastAPI(), APIRouter(), APIRouter()
    inner.get("/{number:int}", name="number")(lambda number: number)
    outer.include_router(inner, prefix="/inner")
    app.include_router(outer, prefix="/{place}")
    assert app.url_path_for("number", place="x", number=3) == "/x/inner/3"


def test_shared_router_is_served_at_each_place() -> None:
    app, router = FastAPI(), APIRouter(tags=["t"])
    router.get("/x")(lambda: "x")
    for version in ("v1", "v2"):
        app.include_router(router, prefix=f"/{version}", tags=[version])
    paths = app.openapi()["paths"]
    assert {path: item["get"]["tags"] for path, item in paths.items()} == {
        "/v1/x": ["v1", "t"],
        "/v2/x": ["v2", "t"],
    }
