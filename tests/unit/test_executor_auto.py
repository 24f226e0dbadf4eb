"""The executor ``"auto"``: a function moves to the loop, and back."""

import logging
import threading
from typing import Any

import pytest
from starlette.testclient import TestClient

from fasterapi import FastAPI
from fasterapi.cli.routes import describe_routes
from fasterapi.executors import auto


@pytest.fixture(autouse=True)
def few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "CALLS", 3)
    monkeypatch.setattr(auto, "SHORT_S", 60.0)
    # A busy machine makes threads wait for the GIL; what counts as waiting is tested below.
    monkeypatch.setattr(auto, "_waits", lambda: 0)


def program(app: FastAPI) -> TestClient:
    @app.get("/", executor="auto")
    def handler(number: int = 0) -> dict[str, Any]:
        return {"number": number, "thread": threading.current_thread().name}

    @app.get("/loop")
    async def loop() -> str:
        return threading.current_thread().name

    return TestClient(app)


def kind(app: FastAPI) -> str:
    return next(row.kind for row in describe_routes(app) if row.path == "/")


def test_short_function_moves_to_the_loop_and_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fasterapi.executors")
    app = FastAPI()
    with program(app) as client:
        loop = client.get("/loop").json()

        def is_inline() -> bool:
            return client.get("/?number=5").json()["thread"] == loop

        monkeypatch.setattr(auto, "LONG_S", 60.0)
        assert kind(app) == "sync, auto: thread now"
        assert [is_inline() for _ in range(5)] == [False, False, False, True, True]
        assert kind(app) == "sync, auto: inline now"
        monkeypatch.setattr(auto, "LONG_S", 0.0)
        assert [is_inline() for _ in range(5)] == [True, False, False, False, True]
        for _ in range(8):
            is_inline()
        # Sent back three times: it stays.
        assert [is_inline() for _ in range(5)] == [False] * 5
        assert client.get("/?number=x").status_code == 422
    words = [record.getMessage().partition("handler ")[2] for record in caplog.records]
    assert words[0] == "moves to the event loop"
    assert words[1].startswith("goes back to worker threads after a call of ")


def test_long_and_waiting_calls_keep_it_in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    with program(FastAPI()) as client:
        loop = client.get("/loop").json()
        monkeypatch.setattr(auto, "SHORT_S", 0.0)
        assert all(client.get("/").json()["thread"] != loop for _ in range(6))
    monkeypatch.setattr(auto, "SHORT_S", 60.0)
    waits = iter(range(1000))
    monkeypatch.setattr(auto, "_waits", lambda: next(waits))
    with program(FastAPI()) as client:
        loop = client.get("/loop").json()
        assert all(client.get("/").json()["thread"] != loop for _ in range(6))


@pytest.mark.skipif(auto.getrusage is None, reason="nobody counts waits here")
def test_wait_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    before = auto._waits()
    threading.Event().wait(0.001)
    assert auto._waits() > before


def test_exception_is_the_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "LONG_S", 60.0)
    app = FastAPI()

    @app.get("/", executor="auto")
    def handler() -> None:
        raise LookupError(threading.current_thread().name)

    names = []
    with TestClient(app) as client:
        for _ in range(5):
            with pytest.raises(LookupError) as caught:
                client.get("/")
            names.append(caught.value.args[0])
    assert names[3] == names[4] != names[0]
