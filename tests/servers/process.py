"""A server as a real process: started on a free port, waited for, stopped by SIGTERM."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

START_S, STOP_S, POLL_S = 60.0, 30.0, 0.05


@dataclass
class Running:
    """A server that answers, and the file its output goes to."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def output_once(self, text: str, count: int = 1) -> str:
        """Return the output as soon as *text* is in it *count* times: logs follow answers."""
        deadline = time.monotonic() + STOP_S
        # Lines are as long as the terminal is wide.
        while " ".join(self.output().split()).count(text) < count:
            assert time.monotonic() < deadline, f"no {text!r} in\n{self.output()}"
            time.sleep(POLL_S)
        return self.output()

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def terminate(self) -> int:
        """Send SIGTERM as a process manager does and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)


def answers(server: Running, path: str) -> bool:
    connection = server.connection()
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (ConnectionError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_until_it_answers(server: Running, path: str) -> None:
    deadline = time.monotonic() + START_S
    while not answers(server, path):
        if server.process.poll() is not None:
            raise AssertionError(f"exit {server.process.returncode}\n{server.output()}")
        if time.monotonic() > deadline:
            raise AssertionError(f"no answer after {START_S} s\n{server.output()}")
        time.sleep(POLL_S)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the server and its workers, which share the process group that it leads."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_S)


@contextmanager
def serving(
    command: Sequence[str],
    port: int,
    log: Path,
    *,
    cwd: Path,
    ready: str = "/json",
    python: str = sys.executable,
    env: dict[str, str] | None = None,
) -> Iterator[Running]:
    """Run ``python -m command`` and yield it once *ready* answers 200."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [python, "-m", *command],
            cwd=cwd,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Running(process, port, log)
    try:
        wait_until_it_answers(server, ready)
        yield server
    finally:
        end_group(process)
