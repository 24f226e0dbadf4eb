"""FasterAPI in the place of FastAPI; each case in a process of its own.

A package ``fastapi`` that fails when it is imported lies on the path of all of them, so that
nothing of an installed FastAPI can be used unnoticed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.servers.process import serving

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import fastapi.routing
from fastapi import FastAPI, __version__
from fastapi.responses import HTMLResponse
from third_party import router

app = FastAPI()
app.include_router(router)

@app.get("/")
def which():
    return {"class": type(app).__module__, "version": __version__}
"""
THIRD_PARTY = """
from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

router = APIRouter()

@router.get("/third")
def third(token=Depends(HTTPBearer(auto_error=False))) -> str | None:
    return token
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program that imports fastapi, and an installed FastAPI that must not be touched."""
    package = tmp_path / "site" / "fastapi"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('the installed one')\n")
    (package / "only_theirs.py").touch()
    metadata = tmp_path / "site" / "fastapi-0.50.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: fastapi\nVersion: 0.50.0\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "main.py").write_text(PROGRAM)
    (project / "third_party.py").write_text(THIRD_PARTY)
    return project


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{folder.parent / 'site'}{os.pathsep}{ROOT}"}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(folder),
        timeout=60,
    )


def evaluate(folder: Path, code: str) -> Any:
    """Return what *code* prints as JSON, after `install`."""
    done = run(folder, "-c", f"import fasterapi.compat as c; assert c.install()\n{code}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


PRINT = "import json; print(json.dumps({}))"


def test_program_and_its_packages_get_this_one(folder: Path) -> None:
    code = PRINT.format(
        "[main.app.__class__ is fasterapi.FasterAPI, third_party.router.__class__.__module__]"
    )
    answer = evaluate(folder, f"import main, third_party, fasterapi\n{code}")
    assert answer == [True, "fasterapi.routing.router"]


@pytest.mark.parametrize(
    "module",
    [
        *("routing", "applications", "params", "security", "security.oauth2", "sse", "testclient"),
        *("dependencies.utils", "dependencies.models", "openapi.utils", "openapi.docs", "_compat"),
        *("middleware.asyncexitstack", "exception_handlers", "staticfiles", "templating", "types"),
        *("concurrency", "datastructures", "encoders", "utils", "websockets", "telemetry", "cli"),
    ],
)
def test_module_is_the_very_same(folder: Path, module: str) -> None:
    code = f"import fastapi.{module}, fasterapi.{module}\n" + PRINT.format(
        f"[fastapi.{module} is fasterapi.{module}, fasterapi.{module}.__spec__.name]"
    )
    assert evaluate(folder, code) == [True, f"fasterapi.{module}"]


def test_metadata_is_that_of_the_compatible_version(folder: Path) -> None:
    code = "from importlib.metadata import *\nimport fastapi\n" + PRINT.format(
        "[version('fastapi'), version('FastAPI'), metadata('fastapi')['Name'],"
        " fastapi.__version__, c.FASTAPI_VERSION,"
        # the first of a name, and the last: both are kept by programs that list them
        " next(d.version for d in distributions() if d.name == 'fastapi'),"
        " {d.name: d.version for d in distributions()}['fastapi']]"
    )
    answer = evaluate(folder, code)
    assert answer == ["0.165.0", "0.165.0", "fastapi", *["0.165.0"] * 4]


def test_module_of_the_installed_one_alone_is_not_found(folder: Path) -> None:
    code = (
        "from importlib.util import find_spec\ntry:\n import fastapi.only_theirs\n"
        "except ModuleNotFoundError as error:\n found = [error.name, str(error)]\n"
        + PRINT.format(
            "[*found, find_spec('fastapi.only_theirs'), find_spec('fastapi.sse') is None]"
        )
    )
    name = "fastapi.only_theirs"
    assert evaluate(folder, code) == [name, f"No module named {name!r}", None, False]


def test_missing_name_is_an_import_error(folder: Path) -> None:
    code = (
        "try:\n from fastapi import nothing\nexcept ImportError as error:\n found = str(error)\n"
        + PRINT.format("found")
    )
    assert "cannot import name 'nothing' from 'fastapi'" in evaluate(folder, code)


def test_what_is_replaced_in_one_is_replaced_in_both(folder: Path) -> None:
    code = (
        "from unittest import mock\nimport fastapi, fasterapi\n"
        "from fasterapi.routing import patchpoints\n"
        "own = fasterapi.FastAPI\n"
        "with mock.patch('fastapi.FastAPI', 1), mock.patch('fastapi.routing.serialize_response'):\n"
        " found = [fasterapi.FastAPI, patchpoints.changed()]\n"
        + PRINT.format("[*found, fasterapi.FastAPI is own, patchpoints.changed()]")
    )
    assert evaluate(folder, code) == [1, ["serialize_response"], True, []]


def test_names_that_only_begin_like_it_are_left_alone(folder: Path) -> None:
    (folder / "fastapi_thing.py").write_text("x = 1\n")
    assert evaluate(folder, "import fastapi_thing\n" + PRINT.format("fastapi_thing.x")) == 1


def test_too_late_says_so_and_does_nothing(folder: Path) -> None:
    (folder / "fastapi.py").write_text("x = 1\n")
    code = (
        "import sys, warnings, fastapi, fasterapi.compat as c\nbefore = list(sys.meta_path)\n"
        "with warnings.catch_warnings(record=True, action='always') as seen:\n done = c.install()\n"
        + PRINT.format(
            "[done, c.is_installed(), sys.meta_path == before, fastapi.x,"
            " str(seen[0].message), seen[0].category.__name__]"
        )
    )
    done = run(folder, "-c", code)
    assert done.returncode == 0, done.stderr
    *state, message, category = json.loads(done.stdout)
    assert (state, category) == ([False, False, True, 1], "CompatWarning")
    assert message.startswith(f"fastapi was imported before, from {folder / 'fastapi.py'}: ")


def test_command_refuses_when_it_is_too_late(folder: Path) -> None:
    (folder.parent / "site" / "sitecustomize.py").write_text(
        "import sys; sys.modules['fastapi'] = sys\n"
    )
    done = run(folder, "-m", "fasterapi.compat", "routes", "main.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert "fastapi was imported before" in done.stderr
    done = run(folder, "-m", "fasterapi", "run", "--as-fastapi", "main.py")
    assert done.returncode == 1
    assert "fastapi was imported before" in done.stdout


def test_scripts_modules_and_plugins_run(folder: Path) -> None:
    (folder / "script.py").write_text(
        "import sys, fastapi\nif __name__ == '__main__': print(fastapi.__version__, sys.argv)\n"
    )
    done = run(folder, "-m", "fasterapi.compat", "script.py", "a")
    assert done.stdout == "0.165.0 ['script.py', 'a']\n", done.stderr
    done = run(folder, "-m", "fasterapi.compat", "-m", "script", "a")
    assert done.stdout.startswith("0.165.0 ["), done.stderr
    done = run(folder, "-c", "import fasterapi.compat.auto, fastapi; print(fastapi.__version__)")
    assert done.stdout == "0.165.0\n", done.stderr
    assert "usage: python -m fasterapi.compat" in run(folder, "-m", "fasterapi.compat").stderr


def test_other_commands_take_it_too(folder: Path) -> None:
    done = run(folder, "-m", "fasterapi.compat", "routes", "main:app", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["path"]: row for row in json.loads(done.stdout)}
    assert rows["/third"]["is_compiled"]
    done = run(folder, "-m", "fasterapi", "openapi", "--as-fastapi")
    assert json.loads(done.stdout)["paths"].keys() == {"/", "/third"}, done.stderr


@pytest.mark.servers
@pytest.mark.parametrize("arguments", [(), ("--workers", "2"), ("--reload",)], ids=" ".join)
@pytest.mark.parametrize("start", ["fasterapi run --as-fastapi", "fasterapi.compat run"])
def test_served(folder: Path, free_port: int, start: str, arguments: tuple[str, ...]) -> None:
    command = [*start.split(), "main.py", "--port", str(free_port), *arguments]
    log, env = folder.parent / "log", environment(folder)
    with serving(command, free_port, log, cwd=folder, ready="/", env=env) as server:
        connection = server.connection()
        connection.request("GET", "/")
        found = json.load(connection.getresponse())
        connection.close()
    assert found == {"class": "fasterapi.applications", "version": "0.165.0"}
