"""Which routes are in the compiled table, and how it answers what has no route."""

from typing import Any

import pytest
from starlette.routing import Host, Router

from fasterapi import APIRouter, FasterAPI, WebSocket
from fasterapi.testclient import TestClient


def make_app() -> FasterAPI:
    app = FasterAPI(openapi_url=None)

    @app.websocket("/live")
    async def live(websocket: WebSocket) -> None:
        await websocket.accept()

    @app.get("/items")
    async def items() -> list[int]:
        return [1]

    @app.post("/items")
    async def add() -> int:
        return 2

    @app.get("/slash/")
    async def slash() -> int:
        return 3

    return app


def reasons(app: FasterAPI) -> list[str]:
    return [row.reason for row in app.plan_report()]


def test_websocket_routes_do_not_keep_later_routes_from_their_plans() -> None:
    app = make_app()
    assert reasons(app) == ["", "", ""]
    client = TestClient(app)
    assert client.get("/items").json() == [1]
    with client.websocket_connect("/live"):
        pass


def test_routes_behind_one_that_only_python_can_match_say_so() -> None:
    app = make_app()
    app.router.routes.insert(2, Host("a.example", app=Router()))
    assert reasons(app) == ["", "a Host", *["behind a route that only Python can match"] * 2]
    assert TestClient(app).get("/slash/").json() == 3


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nothing", 404, None),
        ("PUT", "/items", 405, "GET"),
        ("HEAD", "/items", 405, "GET"),
        ("DELETE", "/slash/", 405, "GET"),
    ],
)
def test_refusals_are_worded_as_fastapi_does(
    method: str, path: str, status: int, allow: str | None
) -> None:
    response = TestClient(make_app()).request(method, path)
    assert (response.status_code, response.headers.get("allow")) == (status, allow)
    if method != "HEAD":
        detail = {404: "Not Found", 405: "Method Not Allowed"}[status]
        assert response.json() == {"detail": detail}


def test_refusals_go_through_exception_handlers_and_middleware() -> None:
    app = make_app()

    @app.exception_handler(404)
    async def lost(request: Any, exc: Any) -> Any:
        from fasterapi.responses import PlainTextResponse

        assert "route" not in request.scope
        return PlainTextResponse(f"no {request.url.path}", status_code=404)

    @app.middleware("http")
    async def mark(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-marked"] = "yes"
        return response

    response = TestClient(app).get("/nothing")
    assert (response.text, response.headers["x-marked"]) == ("no /nothing", "yes")


def test_slash_redirects_and_late_routes_still_work() -> None:
    app = make_app()
    client = TestClient(app)
    assert client.get("/slash", follow_redirects=False).status_code == 307
    assert client.get("/late").status_code == 404
    router = APIRouter()
    router.get("/late")(lambda: 4)
    app.include_router(router)
    assert client.get("/late").json() == 4


def test_a_default_of_the_router_answers_what_has_no_route() -> None:
    app = make_app()

    async def fallback(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"mine"})

    assert TestClient(app).get("/nothing").status_code == 404
    app.router.default = fallback
    assert TestClient(app).get("/nothing").status_code == 299
