"""Plain functions of one request: one trip to a thread, and all else as with a trip for each."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel
from starlette.testclient import TestClient

from fasterapi import Depends, FastAPI, HTTPException, Query
from fasterapi._speedups.handoff import running_calls

value: ContextVar[int] = ContextVar("value", default=0)
Seen = list[tuple[str, int, int]]


def program(log: Seen) -> FastAPI:
    """Return an app whose functions note name, thread and the context variable."""
    app = FastAPI()

    def note(name: str) -> str:
        log.append((name, threading.get_ident(), value.get()))
        return name

    def first(q: int = 1) -> int:
        value.set(value.get() + 5)
        note("first")
        return q

    def second(one: Annotated[int, Depends(first)], z: int = 2) -> int:
        note("second")
        return one * z

    async def between() -> str:
        value.set(value.get() + 70)
        return note("between")

    def failing() -> None:
        note("failing")
        raise HTTPException(418)

    First, Second = Annotated[int, Depends(first)], Annotated[int, Depends(second)]

    @app.get("/plain")
    def plain(one: First, two: Second, n: int = 0) -> dict[str, int]:
        note("endpoint")
        return {"one": one, "two": two, "n": n}

    @app.get("/mixed")
    def mixed(one: First, name: Annotated[str, Depends(between)], two: Second) -> list[Any]:
        note("endpoint")
        return [one, name, two]

    @app.get("/awaited")
    async def awaited(one: First, two: Second) -> list[int]:
        note("endpoint")
        return [one, two]

    @app.get("/uncached")
    def uncached(a: First, b: Annotated[int, Depends(first, use_cache=False)]) -> list[int]:
        return [a, b]

    @app.get("/failing", dependencies=[Depends(first), Depends(failing), Depends(second)])
    def fails() -> None:
        note("endpoint")

    return app


def ask(path: str) -> tuple[Any, Seen]:
    log: Seen = []
    with TestClient(program(log)) as client:
        response = client.get(path)
    return response.json(), log


def names(log: Seen) -> list[str]:
    return [name for name, _, _ in log]


def test_dependencies_and_endpoint_share_one_thread() -> None:
    answer, log = ask("/plain?q=3&z=4&n=5")
    assert answer == {"one": 3, "two": 12, "n": 5}
    assert names(log) == ["first", "second", "endpoint"]
    assert len({thread for _, thread, _ in log}) == 1


def test_context_of_one_is_not_seen_by_the_next() -> None:
    _, log = ask("/plain")
    assert [seen for _, _, seen in log] == [5, 0, 0]


def test_context_of_a_coroutine_is_seen_by_those_after_it() -> None:
    answer, log = ask("/mixed")
    assert answer == [1, "between", 2]
    assert [(name, seen) for name, _, seen in log] == [
        *(("first", 5), ("between", 70)),
        *(("second", 70), ("endpoint", 70)),
    ]


def test_coroutine_endpoint_runs_in_the_loop() -> None:
    answer, log = ask("/awaited")
    assert answer == [1, 2]
    threads = [thread for _, thread, _ in log]
    assert threads[0] == threads[1] != threads[2]


def test_dependency_without_cache_is_called_again() -> None:
    answer, log = ask("/uncached?q=8")
    assert (answer, names(log)) == ([8, 8], ["first", "first"])


def test_nothing_is_called_after_an_exception() -> None:
    answer, log = ask("/failing")
    assert (answer, names(log)) == ({"detail": "I'm a Teapot"}, ["first", "failing"])


@pytest.mark.parametrize(
    ("path", "places", "called"),
    [
        ("/plain?z=x", ["z"], ["first"]),
        ("/plain?n=x", ["n"], ["first", "second"]),
        ("/plain?z=x&n=x", ["z", "n"], ["first"]),
        ("/plain?q=x&n=x", ["q", "q", "n"], []),
        ("/mixed?z=x", ["z"], ["first", "between"]),
    ],
)
def test_errors_come_in_the_order_of_the_tree(
    path: str, places: list[str], called: list[str]
) -> None:
    answer, log = ask(path)
    assert [error["loc"][1] for error in answer["detail"]] == places
    assert names(log) == called


def test_model_of_the_answer_is_checked_in_the_thread() -> None:
    threads = []

    def check(given: int) -> int:
        threads.append(threading.get_ident())
        return given

    class Answer(BaseModel):
        number: Annotated[int, AfterValidator(check)]

    app = FastAPI()

    @app.get("/", response_model=Answer)
    def endpoint() -> Any:
        threads.append(threading.get_ident())
        return {"number": "5"}

    with TestClient(app) as client:
        assert client.get("/").json() == {"number": 5}
    assert len(threads) == 2
    assert threads[0] == threads[1]


def test_body_of_a_plain_function() -> None:
    class Item(BaseModel):
        name: str

    app = FastAPI()

    @app.post("/")
    def endpoint(
        item: Item, one: Annotated[int, Depends(lambda: 1)], q: Annotated[int, Query()] = 2
    ) -> Any:
        return [item.name, one, q]

    with TestClient(app) as client:
        assert client.post("/?q=7", json={"name": "a"}).json() == ["a", 1, 7]
        places = [error["loc"] for error in client.post("/?q=x", json={}).json()["detail"]]
    assert places == [["query", "q"], ["body", "name"]]


def test_request_that_is_cancelled_begins_no_further_function() -> None:
    event, log = threading.Event(), []

    def slow() -> None:
        event.wait()
        log.append("slow")

    app = FastAPI()

    @app.get("/", dependencies=[Depends(slow)])
    def endpoint() -> None:
        log.append("endpoint")

    async def main() -> None:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
        task = asyncio.ensure_future(app(scope, None, None))  # type: ignore[arg-type]
        while not running_calls():
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        event.set()
        while running_calls():
            await asyncio.sleep(0.001)

    asyncio.run(main())
    assert log == ["slow"]


def test_threads_serve_trio_too() -> None:
    pytest.importorskip("trio")
    log: Seen = []
    with TestClient(program(log), backend="trio") as client:
        assert client.get("/plain?q=3&z=4").json() == {"one": 3, "two": 12, "n": 0}
    assert [seen for _, _, seen in log] == [5, 0, 0]


@pytest.mark.parametrize("kind", [ValueError, StopIteration, SystemExit])
def test_exceptions_of_a_thread_reach_the_request(kind: type[BaseException]) -> None:
    app = FastAPI()

    @app.get("/")
    def endpoint() -> None:
        raise kind(3)

    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/").status_code == 500
