"""`serve` and ``app.run()`` for real: scripts in processes of their own, on free ports."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.servers, pytest.mark.slow]

PATIENCE_S = 30.0
APP = """
import os
from fasterapi import FastAPI

app = FastAPI()
app.word = "one"

@app.get("/")
def read() -> dict[str, object]:
    return {"pid": os.getpid(), "word": app.word}
"""
# What App.run does; these tests do not depend on that class.
RUN = """
from fasterapi.server import run_app
def run(app, **options):
    run_app(app, {"port": 1, "host": "127.0.0.1"}, **options)
"""
BROKEN_LIFESPAN = """
from contextlib import asynccontextmanager
from fasterapi import FastAPI

@asynccontextmanager
async def lifespan(app):
    raise OSError("no database")
    yield
"""
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a Python process in *tmp_path*; all of them are stopped at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout is not None:
            process.stdout.close()


def fetch(url: str, until: Callable[[str], bool] = lambda body: True) -> str:
    """Return the first answer that *until* accepts."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                body = answer.read().decode()
            if until(body):
                return body
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            body = repr(error)
        assert time.monotonic() < deadline, f"{url} never answered as awaited, last: {body}"
        time.sleep(0.05)


def stop(process: subprocess.Popen[str], sign: int = signal.SIGTERM) -> tuple[int, str]:
    process.send_signal(sign)
    output, _ = process.communicate(timeout=PATIENCE_S)
    return process.returncode, output


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_script_serves_and_stops_with_status_0(
    tmp_path: Path, start: Start, port: int, sign: int
) -> None:
    (tmp_path / "main.py").write_text(APP + RUN + f"run(app, port={port})\nprint('after')\n")
    process = start("main.py")
    fetch(f"http://127.0.0.1:{port}/")
    status, output = stop(process, sign)
    assert status == 0, output
    assert f"API documentation at http://127.0.0.1:{port}/docs" in output
    assert "after" in output


def test_command_line_wins_over_run(tmp_path: Path, start: Start, port: int) -> None:
    (tmp_path / "main.py").write_text(APP + RUN + "run(app, port=1, host='192.0.2.1')\n")
    start(
        "main.py", "--port", str(port), "--host=127.0.0.1", "--own-flag", "x", "--header", "x-a: b"
    )
    fetch(f"http://127.0.0.1:{port}/")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        assert answer.headers["x-a"] == "b"


@pytest.mark.parametrize("is_guarded", [True, False])
def test_script_with_workers(tmp_path: Path, start: Start, port: int, is_guarded: bool) -> None:
    call = "if __name__ == '__main__':\n    run(app)\n" if is_guarded else "run(app)\n"
    (tmp_path / "my-shop.v2.py").write_text(APP + RUN + call)
    process = start("my-shop.v2.py", "--port", str(port), "--workers", "2")
    seen: set[str] = set()

    def has_seen_both(body: str) -> bool:
        seen.add(body)
        return len(seen) == 2

    fetch(f"http://127.0.0.1:{port}/", has_seen_both)
    assert not any(f'"pid":{process.pid},' in body for body in seen)
    status, output = stop(process)
    assert status == 0, output
    assert output.count("Started server process") == 2, output


@pytest.mark.parametrize("is_guarded", [True, False])
def test_script_with_reload(tmp_path: Path, start: Start, port: int, is_guarded: bool) -> None:
    call = "if __name__ == '__main__':\n    run(app)\n" if is_guarded else "run(app)\n"
    script = tmp_path / "main.py"
    script.write_text(APP + RUN + call)
    process = start("main.py", "--port", str(port), "--reload")
    fetch(f"http://127.0.0.1:{port}/", lambda body: '"one"' in body)
    time.sleep(1.0)  # the watcher must have read the first modification time
    script.write_text(script.read_text().replace('"one"', '"two"'))
    os.utime(script, (time.time() + 5, time.time() + 5))
    fetch(f"http://127.0.0.1:{port}/", lambda body: '"two"' in body)
    status, output = stop(process)
    assert status == 0, output


@pytest.mark.parametrize("module", ["shop.main", "shop"])
def test_module_run_with_workers(tmp_path: Path, start: Start, port: int, module: str) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "application.py").write_text(APP)
    main = "from shop.application import app\n" + RUN + "if __name__ == '__main__':\n  run(app)\n"
    (package / "main.py").write_text(main)
    (package / "__main__.py").write_text(main)
    process = start("-m", module, "--port", str(port), "--workers=2")
    fetch(f"http://127.0.0.1:{port}/")
    assert stop(process)[0] == 0


def test_app_runs_itself_with_its_own_settings(tmp_path: Path, start: Start, port: int) -> None:
    (tmp_path / "main.py").write_text(
        f"from fasterapi import App\napp = App(port={port}, workers=2)\n"
        "@app.get('/')\ndef hello(req, res):\n    return res.json(['hello'])\napp.run()\n"
    )
    process = start("main.py", "--log-level", "info")
    assert fetch(f"http://127.0.0.1:{port}/") == '["hello"]'
    status, output = stop(process)
    assert status == 0, output
    assert "Started parent process" in output


def test_command_line_runs_an_app_that_runs_itself(tmp_path: Path, start: Start, port: int) -> None:
    (tmp_path / "main.py").write_text(
        f"from fasterapi import App\napp = App(port={port}, host='127.0.0.1')\n"
        "@app.get('/')\ndef hello(req, res):\n    return res.json(['hello'])\napp.run(port=1)\n"
    )
    process = start("-m", "fasterapi", "run")
    assert fetch(f"http://127.0.0.1:{port}/") == '["hello"]'
    status, output = stop(process)
    assert status == 0, output


def test_workers_of_an_application_that_cannot_be_imported(tmp_path: Path, start: Start) -> None:
    make = "from fasterapi import FastAPI\ndef main():\n    run(FastAPI(), workers=2)\nmain()\n"
    (tmp_path / "main.py").write_text(RUN + make)
    output, _ = start("main.py").communicate(timeout=PATIENCE_S)
    assert "UsageError: workers and reload need the application as a variable" in output


@pytest.mark.parametrize("workers", ["1", "2"])
def test_failed_start_exits_with_3(tmp_path: Path, start: Start, port: int, workers: str) -> None:
    main = "app = FastAPI(lifespan=lifespan)\nif __name__ == '__main__':\n    run(app)\n"
    (tmp_path / "main.py").write_text(RUN + BROKEN_LIFESPAN + main)
    process = start("main.py", "--port", str(port), "--workers", workers)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, output
    assert "no database" in output


def test_bad_flag_is_reported_without_a_traceback(tmp_path: Path, start: Start) -> None:
    (tmp_path / "main.py").write_text(APP + RUN + "run(app)\n")
    process = start("main.py", "--workers", "many")
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "workers must be 1 or more, or 'auto', got 'many'" in output
    assert "Traceback" not in output


def test_unix_socket_is_removed_at_the_end(tmp_path: Path, start: Start) -> None:
    (tmp_path / "main.py").write_text(APP + RUN + "run(app)\n")
    path = tmp_path / "s"
    process = start("main.py", "--uds", str(path))
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.recv(64).startswith(b"HTTP/1.1 200")
    assert stop(process)[0] == 0
    assert not path.exists()
