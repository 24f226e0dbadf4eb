"""Files and functions stay short enough to be read in one go.

The aim is 400 lines a file and 40 a function body; these limits leave room for the odd exception.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "fasterapi"
FILE_LINES, BODY_LINES = 500, 60
PYTHON = sorted(ROOT.rglob("*.py"))
CYTHON = sorted((*ROOT.rglob("*.pyx"), *ROOT.rglob("*.pxd")))
DEFINITION = re.compile(r"^( *)(?:async def|def|cdef|cpdef)\b(?! class\b)(?=.*\()")
DOCSTRING = re.compile(r'[ \t]*[rR]?"""(?:[^"\\]|\\.|"(?!""))*"""[ \t]*\n')


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_bodies(path: Path) -> Iterator[tuple[str, int]]:
    """Yield name and number of body lines, without the docstring, of each function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            if body:
                yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1


def indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def signature_end(lines: list[str], start: int) -> int:
    """Return the index of the line after the signature that starts at *start*."""
    depth = 0
    for index in range(start, len(lines)):
        code = lines[index].split("#", 1)[0]
        depth += sum(code.count(c) for c in "([{") - sum(code.count(c) for c in ")]}")
        if depth <= 0:
            return index + 1
    return len(lines)


def cython_bodies(path: Path) -> Iterator[tuple[str, int]]:
    """Yield first line and number of body lines of each function, by indentation."""
    lines = DOCSTRING.sub("", path.read_text(encoding="utf-8")).splitlines()
    for start, line in enumerate(lines):
        if not DEFINITION.match(line):
            continue
        first = signature_end(lines, start)
        last = first
        for index in range(first, len(lines)):
            if lines[index].strip():
                if indent(lines[index]) <= indent(line):
                    break
                last = index + 1
        yield line.strip(), last - first


def check_bodies(path: Path, bodies: Iterator[tuple[str, int]]) -> None:
    long = [f"{name}: {lines}" for name, lines in bodies if lines > BODY_LINES]
    assert not long, f"{relative(path)}: over {BODY_LINES} lines, split by what they do: {long}"


@pytest.mark.parametrize("path", [*PYTHON, *CYTHON], ids=relative)
def test_file_is_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= FILE_LINES, f"{lines} lines: split the file, one concept each"


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_functions_are_short(path: Path) -> None:
    check_bodies(path, python_bodies(path))


@pytest.mark.parametrize("path", CYTHON, ids=relative)
def test_compiled_functions_are_short(path: Path) -> None:
    check_bodies(path, cython_bodies(path))
