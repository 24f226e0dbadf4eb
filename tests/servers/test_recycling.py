"""Workers that are replaced after so many requests, or when they have grown: one at a time."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.http.door import Door, wait_until

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, abstract sockets"),
]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90.0
PROGRAM = """
import asyncio, os
from contextlib import asynccontextmanager
from fasterapi import FasterAPI

@asynccontextmanager
async def lifespan(app):
    yield
    print("leaving", flush=True)
    await asyncio.sleep(0.2)  # long enough for another one to leave too, if it might
    print("left", flush=True)

app = FasterAPI(lifespan=lifespan)
kept = []

@app.get("/")
async def read():
    return os.getpid()

@app.get("/grow")
async def grow():
    kept.append(b"x" * 40_000_000)
    return os.getpid()
"""


@contextmanager
def running(folder, port, *options):
    """Run two workers; yield the door to them."""
    (folder / "program.py").write_text(PROGRAM)
    address = ("--host", "127.0.0.1", "--port", str(port), "--no-access-log")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*(sys.executable, "-m", "fasterapi", "run", "program.py", "--workers", "2"),
             *address, *options],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        door = Door(None, port)
        wait_until(lambda: is_there(port), PATIENCE_S)
        yield door
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()


def is_there(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def ask_until(door, path, count, limit):
    """Ask until *count* processes have answered; return the statuses that came."""
    pids, statuses = set(), []
    deadline = time.monotonic() + PATIENCE_S
    while len(pids) < count:
        status, body = door.get(path)
        statuses.append(status)
        pids.add(body)
        assert time.monotonic() < deadline, (pids, statuses[-5:])
        assert len(statuses) < limit
    return statuses


def check_one_at_a_time(folder):
    """Of the workers that were replaced, none began to leave before another had left."""
    log = (folder / "log").read_text()
    until_stop = log.partition("Received SIGTERM")[0]
    marks = re.findall(r"^(leaving|left)$", until_stop, re.MULTILINE)
    assert len(marks) >= 4
    assert marks == ["leaving", "left"] * (len(marks) // 2) + ["leaving"] * (len(marks) % 2)


def test_workers_are_replaced_after_so_many_requests(tmp_path, free_ports):
    """And no request is lost by that."""
    statuses = []
    with running(tmp_path, next(free_ports), "--limit-max-requests", "40") as door:

        def ask():
            statuses.extend(ask_until(door, "/", 5, 20_000))

        clients = [threading.Thread(target=ask) for _ in range(3)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert set(statuses) == {200}
    check_one_at_a_time(tmp_path)


def test_workers_that_have_grown_are_replaced(tmp_path, free_ports):
    with running(tmp_path, next(free_ports), "--limit-rss-mib", "200") as door:
        assert set(ask_until(door, "/grow", 4, 500)) == {200}
    assert "Memory limit of 200 MiB exceeded" in (tmp_path / "log").read_text()
    check_one_at_a_time(tmp_path)
