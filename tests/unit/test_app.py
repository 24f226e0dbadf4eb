"""`App`: its settings, compression, threads, and what `run` passes on."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.middleware import Middleware

import fasterapi.server
from fasterapi import App, FasterAPI
from fasterapi.app import ExecutorConfig
from fasterapi.exceptions import UsageError
from fasterapi.middleware.compression import CompressionMiddleware
from fasterapi.testclient import TestClient


def test_is_the_drop_in_class_and_takes_its_options() -> None:
    app = App(title="Shop", docs_url=None, port=8000)
    assert isinstance(app, FasterAPI)
    assert app.openapi()["info"]["title"] == "Shop"
    assert TestClient(app).get("/docs").status_code == 404
    with pytest.raises(TypeError, match="no_such_option"):
        App(no_such_option=1)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    def run_app(app: Any, settings: Any, argv: Any = None, **options: Any) -> None:
        calls.append((app, dict(settings), argv, options))

    monkeypatch.setattr(fasterapi.server, "run_app", run_app)
    return calls


def test_run_passes_settings_and_options(served: list[Any]) -> None:
    app = App(host="0.0.0.0", port=8001, workers=2)
    app.run(port=8002, reload=True, log_level="debug")
    settings = {"host": "0.0.0.0", "port": 8001, "workers": 2, "reload": None}
    options = {"port": 8002, "reload": True, "log_level": "debug"}
    assert served == [(app, settings, None, options)]


def test_run_may_be_told_the_command_line(served: list[Any]) -> None:
    App().run(argv=())
    assert served[0][2] == ()


@pytest.mark.parametrize("options", [{"port": 65536}, {"workers": 0}, {"no_such": 1}])
def test_wrong_options_are_refused_before_anything_starts(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        App().run(argv=(), **options)


@pytest.mark.parametrize("is_on", [True, False])
def test_compression(is_on: bool) -> None:
    app = App(enable_compression=is_on)

    @app.get("/{size}")
    def text(size: int):
        return "x" * size

    client = TestClient(app, headers={"accept-encoding": "gzip"})
    long, short = client.get("/5000"), client.get("/10")
    assert (long.text, short.text) == ("x" * 5000, "x" * 10)
    assert long.headers.get("content-encoding") == ("gzip" if is_on else None)
    assert "content-encoding" not in short.headers


def test_compression_stays_outermost() -> None:
    app = App(enable_compression=True, middleware=[Middleware(_Passing)])
    app.add_middleware(_Passing)

    @app.middleware("http")
    async def look(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-seen"] = response.headers.get("content-encoding", "plain")
        return response

    @app.get("/")
    def text():
        return "x" * 5000

    assert app.user_middleware[0].cls is CompressionMiddleware
    assert sum(entry.cls is CompressionMiddleware for entry in app.user_middleware) == 1
    answer = TestClient(app, headers={"accept-encoding": "gzip"}).get("/")
    assert (answer.headers["content-encoding"], answer.headers["x-seen"]) == ("gzip", "plain")


class _Passing:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def test_executor_config_is_kept() -> None:
    assert App().executor_config == ExecutorConfig()
    config = ExecutorConfig(max_threads=3)
    assert App(executor_config=config).executor_config is config
    assert App(executor_config={"max_threads": 3}).executor_config == config


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"max_threads": 0}, "max_threads must be 1 or more, got 0"),
        ({"max_threads": True}, "max_threads must be 1 or more"),
        ({"max_threads": "4"}, "max_threads must be 1 or more"),
        ({"max_thread": 4}, "unknown key 'max_thread'"),
        (4, "must be an ExecutorConfig, got 4"),
    ],
)
def test_executor_config_is_checked(config: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        App(executor_config=config)


def test_threads_are_limited_beside_a_lifespan() -> None:
    events: list[str] = []

    @asynccontextmanager
    async def lifespan(app: App) -> AsyncIterator[dict[str, int]]:
        events.append("start")
        yield {"given": 1}
        events.append("stop")

    app = App(executor_config=ExecutorConfig(max_threads=1), lifespan=lifespan)
    lock = threading.Lock()
    overlaps: list[bool] = []

    @app.get("/")
    def handler(req):
        overlaps.append(not lock.acquire(blocking=False))
        seen = req.state.given
        lock.release()
        return seen

    with TestClient(app) as client:
        senders = [threading.Thread(target=client.get, args=("/",)) for _ in range(8)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert client.get("/").json() == 1
    assert events == ["start", "stop"]
    assert overlaps == [False] * 9


def test_settings_of_two_apps_are_apart() -> None:
    first, second = App(port=1), App()
    assert first.server_settings["port"] == 1
    assert second.server_settings["port"] is None
