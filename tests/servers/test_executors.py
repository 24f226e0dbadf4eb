"""Functions outside of the loop behind a real server: workers that die, handlers that never end."""

import json
import signal
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.servers.process import Running, serving

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(180)]

KINDS = ("process", "interpreter") if sys.version_info >= (3, 13) else ("process",)
WORK = """
import os, sys, time

def where(n: int) -> dict[str, int]:
    return {"n": n, "process": os.getpid()}

def wait(n: float) -> float:
    time.sleep(n)
    return n

def die_of_process() -> None:
    os._exit(3)

def die_of_interpreter() -> None:
    # What the end of the interpreter's own program looks like from outside.
    sys._getframe(2).f_globals["answers"].close()
"""
APP = f"""
import threading
from fasterapi import FastAPI
from fasterapi.executors import ExecutorConfig
import work

app = FastAPI(executor_config=ExecutorConfig(workers=2, use_subinterpreters={len(KINDS) == 2}))
for kind in {KINDS}:
    for function in (work.where, work.wait):
        app.get(f"/{{kind}}/{{function.__name__}}", executor=kind)(function)
    app.get(f"/{{kind}}/die", executor=kind)(getattr(work, f"die_of_{{kind}}"))

@app.get("/json")
async def ready() -> dict[str, str]:
    return {{}}

@app.get("/never")
def never_returns() -> None:
    print("never begins", flush=True)
    threading.Event().wait()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "work.py").write_text(WORK)
    (tmp_path / "program.py").write_text(APP)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["fasterapi", "run", "program.py", "--port", str(port)]
    command += ["--timeout-graceful-shutdown", "1"]
    env = {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with serving(command, port, tmp_path / "log", cwd=tmp_path, env=env) as running:
        yield running


def get(server: Running, path: str) -> tuple[int, Any]:
    connection = server.connection()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read()
        is_json = answer.getheader("content-type") == "application/json"
        return answer.status, json.loads(text) if is_json else text
    finally:
        connection.close()


@pytest.mark.parametrize("kind", KINDS)
def test_worker_that_dies_costs_its_own_request_and_no_other(server: Running, kind: str) -> None:
    status, answer = get(server, f"/{kind}/where?n=1")
    assert (status, answer["n"]) == (200, 1)
    assert (answer["process"] == server.process.pid) is (kind == "interpreter")
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(get, server, f"/{kind}/wait?n=1")
        for _ in range(3):
            assert get(server, f"/{kind}/die")[0] == 500
        assert other.result() == (200, 1.0)
    assert [get(server, f"/{kind}/where?n={n}")[1]["n"] for n in range(4)] == [0, 1, 2, 3]
    assert get(server, f"/{kind}/where?n=x")[0] == 422


def test_stop_names_a_handler_that_never_returns(server: Running) -> None:
    with closing(server.connection()) as connection:
        connection.request("GET", "/never")
        until_it_runs(server)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(60)
        assert connection.getresponse().status == 503
    output = server.output()
    assert "request cancelled after 1 s of shutting down: GET '/never'" in output
    assert "in a thread, the process ends without it: never_returns" in output


def until_it_runs(server: Running) -> None:
    deadline = time.monotonic() + 30
    while "never begins" not in server.output():
        assert time.monotonic() < deadline
        time.sleep(0.05)
