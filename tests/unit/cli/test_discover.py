"""Where the command line finds the application."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fasterapi.cli.discover import DiscoveryError, ModuleFailedError, find_app

APP = "from fasterapi import FastAPI\n{name} = FastAPI(title='{name}')\n"


@pytest.fixture(autouse=True)
def clean_imports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Work in an empty folder and forget the modules that a test imports."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "") or "").startswith(str(tmp_path)):
            del sys.modules[name]


def write(path: str, text: str) -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize(
    "file", ["main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py"]
)
def test_usual_files_are_tried(file: str) -> None:
    write(file, APP.format(name="app"))
    found = find_app(None)
    assert (found.module, found.name) == (Path(file).stem, "app")
    assert sys.path[0] == str(Path(file).resolve().parent)


def test_earlier_usual_file_wins() -> None:
    write("main.py", APP.format(name="app"))
    write("app/main.py", APP.format(name="inner"))
    assert find_app(None).app.title == "app"


def test_nothing_found_says_what_was_looked_for() -> None:
    with pytest.raises(DiscoveryError, match=r"(?s)Could not find a default file.*app/api\.py"):
        find_app(None)


def test_package_of_the_file_is_detected() -> None:
    write("src/shop/__init__.py", "")
    write("src/shop/web/__init__.py", "")
    write("src/shop/web/names.py", "TITLE = 'relative'\n")
    write(
        "src/shop/web/main.py",
        "from fasterapi import FastAPI\nfrom .names import TITLE\napp = FastAPI(title=TITLE)\n",
    )
    found = find_app("src/shop/web/main.py")
    assert found.import_string == "shop.web.main:app"
    assert found.app.title == "relative"
    assert sys.path[0] == str(Path("src").resolve())


@pytest.mark.parametrize("target", ["shop", "shop/", "shop/__init__.py"])
def test_package_itself(target: str) -> None:
    write("shop/__init__.py", APP.format(name="api"))
    assert find_app(target).import_string == "shop:api"


@pytest.mark.parametrize("target", ["shop.main:site", "shop/main.py:site"])
def test_import_string(target: str) -> None:
    write("shop/__init__.py", "")
    write("shop/main.py", APP.format(name="app") + APP.format(name="site"))
    found = find_app(target)
    assert (found.import_string, found.app.title) == ("shop.main:site", "site")


def test_nested_name() -> None:
    write("main.py", APP.format(name="x") + "class Holder:\n    inner = x\n")
    assert find_app("main:Holder.inner").name == "Holder.inner"


def test_names_are_tried_in_order() -> None:
    write("main.py", "app = 'no application'\n" + APP.format(name="zoo") + APP.format(name="api"))
    assert find_app("main.py").name == "api"


def test_any_instance_is_found() -> None:
    write("main.py", APP.format(name="zoo"))
    assert find_app("main.py").name == "zoo"


def test_app_option_names_the_variable() -> None:
    write("main.py", APP.format(name="app") + APP.format(name="other"))
    assert find_app("main.py", "other").app.title == "other"


@pytest.mark.parametrize("table", ["fasterapi", "fastapi"])
def test_entrypoint_of_pyproject(table: str) -> None:
    write("pyproject.toml", f"[tool.{table}]\nentrypoint = 'web.site:thing'\n")
    write("main.py", APP.format(name="app"))
    write("web/site.py", APP.format(name="thing"))
    found = find_app(None)
    assert found.import_string == "web.site:thing"
    assert found.source == f"entrypoint of [tool.{table}] in pyproject.toml"


def test_own_table_wins_over_fastapis() -> None:
    write(
        "pyproject.toml",
        "[tool.fastapi]\nentrypoint = 'old:app'\n[tool.fasterapi]\nentrypoint = 'new'\n",
    )
    write("new.py", APP.format(name="app"))
    assert find_app(None).import_string == "new:app"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.fasterapi\n", "is not valid TOML"),
        ("[tool.fasterapi]\nentrypoint = 5\n", "must be a text, got 5"),
        ("[tool.fasterapi]\nentrypoint = 'a b:c'\n", "must be 'module:name', got 'a b:c'"),
        ("[tool.fasterapi]\nentrypoint = 'missing:app'\n", "Could not import module 'missing'"),
    ],
)
def test_bad_entrypoint_is_reported(text: str, message: str) -> None:
    write("pyproject.toml", text)
    with pytest.raises(DiscoveryError, match=message):
        find_app(None)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("missing.py", r"Path does not exist missing\.py"),
        ("missing:app", r"(?s)Could not import module 'missing'.*Looked for it in"),
        ("main.missing:app", "Could not import module 'main.missing'"),
        ("main:missing", r"(?s)Could not find app name missing in main.*apps there: app"),
        ("main:text", "The app name text in main doesn't seem to be a FasterAPI app"),
        ("empty.py", "Could not find FasterAPI app in module, try using --app"),
        ("folder", r"folder is no package.*did you mean folder/main\.py\?"),
        ("notes.txt", r"notes\.txt is no Python file"),
        ("a.b.py", "cannot be imported: a dot is in its name"),
        ("json.py", "that name is taken by"),
    ],
)
def test_mistakes_are_explained(target: str, message: str) -> None:
    write("main.py", "text = 'x'\n" + APP.format(name="app"))
    for file in ("empty.py", "folder/main.py", "notes.txt", "a.b.py", "json.py"):
        write(file, "")
    with pytest.raises(DiscoveryError, match=message):
        find_app(target)


@pytest.mark.parametrize(
    "text", ["1 / 0\n", "import not_there_at_all\n", "def broken(:\n", "from . import x\n"]
)
def test_failure_inside_of_the_module_is_kept_apart(text: str) -> None:
    write("main.py", text)
    with pytest.raises(ModuleFailedError) as error_info:
        find_app("main.py")
    assert isinstance(error_info.value.__cause__, (ZeroDivisionError, ImportError, SyntaxError))


def test_import_of_the_package_does_not_load_the_command_line() -> None:
    code = "import fasterapi, sys; fasterapi.FastAPI; print({'typer', 'rich'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path = {sys.path!r}; {code}"],
        # A plugin of pydantic may load anything; only what the package itself loads counts.
        env={**os.environ, "PYDANTIC_DISABLE_PLUGINS": "__all__"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"
