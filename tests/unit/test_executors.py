"""The option ``executor`` of routes, and what happens to calls outside of this interpreter."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from fasterapi import APIRouter, App, FastAPI
from fasterapi.cli.routes import describe_routes
from fasterapi.exceptions import UsageError
from fasterapi.executors import ExecutorConfig, RemoteError, WorkerDied, config, executors_of
from tests.unit import executor_work as work

HAS_INTERPRETERS = sys.version_info >= (3, 13)
needs_interpreters = pytest.mark.skipif(not HAS_INTERPRETERS, reason="Python is too old")
KINDS = ["process", pytest.param("interpreter", marks=needs_interpreters)]

pytestmark = pytest.mark.timeout(120)


def program(kind: str, **settings: Any) -> App:
    app = App(executor_config=ExecutorConfig(workers=2, **settings))
    for function in (work.add, work.spin, work.fail, work.leave, work.die, work.hang):
        app.get(f"/{function.__name__}", executor=kind)(function)
    app.get("/give_object", executor=kind, response_model=None)(work.give_object)
    app.get("/given")(lambda: "from a thread")
    return app


@pytest.fixture(params=KINDS)
def client(request: pytest.FixtureRequest) -> Iterator[TestClient]:
    with TestClient(program(request.param)) as client:
        client.kind = request.param  # type: ignore[attr-defined]
        yield client


def test_call_outside_has_arguments_and_result(client: TestClient) -> None:
    answer = client.get("/add?a=3").json()
    assert answer["sum"] == 5
    assert (answer["process"] == os.getpid()) is (client.kind == "interpreter")  # type: ignore[attr-defined]


def test_arguments_are_validated_here(client: TestClient) -> None:
    assert client.get("/add?a=x").status_code == 422


def test_exception_is_raised_again(client: TestClient) -> None:
    with pytest.raises(LookupError) as caught:
        client.get("/fail?a=4")
    assert caught.value.args == ("nothing here", 4)


def test_exit_of_a_function_ends_neither_worker_nor_server(client: TestClient) -> None:
    with pytest.raises((RemoteError, SystemExit, RuntimeError)):
        client.get("/leave")
    assert client.get("/add?a=1").json()["sum"] == 3


def test_many_calls_at_once(client: TestClient) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda a: client.get(f"/add?a={a}").json()["sum"], range(40))
        assert list(answers) == [a + 2 for a in range(40)]


def test_process_that_dies_takes_only_its_own_call_with_it() -> None:
    with (
        TestClient(program("process"), raise_server_exceptions=False) as client,
        ThreadPoolExecutor(2) as threads,
    ):
        other = threads.submit(client.get, "/hang?a=1")
        assert client.get("/die").status_code == 500
        assert client.get("/add?a=1").json()["sum"] == 3
        assert other.result().status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_call_that_hangs_is_given_up_and_its_worker_replaced(kind: str) -> None:
    with TestClient(program(kind, timeout_s=2)) as client:
        client.get("/add?a=1")
        for _ in range(3):
            with pytest.raises(WorkerDied, match="did not return within 2 s"):
                client.get("/hang?a=4")
        assert client.get("/add?a=1").json()["sum"] == 3


@needs_interpreters
def test_value_that_is_not_plain_is_named() -> None:
    async def main(values: dict[str, Any]) -> None:
        place = (work.__name__, "add")
        try:
            await executors_of().pool("interpreter").run(place, values)
        finally:
            executors_of().end()

    with pytest.raises(UsageError, match=r"argument b\['x'\]\[1\] is datetime.date in 'add'"):
        asyncio.run(main({"a": 1, "b": {"x": [1, date(2020, 1, 1)]}}))
    with TestClient(program("interpreter")) as client, pytest.raises(UsageError) as caught:
        client.get("/give_object")
    assert "result is object in 'tests.unit.executor_work.give_object'" in str(caught.value)


@needs_interpreters
def test_module_that_cannot_be_loaded_there_is_named() -> None:
    async def main() -> None:
        try:
            await executors_of().pool("interpreter").run(("pydantic_core", "to_json"), {})
        finally:
            executors_of().end()

    with pytest.raises(UsageError, match=r"cannot import pydantic_core.to_json.*'process'"):
        asyncio.run(main())


def test_too_old_python_is_an_error_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "FIRST_PYTHON", (9, 0))
    with pytest.raises(UsageError, match="use executor='process' instead"):
        FastAPI().get("/", executor="interpreter")(work.add)
    with pytest.raises(UsageError, match="use_subinterpreters needs Python"):
        ExecutorConfig(use_subinterpreters=True)


def nested() -> Any:
    def inside() -> None: ...

    return inside


async def coroutine() -> None: ...


def generator() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("function", "executor", "words"),
    [
        (work.add, "gpu", "executor must be one of thread, inline, process, interpreter, auto"),
        (coroutine, "inline", "'coroutine' is a coroutine or generator"),
        (generator, "process", "'generator' is a coroutine or generator"),
        (nested(), "process", "top level of a module"),
        (lambda: 1, "process", "top level of a module"),
    ],
)
def test_wrong_use_is_an_error_at_start(function: Any, executor: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        FastAPI().get("/", executor=executor)(function)


def test_wrong_executor_of_a_router_is_an_error_at_start() -> None:
    with pytest.raises(UsageError, match="got 'gpu'"):
        APIRouter(executor="gpu")  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [FastAPI, App])
def test_inline_function_runs_in_the_loop(make: Any) -> None:
    app, loops = make(), []

    @app.get("/{number}", executor="inline")
    def endpoint(number: int) -> int:
        """Say the number."""
        loops.append(asyncio.get_running_loop())
        return number

    with TestClient(app) as client:
        assert client.get("/5").json() == 5
        operation = client.get("/openapi.json").json()["paths"]["/{number}"]["get"]
    assert len(loops) == 1
    assert endpoint.__name__ == "endpoint"
    assert operation["description"] == "Say the number."
    assert operation["parameters"][0]["schema"]["type"] == "integer"


def test_router_has_a_default_for_its_plain_functions() -> None:
    router = APIRouter(executor="inline")

    @router.get("/inline")
    def inline() -> str:
        return threading.current_thread().name

    @router.get("/thread", executor="thread")
    def thread() -> str:
        return threading.current_thread().name

    @router.get("/coroutine")
    async def awaited() -> str:
        return threading.current_thread().name

    app = FastAPI()
    app.include_router(router, prefix="/in")
    with TestClient(app) as client:
        loop_thread = client.get("/in/coroutine").json()
        assert client.get("/in/inline").json() == loop_thread
        assert client.get("/in/thread").json() != loop_thread


def test_list_of_routes_shows_the_executor() -> None:
    app = FastAPI()
    app.get("/inline", executor="inline")(work.thread_name)
    app.get("/process", executor="process")(work.thread_name)
    app.get("/thread")(work.thread_name)
    kinds = {row.path: row.kind for row in describe_routes(app)}
    assert kinds["/inline"] == "sync, inline"
    assert kinds["/process"] == "sync, process"
    assert kinds["/thread"] == "sync"


def test_bound_of_the_queue_answers_503() -> None:
    app = App(executor_config=ExecutorConfig(max_threads=1, max_queued=1))
    event = threading.Event()

    @app.get("/")
    def endpoint() -> str:
        event.wait(60)
        return "done"

    with TestClient(app) as client, ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(client.get, "/") for _ in range(4)]
        while sum(call.done() for call in calls) < 2:
            event.wait(0.005)
        event.set()
        statuses = sorted(call.result().status_code for call in calls)
    assert statuses == [200, 200, 503, 503]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_queued": -1}, "max_queued must be 0 or more, got -1"),
        ({"workers": 0}, "workers must be 1 or more, got 0"),
        ({"timeout_s": 0}, "timeout_s must be more than 0, got 0"),
    ],
)
def test_configuration_is_checked(settings: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ExecutorConfig(**settings)
