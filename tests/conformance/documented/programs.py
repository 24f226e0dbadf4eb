"""The programs of the documentation: which there are, their surroundings, and how to load one."""

import ast
import importlib
import re
import shutil
import sys
from pathlib import Path
from typing import Any

# They stop, or start a server, as soon as they are imported, or are tests of another program.
_NOT_LOADED = ("python_types", "debugging")
_PAGE = "<!doctype html><title>{0}</title><p>{0}</p>\n"
_IS_WORD = re.compile(r"[!-~]{1,40}")


def find_programs(sdist: Path) -> list[str]:
    """Return the names of the modules that may define an application."""
    files = sorted((sdist / "docs_src").rglob("*.py"))
    return [
        ".".join(file.relative_to(sdist).with_suffix("").parts)
        for file in files
        if file.name != "__init__.py"
        and not file.name.startswith("test_")
        and file.parts[-2] not in _NOT_LOADED
        and "FastAPI(" in file.read_text(encoding="utf-8")
    ]


def furnish(folder: Path, sdist: Path) -> None:
    """Put into *folder* what programs expect in the current directory."""
    source = sdist / "docs_src" / "templates"
    shutil.copytree(source / "templates", folder / "templates")
    shutil.copytree(source / "static", folder / "static")
    dist = folder / "dist"
    (dist / "assets").mkdir(parents=True)
    for name in ("index.html", "404.html", "about.html", "assets/app.js"):
        (dist / name).write_text(_PAGE.format(name), encoding="utf-8")
    (folder / "large-video-file.mp4").write_bytes(bytes(range(256)) * 700)
    (folder / ".env").write_text('ADMIN_EMAIL="admin@example.com"\n', encoding="utf-8")


def load(name: str) -> dict[str, Any]:
    """Return the applications that module *name* defines, by their names in it."""
    module = importlib.import_module(name)
    fastapi = sys.modules["fastapi"]
    return {key: value for key, value in vars(module).items() if isinstance(value, fastapi.FastAPI)}


def words_of(sdist: Path, name: str) -> tuple[list[str], dict[str, list[str]]]:
    """Return texts that the program of *name* mentions, and those it compares a name with."""
    file = sdist.joinpath(*name.split(".")).with_suffix(".py")
    files = [file] if file.name != "main.py" else sorted(file.parent.rglob("*.py"))
    words: dict[str, None] = {}
    compared: dict[str, list[str]] = {}
    for one in files:
        for node in ast.walk(ast.parse(one.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if _IS_WORD.fullmatch(node.value):
                    words[node.value] = None
            elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Name):
                right = node.comparators[0]
                if isinstance(right, ast.Constant) and isinstance(right.value, str):
                    compared.setdefault(node.left.id, []).append(right.value)
    return list(words), compared
