"""Celery and taskiq on a real Redis: the programs of docs/guide/tasks.md, as they stand there.

A job is queued while no worker runs, the application ends, and a worker that is started
afterwards does it: so it has survived the process.
"""

import importlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.ecosystem.support import COMPILED, reasons

PAGE = Path(__file__).parents[3] / "docs" / "guide" / "tasks.md"
PROGRAM = re.compile(r"^```py\n# (\w+\.py)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WORKERS = {
    "celery": ["celery", "-A", "celery_work", "worker", "--pool", "solo", "--loglevel", "WARNING"],
    "taskiq": ["taskiq", "worker", "taskiq_work:broker", "--workers", "1"],
}
PATIENCE_S = 60.0

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="redis-server is not installed"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE_S)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Any, what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


@pytest.fixture
def redis_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(
        [*command, "--appendonly", "no", "--dir", tmp_path],
        stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        until(lambda: accepts(port), "Redis does not answer")
        url = f"redis://127.0.0.1:{port}/0"
        monkeypatch.setenv("REDIS_URL", url)
        yield url
    finally:
        end(process)


@pytest.mark.parametrize("engine", WORKERS)
def test_job_outlives_the_application(
    engine: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in PROGRAM.findall(PAGE.read_text("utf-8")):
        # The reference is tested with the same programs.
        (tmp_path / name).write_text(text.replace("from fasterapi", "from fastapi"))
    monkeypatch.syspath_prepend(tmp_path)
    app = importlib.import_module(f"{engine}_app").app
    with TestClient(app) as client:
        answer = client.post("/jobs?a=1&b=2")
        assert answer.status_code == 202
        job = f"/jobs/{answer.json()['id']}"
        assert client.get(job).json() == {"is_done": False, "result": None}
        assert reasons(app)["/jobs"] == COMPILED
    program = Path(sys.executable).with_name(WORKERS[engine][0])
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [program, *WORKERS[engine][1:]],
            cwd=tmp_path, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
        )  # fmt: skip
    try:
        with TestClient(app) as client:
            done = until(
                lambda: (found := client.get(job).json())["is_done"] and found,
                f"not done\n{(tmp_path / 'worker.log').read_text()}",
            )
    finally:
        end(worker)
    assert done == {"is_done": True, "result": 3}
