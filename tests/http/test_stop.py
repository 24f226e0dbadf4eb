"""SIGTERM: what is running ends within the limit, is named in the log, and the status is 0."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.http.door import read_all, status_of

pytestmark = [pytest.mark.servers, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import asyncio, time
from fasterapi import FasterAPI

app = FasterAPI()

@app.get("/")
async def root():
    return "ready"

@app.get("/slow")
async def slow():
    await asyncio.sleep(0.5)
    return "slow"

@app.get("/stuck")
async def stuck():
    await asyncio.Event().wait()

@app.get("/stubborn")
async def stubborn():
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass

@app.get("/thread")
def thread():
    time.sleep(1000)
"""


@contextmanager
def running(folder, *options):
    """Run the program on a free port; yield the process and the port."""
    (folder / "program.py").write_text(PROGRAM)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "fasterapi", "run", "program.py", "--host", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "--port", str(port), *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while status_of(ask(port, "/")) != 200:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process, port
    finally:
        process.kill()
        process.wait()


def ask(port, path):
    try:
        with send(port, path) as client:
            return read_all(client)
    except OSError:
        return b""


def send(port, path):
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    return client


@pytest.mark.parametrize(
    ("path", "status"), [("/slow", 200), ("/stuck", 503), ("/stubborn", 0), ("/thread", 503)]
)
def test_stop_ends_within_its_limit(tmp_path, path, status):
    options = ["--timeout-graceful-shutdown", "2"]
    with running(tmp_path, *options) as (process, port), send(port, path) as client:
        # Accepted and begun: a request behind it on another connection was answered.
        assert status_of(ask(port, "/")) == 200
        process.send_signal(signal.SIGTERM)
        log = process.communicate(timeout=60)[0]
        assert status_of(read_all(client)) == status
    assert process.returncode == 0
    assert (f"GET '{path}' {path[1:]}" in log) == (path != "/slow")


def test_second_signal_does_not_wait(tmp_path):
    options = ["--timeout-graceful-shutdown", "600"]
    with running(tmp_path, *options) as (process, port), send(port, "/stuck"):
        assert status_of(ask(port, "/")) == 200
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 30
        while ask(port, "/"):  # until it has stopped listening
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_workers_stop_as_well(tmp_path):
    options = ["--workers", "2", "--timeout-graceful-shutdown", "2"]
    with running(tmp_path, *options) as (process, port), send(port, "/stuck"):
        assert status_of(ask(port, "/")) == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
