"""`run` is read without typer wherever typer would read the same; the rest is left to it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from fasterapi.cli import commands
from fasterapi.cli.plain import read_command
from fasterapi.cli.serving import Asked

# By parameter, what to give; numbers and texts otherwise.
VALUES = {
    "workers": "3",
    "log_level": "info",
    "headers": "a: b",
    "detect_blocking": "50ms",
}


def cases() -> list[tuple[str, ...]]:
    """Return a command line for each name of each option of ``run``."""
    group: Any = typer.main.get_command(commands.app)
    found: list[tuple[str, ...]] = []
    for option in group.commands["run"].params:
        name = option.name
        if option.param_type_name != "option" or name == "help":
            continue
        value = () if option.is_flag else (VALUES.get(name, "7"),)
        found += [(flag, *value) for flag in (*option.opts, *option.secondary_opts)]
    return found


@pytest.mark.parametrize("arguments", cases(), ids=lambda arguments: arguments[0])
def test_both_read_each_flag_alike(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[Asked, dict[str, Any]]] = []

    def serve_app(asked: Asked, given: dict[str, Any], *, is_development: bool) -> None:
        calls.append((asked, {k: v for k, v in given.items() if v is not None}))
        assert not is_development

    monkeypatch.setattr(commands, "serve_app", serve_app)
    line = ("run", "main.py", *arguments)
    assert CliRunner().invoke(commands.app, line).exit_code == 0
    if arguments[0] == "-e":
        assert read_command(line) is None  # no short names: `-e=x` would differ
    else:
        assert [read_command(line)] == calls


def test_the_path_may_stand_anywhere() -> None:
    first = read_command(("run", "main.py", "--port", "1", "--no-reload"))
    assert first == (Asked("main.py"), {"port": 1, "reload": False})
    assert read_command(("run", "--port", "1", "main.py", "--no-reload")) == first
    assert read_command(("run", "--port=1", "--no-reload", "main.py")) == first
    assert read_command(("dev",)) == (Asked(), {})


@pytest.mark.parametrize(
    "line",
    [
        "",
        "routes main.py",
        "run --help",
        "run main.py -h",
        "run --port a",
        "run --port",
        "run --por 1",
        "run --workers 0",
        "run --log-level loud",
        "run --reload=1",
        "run main.py other.py",
        "run --unknown 1",
    ],
)
def test_anything_else_is_left_to_typer(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert read_command(line.split()) is None
    assert capsys.readouterr() == ("", "")


def test_run_imports_neither_typer_nor_rich(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("from fasterapi import FastAPI\napp = FastAPI()\n")
    code = (
        "import os, sys; os.environ['PYDANTIC_DISABLE_PLUGINS'] = '__all__'  # some import rich\n"
        "import fasterapi.cli, fasterapi.cli.serving as serving\n"
        "serving.serve = lambda target, **given: print(target, given['port'])\n"
        "sys.argv = ['fasterapi', 'run', 'main.py', '--port', '1']\n"
        "fasterapi.cli.main()\n"
        "assert not sys.modules.keys() & {'typer', 'rich'}\n"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r})\n{code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("FasterAPI  starting in production mode\n   app  main:app  (")
    assert done.stdout.endswith("main:app 1\n")
