"""What is published works for a stranger: sdist, wheel, empty environment, running server."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.servers.process import serving

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(
    *("build", "dist", ".git", ".venv*", "*.egg-info", "*.so", "*.pyd", "__pycache__", ".*_cache"),
    *(".hypothesis", "results"),
)
PROGRAM = """
from fasterapi import FastAPI

app = FastAPI()


@app.get("/json")
async def read_json() -> dict[str, int]:
    return {"answer": 42}
"""

pytestmark = [pytest.mark.packaging, pytest.mark.slow, pytest.mark.timeout(900)]


def run(*command: object, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def succeed(*command: object, cwd: Path, **env: str) -> str:
    result = run(*command, cwd=cwd, **env)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy without anything built, as git would give it."""
    copy = tmp_path_factory.mktemp("checkout") / "fasterapi"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    return copy


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    build = "import sys; from setuptools import build_meta as b; b.build_sdist(sys.argv[1])"
    succeed(sys.executable, "-W", "ignore", "-c", build, folder, cwd=checkout)
    (made,) = folder.glob("*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist alone, so that nothing missing there can hide."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-cache-dir", "--wheel-dir", folder)
    succeed(sys.executable, "-m", "pip", "wheel", *options, sdist, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel and its dependencies only."""
    folder = tmp_path_factory.mktemp("environment")
    succeed(sys.executable, "-m", "venv", folder, cwd=folder)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    succeed(programs / "python", "-m", "pip", "install", wheel, cwd=folder)
    return programs


def sources(*kinds: str) -> set[str]:
    package = ROOT / "fasterapi"
    return {p.relative_to(ROOT).as_posix() for kind in kinds for p in package.rglob(f"*.{kind}")}


def static_files() -> set[str]:
    files = (ROOT / "fasterapi" / "openapi" / "static").rglob("*")
    return {p.relative_to(ROOT).as_posix() for p in files if p.is_file()}


def test_sdist_holds_every_source_and_nothing_generated(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert sources("py", "pyx", "pxd", "pyi") | static_files() <= names
    assert {"fasterapi/py.typed", "LICENSE", "tests/conftest.py", "Makefile"} <= names
    assert not [
        n
        for n in names
        if n.endswith((".c", ".so", ".pyd", ".html"))
        and "/static/" not in n
        and not n.startswith(("docs/", "examples/", "tests/"))
    ]


def test_wheel_holds_sources_types_and_compiled_modules(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert sources("py", "pyx", "pxd", "pyi") | static_files() | {"fasterapi/py.typed"} <= names
    compiled = {name.split(".")[0] for name in names if name.endswith((".so", ".pyd"))}
    assert compiled == {name.removesuffix(".pyx") for name in sources("pyx")}
    assert not [name for name in names if name.endswith(".c")]
    assert {name.split("/")[0].split("-")[0] for name in names} == {"fasterapi", "fasterapi_asgi"}


def test_installed_wheel_serves(environment: Path, tmp_path: Path, free_port: int) -> None:
    (tmp_path / "main.py").write_text(PROGRAM, encoding="utf-8")
    command = ["uvicorn", "main:app", "--host", "127.0.0.1", "--port", str(free_port)]
    python = str(environment / "python")
    log = tmp_path / "log"
    with serving(command, free_port, log, cwd=tmp_path, python=python) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", "/json")
        assert json.loads(connection.getresponse().read()) == {"answer": 42}
        connection.request("GET", "/openapi.json")
        assert "/json" in json.loads(connection.getresponse().read())["paths"]
        connection.close()


def test_console_script_knows_its_version(environment: Path, tmp_path: Path) -> None:
    output = succeed(environment / "fasterapi", "--version", cwd=tmp_path)
    assert version("fasterapi-asgi") in output


def test_every_module_imports_without_extras(environment: Path, tmp_path: Path) -> None:
    """Features with a missing extra must say so when used, not when another module is imported."""
    code = "import fasterapi; [getattr(fasterapi, name) for name in fasterapi.__all__]"
    succeed(environment / "python", "-W", "error", "-c", code, cwd=tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="the compiler is found another way there")
def test_missing_compiler_is_named_with_its_remedy(checkout: Path) -> None:
    command = (sys.executable, "setup.py", "build_ext", "--build-lib", "build/none", "--force")
    result = run(*command, cwd=checkout, CC="no-such-compiler")
    assert result.returncode != 0
    assert "no C compiler was found (looked for 'no-such-compiler')" in result.stderr
    assert "apt-get install build-essential" in result.stderr
    assert "Traceback" not in result.stderr
