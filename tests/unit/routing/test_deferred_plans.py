"""A route is compiled at its first request, which must not show in any answer."""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from pydantic import BaseModel

from fasterapi import APIRouter, FasterAPI, routing
from fasterapi.routing import table
from fasterapi.testclient import TestClient

THREADS = 8


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the path of each route when it is compiled."""
    paths: list[str] = []
    compile_plan = table.compile_plan

    def recording(route: Any, original: Any, **options: Any) -> Any:
        paths.append(route.path)
        return compile_plan(route, original, **options)

    monkeypatch.setattr(table, "compile_plan", recording)
    return paths


def make_app() -> FasterAPI:
    app = FasterAPI(openapi_url=None)
    router = APIRouter(prefix="/inner")

    @app.get("/one/{number}")
    async def one(number: int) -> int:
        return number

    @app.get("/two")
    async def two() -> str:
        return "two"

    @router.get("/three")
    async def three() -> str:
        return "three"

    app.include_router(router, prefix="/outer")
    return app


def test_a_route_is_compiled_once_when_its_first_request_comes(compiled: list[str]) -> None:
    with TestClient(make_app()) as client:
        assert compiled == []
        assert [client.get("/one/5").json() for _ in range(3)] == [5, 5, 5]
        assert compiled == ["/one/{number}"]
        assert client.get("/outer/inner/three").json() == "three"
        assert compiled == ["/one/{number}", "/outer/inner/three"]


def test_first_requests_of_many_threads_get_one_plan(compiled: list[str]) -> None:
    app = make_app()
    with TestClient(app) as client:
        client.get("/two")
        together = Barrier(THREADS)

        def ask(number: int) -> Any:
            together.wait()
            # Each client runs an event loop of its own.
            return TestClient(app).get(f"/one/{number}").json()

        with ThreadPoolExecutor(THREADS) as pool:
            assert list(pool.map(ask, range(THREADS))) == list(range(THREADS))
    assert sorted(compiled) == ["/one/{number}", "/two"]


def test_many_threads_may_send_the_very_first_request(compiled: list[str]) -> None:
    app = make_app()
    together = Barrier(THREADS)

    def ask(number: int) -> Any:
        together.wait()
        return TestClient(app).get(f"/one/{number}").json()

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(ask, range(THREADS))) == list(range(THREADS))
    assert "/one/{number}" in compiled


def test_a_refused_method_names_those_of_a_route_nobody_has_asked_for(compiled: list[str]) -> None:
    answer = TestClient(make_app()).put("/two")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.json() == {"detail": "Method Not Allowed"}
    assert TestClient(make_app()).get("/nothing").json() == {"detail": "Not Found"}


def test_routes_that_come_between_requests_are_found(compiled: list[str]) -> None:
    app = make_app()
    client = TestClient(app)
    assert client.get("/two").json() == "two"

    @app.get("/four")
    async def four() -> str:
        return "four"

    assert client.get("/four").json() == "four"
    assert client.get("/two").json() == "two"
    assert compiled == ["/two", "/four", "/two"]


def test_a_function_replaced_before_the_first_request_is_called(
    compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    with TestClient(app) as client:
        assert client.get("/two").json() == "two"
        run = routing.run_endpoint_function
        called = []

        async def running(**given: Any) -> Any:
            called.append(given["dependant"].call.__name__)
            return await run(**given)

        monkeypatch.setattr(routing, "run_endpoint_function", running)
        assert client.get("/one/1").json() == 1
        assert client.get("/two").json() == "two"
        assert called == ["one", "two"]


# Pydantic's, about the alias of every parameter whose type was not complete when it was declared.
@pytest.mark.filterwarnings("ignore:The 'alias' attribute")
def test_a_model_may_be_completed_after_the_start() -> None:
    class Node(BaseModel):
        value: "Later"

    app = FasterAPI(openapi_url=None)

    @app.post("/node")
    async def node(item: Node) -> Any:
        return item.value.name

    with TestClient(app) as client:

        class Later(BaseModel):
            name: str

        Node.model_rebuild(_types_namespace={"Later": Later})
        assert client.post("/node", json={"value": {"name": "x"}}).json() == "x"
        assert [row.reason for row in app.plan_report()] == [""]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every compilation fail in a way nobody has foreseen."""

    def fail(_route: Any, _original: Any, **_options: Any) -> Any:
        raise LookupError("no such thing")

    monkeypatch.setattr(table, "compile_plan", fail)


@pytest.mark.usefixtures("broken")
def test_a_fault_of_the_compiler_shows_in_the_log_and_not_in_the_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app()
    with caplog.at_level(logging.ERROR), TestClient(app) as client:
        assert [client.get("/one/7").json() for _ in range(3)] == [7, 7, 7]
        assert client.get("/one/x").status_code == 422
        assert client.put("/two").headers["allow"] == "GET"
    said = [record.getMessage() for record in caplog.records]
    assert said.count("route not compiled, please report path='/one/{number}'") == 1
    assert {row.reason for row in app.plan_report()} == {
        "the compiler failed: LookupError('no such thing')"
    }
