"""``app.tasks``: what becomes of work that is queued in this process."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from anyio import from_thread
from starlette.testclient import TestClient

from fasterapi import FastAPI
from fasterapi.exceptions import UsageError
from fasterapi.tasks import TaskConfig, TaskQueueFull

pytestmark = pytest.mark.timeout(60)


class Failing:
    """Fails so many times, then succeeds."""

    __qualname__ = "Failing"

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, word: str) -> str:
        self.left -= 1
        if self.left >= 0:
            raise LookupError(word)
        return word


def test_work_of_both_kinds_of_handlers_is_done() -> None:
    app, done = FastAPI(), []

    def plain(word: str, *, at: str) -> None:
        done.append((word, at, threading.current_thread() is threading.main_thread()))

    async def awaited(word: str) -> None:
        done.append((word, "loop", asyncio.get_running_loop() is not None))

    @app.get("/sync")
    def sync() -> str:
        app.tasks.add(plain, "one", at="thread")
        return app.tasks.add(awaited, "two").name.rpartition(".")[2]

    @app.get("/async")
    async def coroutine() -> str:
        await app.tasks.put(plain, "three", at="thread")
        return app.tasks.add(awaited, "four").name.rpartition(".")[2]

    with TestClient(app) as client:
        assert client.get("/sync").json() == client.get("/async").json() == "awaited"
    assert sorted(done) == [
        ("four", "loop", True),
        ("one", "thread", False),
        ("three", "thread", False),
        ("two", "loop", True),
    ]


def test_context_is_that_of_the_request() -> None:
    app, seen = FastAPI(), []
    user: ContextVar[str] = ContextVar("user", default="nobody")

    @app.get("/{name}")
    async def handler(name: str) -> None:
        user.set(name)
        app.tasks.add(lambda: seen.append(user.get()))

    with TestClient(app) as client:
        for name in "ab":
            client.get(f"/{name}")
    assert sorted(seen) == ["a", "b"]


def test_tasks_are_done_before_the_apps_own_end() -> None:
    order: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        order.append("closed")

    app = FastAPI(lifespan=lifespan)
    gate = threading.Event()

    @app.get("/")
    def handler() -> None:
        app.tasks.add(lambda: gate.wait(30) and order.append("first"))
        app.tasks.add(order.append, "second")

    with TestClient(app) as client:
        client.get("/")
        gate.set()
    assert sorted(order[:2]) == ["first", "second"]
    assert order[2:] == ["closed"]


@pytest.mark.anyio
async def test_failed_task_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    queue = FastAPI(task_config=TaskConfig(retries=2, backoff_s=0.001)).tasks
    saved, lost = queue.add(Failing(2), "saved"), queue.add(Failing(3), "lost")
    await queue.join()
    assert (saved.state, saved.attempts, saved.result) == ("done", 3, "saved")
    assert (lost.state, lost.attempts, repr(lost.error)) == ("failed", 3, "LookupError('lost')")
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "args=('lost',) kwargs={} attempt=3 of 3" in errors[0].getMessage()


@pytest.mark.anyio
async def test_options_of_a_task_win() -> None:
    queue = FastAPI().tasks
    task = queue.with_options(retries=1, backoff_s=0).add(Failing(1), "x")
    await queue.join()
    assert (task.state, task.attempts) == ("done", 2)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
@pytest.mark.anyio
async def test_no_exception_ends_the_process(error: type[BaseException]) -> None:
    queue = FastAPI(task_config={"retries": 3}).tasks

    async def end() -> None:
        raise error

    task = queue.add(end)
    await queue.join()
    assert (task.state, task.attempts) == ("failed", 1)


@pytest.mark.anyio
async def test_no_more_than_the_workers_run_at_once() -> None:
    queue = FastAPI(task_config={"workers": 3}).tasks
    running, most = 0, 0

    async def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    for _ in range(20):
        queue.add(work)
    await queue.join()
    assert most == 3


@pytest.mark.anyio
async def test_full_queue_refuses_or_lets_wait() -> None:
    queue = FastAPI(task_config={"workers": 1, "max_queued": 2}).tasks
    gate = asyncio.Event()
    tasks = [queue.add(gate.wait) for _ in range(3)]
    with pytest.raises(TaskQueueFull):
        queue.add(gate.wait)
    waiting = asyncio.ensure_future(queue.put(gate.wait))
    await asyncio.sleep(0)
    assert not waiting.done()
    gate.set()
    tasks.append(await waiting)
    await queue.join()
    assert [task.state for task in tasks] == ["done"] * 4


def test_full_queue_is_a_503_of_the_handler() -> None:
    app = FastAPI(task_config={"workers": 1, "max_queued": 1, "drain_s": 30})
    gate = threading.Event()

    @app.get("/")
    def handler() -> None:
        app.tasks.add(gate.wait, 30)

    with TestClient(app) as client:
        answers = [client.get("/") for _ in range(3)]
        gate.set()
    assert [answer.status_code for answer in answers] == [200, 200, 503]
    assert answers[2].headers["retry-after"] == "1"


def test_what_is_not_done_in_time_is_named(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI(task_config={"workers": 1, "drain_s": 0.01, "retries": 9, "backoff_s": 60})
    tasks: list[Any] = []

    async def endless(number: int, *, of: str) -> None:
        await asyncio.Event().wait()

    @app.get("/")
    async def handler() -> None:
        failing = app.tasks.add(Failing(9), "again")
        while failing.state != "delayed":
            await asyncio.sleep(0)
        tasks.extend([failing, *(app.tasks.add(endless, n, of="two") for n in (1, 2))])

    with TestClient(app) as client:
        client.get("/")
    lines = [r.getMessage() for r in caplog.records if "was not done" in r.getMessage()]
    assert len(lines) == 3
    assert "args=(1,) kwargs={'of': 'two'} state=running attempts=1" in lines[0]
    assert "args=('again',) kwargs={} state=delayed attempts=1" in lines[1]
    assert "args=(2,) kwargs={'of': 'two'} state=queued attempts=0" in lines[2]
    assert [task.state for task in tasks] == ["lost"] * 3


def test_app_that_has_ended_takes_tasks_again_when_it_starts() -> None:
    app, done = FastAPI(), []

    @app.get("/")
    def handler() -> None:
        app.tasks.add(done.append, 1)

    for _ in range(2):
        with TestClient(app) as client:
            client.get("/")
        with pytest.raises(UsageError, match="tasks are added by handlers"):
            app.tasks.add(done.append, 2)
    assert done == [1, 1]


@pytest.mark.anyio
async def test_other_threads_and_worker_threads_add_too() -> None:
    queue, done = FastAPI().tasks, []
    queue.add(done.append, 1)
    thread = threading.Thread(target=queue.add, args=(done.append, 2))
    thread.start()
    thread.join()
    await queue.join()
    await asyncio.to_thread(lambda: None)
    queue.add(lambda: from_thread.run(queue.put, done.append, 3))
    await queue.join()
    assert done == [1, 2, 3]


def generator() -> Iterator[int]:
    yield 1


def test_generator_is_no_task() -> None:
    with pytest.raises(UsageError, match=r"got 'tests\.unit\.test_tasks\.generator'"):
        FastAPI().tasks.add(generator)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"workers": 0}, "workers must be 1 or more, got 0"),
        ({"retries": -1}, "retries must be 0 or more, got -1"),
        ({"drain_s": -1}, "drain_s must be 0 or more, got -1"),
        ({"drain": 1}, "unknown key 'drain' in task_config"),
        (5, "task_config must be a TaskConfig, got 5"),
    ],
)
def test_configuration_is_checked_at_start(settings: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        FastAPI(task_config=settings)
