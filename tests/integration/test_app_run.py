"""``app.run()`` in a script of its own, asked over HTTP and stopped as process managers do."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="stops servers by POSIX signals"),
]

PATIENCE_S = 60.0
SCRIPT = """
import os
from fasterapi import App

app = App(host="127.0.0.1", port=1, enable_compression=True)

@app.post("/echo/{{name}}")
def echo(req, res):
    res.status(201).set_header("X-Pid", os.getpid())
    return {{"name": req.path_params["name"], "json": req.json, "long": "x" * 5000}}

@app.get("/")
async def home(req):
    return "one"

{run}
"""
GUARDED = 'if __name__ == "__main__":\n    app.run()'
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start ``python main.py`` with arguments; every process is gone at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "main.py", *arguments],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_S)


def fetch(
    process: subprocess.Popen[bytes],
    url: str,
    until: Callable[[bytes], bool] = lambda body: True,
    **request: object,
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the first answer that *until* accepts."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert process.poll() is None, f"the server has ended: {process.returncode}"
        assert time.monotonic() < deadline, f"{url} never answered as awaited"
        try:
            asked = urllib.request.Request(url, **request)  # type: ignore[arg-type]
            with urllib.request.urlopen(asked, timeout=10) as answer:
                body = answer.read()
                if until(body):
                    return answer.status, dict(answer.headers), body
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.02)  # between polls


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE_S)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.mark.parametrize("run", [GUARDED, "app.run()"], ids=["guarded", "unguarded"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_script_serves_and_stops(
    tmp_path: Path, start: Start, free_port: int, run: str, workers: str
) -> None:
    (tmp_path / "main.py").write_text(SCRIPT.format(run=run), "utf-8")
    process = start("--port", str(free_port), "--workers", workers)
    url = f"http://127.0.0.1:{free_port}"
    assert fetch(process, url)[2] == b"one"
    status, headers, body = fetch(
        process,
        f"{url}/echo/ana",
        data=b'{"a": [1]}',
        method="POST",
        headers={"content-type": "application/json", "accept-encoding": "identity"},
    )
    assert (status, json.loads(body)["json"]) == (201, {"a": [1]})
    assert (int(headers["x-pid"]) == process.pid) == (workers == "1")
    encoded = fetch(
        process,
        f"{url}/echo/ana",
        data=b"1",
        method="POST",
        headers={"accept-encoding": "gzip"},
    )[1]
    assert encoded["content-encoding"] == "gzip"
    assert stop(process) == 0, (tmp_path / "log").read_text("utf-8")
    assert is_free(free_port)
    assert "Traceback" not in (tmp_path / "log").read_text("utf-8")


@pytest.mark.parametrize("is_on", [True, False])
def test_reload(tmp_path: Path, start: Start, free_port: int, is_on: bool) -> None:
    script = tmp_path / "main.py"
    script.write_text(SCRIPT.format(run=GUARDED), "utf-8")
    process = start("--port", str(free_port), "--reload" if is_on else "--no-reload")
    url = f"http://127.0.0.1:{free_port}"
    assert fetch(process, url)[2] == b"one"
    changed = script.read_text("utf-8").replace('"one"', '"two"')
    if is_on:
        # The watcher may not have looked yet: the file is written until the change is seen.
        def is_new(body: bytes) -> bool:
            script.write_text(changed, "utf-8")
            os.utime(script, (time.time() + 5, time.time() + 5))
            return body == b"two"

        fetch(process, url, is_new)
    else:
        script.write_text(changed, "utf-8")
        assert fetch(process, url)[2] == b"one"
    assert stop(process) == 0, (tmp_path / "log").read_text("utf-8")


def test_command_line_is_checked(tmp_path: Path, start: Start) -> None:
    (tmp_path / "main.py").write_text(SCRIPT.format(run=GUARDED), "utf-8")
    assert start("--workers", "0").wait(PATIENCE_S) == 2
    assert "workers must be 1 or more" in (tmp_path / "log").read_text("utf-8")
