"""examples/native is built and run as its README says; compiled handlers cannot do harm."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.process import Running, serving

ROOT = Path(__file__).resolve().parents[2]
MISUSE = Path(__file__).parent / "native_misuse"
pytest.importorskip("Cython")

SETUP = """
from Cython.Build import cythonize
from setuptools import Extension, setup
setup(name="x", ext_modules=cythonize([Extension("{name}", ["{name}.pyx"])]))
"""

pytestmark = [pytest.mark.slow, pytest.mark.servers]


def build(folder: Path, script: str = "setup.py") -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-W", "ignore", script, "-q", "build_ext", "--inplace")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def served(folder: Path, port: int, ready: str) -> Iterator[Running]:
    command = ["fasterapi", "run", "main.py", "--host", "127.0.0.1", "--port", str(port)]
    env = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(folder)))}
    with serving(command, port, folder / "log", cwd=folder, ready=ready, env=env) as server:
        yield server


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, free_ports) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("native") / "example"
    shutil.copytree(ROOT / "examples" / "native", folder)
    result = build(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    yield from served(folder, next(free_ports), "/health")


@pytest.fixture(scope="module")
def misuse(tmp_path_factory: pytest.TempPathFactory, free_ports) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("native") / "misuse"
    shutil.copytree(MISUSE, folder)
    (folder / "setup.py").write_text(SETUP.format(name="misuse"), encoding="utf-8")
    result = build(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    yield from served(folder, next(free_ports), "/json")


def ask(server: Running, method: str, path: str, body: bytes | None = None, **headers: str):
    """Return status, fields and body."""
    connection = server.connection()
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_example_answers(example: Running) -> None:
    def get(path: str) -> tuple[int, bytes]:
        return ask(example, "GET", path)[::2]

    assert get("/health") == (200, b'{"status":"ok"}')
    assert get("/ultra-fast") == (200, b'{"message":"ultra fast"}')
    assert get("/add/40/2") == (200, b'{"sum":42}')
    assert get("/add/40/x")[0] == 404
    assert get("/python/ana") == (200, b'{"hello":"ana"}')
    assert get("/whoami?name=ana") == (200, b"ana with nothing")
    assert get("/whoami")[0] == 422
    assert b"process_cpu_seconds_total" in get("/metrics")[1]
    status, fields, body = ask(example, "POST", "/checksum", b"abc")
    assert (status, fields["x-size"], body) == (200, "3", b'{"checksum":294}')


def test_example_is_documented(example: Running) -> None:
    paths = json.loads(ask(example, "GET", "/openapi.json")[2])["paths"]
    assert {"/health", "/python/{name}", "/ultra-fast", "/checksum"} <= paths.keys()
    assert paths["/add/{a}/{b}"]["get"]["summary"] == "Add two numbers"
    assert paths["/checksum"]["post"]["tags"] == ["bytes"]
    assert paths["/whoami"]["get"]["parameters"][0]["name"] == "name"


def test_exception_of_a_handler_is_logged_with_its_route(example: Running) -> None:
    assert ask(example, "POST", "/checksum", b"")[::2] == (500, b"Internal Server Error")
    log = example.output_once("in the <compiled handler 'checksum'> of route '/checksum'")
    assert "ValueError: there is no body to sum up" in " ".join(log.split())


def test_misuse_is_answered_by_500_and_nothing_else(misuse: Running) -> None:
    assert ask(misuse, "GET", "/misuse/keep")[::2] == (200, b"kept")
    for name in ("use_kept", "nothing", "split", "length", "wrong_status", "no_name", "leave"):
        assert ask(misuse, "GET", f"/misuse/{name}")[0] == 500, name
    for _ in range(3):
        assert ask(misuse, "GET", "/misuse/again")[0] == 500
    log = misuse.output_once("handler 'misuse_again'>", 3)
    assert "the exchange is over" in log
    assert "must return bytes, got None" in log
    assert log.count("the same one") == log.count("handler 'misuse_again'>") == 3
    assert ask(misuse, "GET", "/misuse/refused")[::2] == (418, b'{"detail":"teapot"}')
    status, fields, body = ask(misuse, "GET", "/misuse/empty")
    assert (status, body) == (204, b"")
    assert "content-length" not in fields
    assert ask(misuse, "GET", "/json")[::2] == (200, b'{"is":"up"}')


def test_handler_sees_the_request(misuse: Running) -> None:
    body = b"x" * 100_000  # comes in several pieces
    status, fields, answer = ask(
        misuse, "POST", "/seen/a%20b?a=1&a=%C3%A9", body, **{"X-In": "first"}
    )
    assert (status, fields["X-Own"], fields["content-type"]) == (201, "1", "application/json")
    expected = (
        *("POST", "/seen/a b", b"a=1&a=%C3%A9", "é", None, b"first", [b"first"]),
        *("a b", None, body),
    )
    assert answer.decode() == repr(expected)


def test_null_is_no_handler(misuse: Running) -> None:
    folder = misuse.log.parent
    code = "import misuse; misuse.wrap_null()"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(folder)))}
    result = subprocess.run(
        (sys.executable, "-c", code), env=env, capture_output=True, text=True, check=False
    )
    assert "TypeError: handler must be a function, got NULL" in result.stderr


def test_other_functions_do_not_compile(tmp_path: Path) -> None:
    shutil.copy(MISUSE / "wrong.pyx", tmp_path)
    (tmp_path / "setup.py").write_text(SETUP.format(name="wrong"), encoding="utf-8")
    result = build(tmp_path)
    assert result.returncode != 0
    assert "Cannot assign type" in result.stdout + result.stderr
