"""The reference path passes over routes whose regex says no, unless somebody else decides."""

from typing import Any

import pytest
from starlette.routing import Match, Route

from fasterapi import APIRouter, FasterAPI, routing
from fasterapi.routing import APIRoute
from fasterapi.testclient import TestClient


@pytest.fixture(autouse=True)
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every request on the reference path."""
    monkeypatch.setattr(routing, "format_sse_event", lambda **_fields: b"")


def make_app(**options: Any) -> tuple[FasterAPI, APIRouter]:
    app, router = FasterAPI(openapi_url=None), APIRouter(**options)

    @router.get("/odd")
    async def odd() -> str:
        return "odd"

    @router.get("/items/{number:int}")
    async def item(number: int) -> int:
        return number

    @router.post("/items/{text}")
    async def other(text: str) -> str:
        return text

    return app, router


def answers(app: FasterAPI, prefix: str = "") -> list[Any]:
    client = TestClient(app, follow_redirects=False)
    found = [client.get(f"{prefix}{path}") for path in ("/odd", "/items/5", "/items/x", "/none")]
    redirected = client.get(f"{prefix}/odd/")
    assert redirected.headers.get("location", f"{prefix}/odd").endswith(f"{prefix}/odd")
    return [*(answer.json() for answer in found), redirected.status_code]


EXPECTED = ["odd", 5, {"detail": "Method Not Allowed"}, {"detail": "Not Found"}, 307]


@pytest.mark.parametrize("prefix", ["", "/a", "/a/b/c"])
def test_requests_find_their_routes(prefix: str) -> None:
    app, router = make_app()
    for part in reversed(prefix.split("/")[1:]):
        outer = APIRouter()
        outer.include_router(router, prefix=f"/{part}")
        router = outer
    app.include_router(router)
    assert answers(app, prefix) == EXPECTED


class Everything(APIRoute):
    """Matches whatever is asked for."""

    def matches(self, scope: Any) -> Any:
        return Match.FULL, {"endpoint": self.endpoint, "path_params": {}, "route": self}


def test_a_class_of_routes_may_match_in_its_own_way() -> None:
    app, router = make_app(route_class=Everything)
    app.include_router(router)
    assert answers(app)[:4] == ["odd"] * 4


def test_a_single_route_may_match_in_its_own_way() -> None:
    app, router = make_app()
    route: Any = router.routes[0]
    app.router.routes.extend(router.routes)
    route.matches = lambda _scope: (Match.FULL, {"path_params": {}, "endpoint": route.endpoint})
    assert answers(app)[:4] == ["odd"] * 4


@pytest.mark.parametrize("owner", [APIRoute, Route])
def test_replaced_matching_is_asked(owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app, router = make_app()
    app.include_router(router)
    matches, asked = owner.matches, []

    def recording(self: Any, scope: Any) -> Any:
        asked.append(getattr(self, "path", ""))
        return matches(self, scope)

    monkeypatch.setattr(owner, "matches", recording)
    app.add_route("/last", lambda _request: None)
    assert answers(app) == EXPECTED
    assert asked
