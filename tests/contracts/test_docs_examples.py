"""Everything that a reader would copy from the documentation works: programs, requests, commands.

Blocks of the pages, in their order:

- ``python``: run as a module of its own. Where its first line is a comment that is a file name
  (``# main.py``), later blocks of the page import it by that name. Functions called ``test_...``
  are called. Parts of programs, which cannot run, are marked ``py``.
- ``http``: a request to the ``app`` of the last Python block that has one, and the answer: request
  line, header lines, a body (JSON unless a header says otherwise) after an empty line; then the
  status, and the answer's body as JSON or text, or ``...`` if it is not compared.
- ``bash``: checked for its syntax; its ``fasterapi`` and ``make`` commands, and its paths below
  ``examples/``, are looked up.
"""

import inspect
import json
import os
import pydoc
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import anyio
import pytest
import typer.main

from fasterapi.cli.commands import app as command_line
from fasterapi.testclient import TestClient

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "bench/README.md"]
PAGES += [ROOT / "examples/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE_NAME = re.compile(r"# (\w+)\.py\n")


class Block(NamedTuple):
    kind: str
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    source = page.read_text("utf-8")
    for found in BLOCK.finditer(source):
        yield Block(found[1], found[2], source.count("\n", 0, found.start()) + 2)


def blocks_of(page: Path, *kinds: str) -> list[Block]:
    return [block for block in blocks(page) if block.kind in kinds]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def pages_with(*kinds: str) -> list[Any]:
    return [pytest.param(page, id=name_of(page)) for page in PAGES if blocks_of(page, *kinds)]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, for examples that read or write files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "static").mkdir()
    (tmp_path / "static/index.html").write_text("<p>hello</p>")
    return tmp_path


class Reader:
    """Follows one page from top to bottom, as somebody who types in all of it."""

    def __init__(self, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.page = page
        self.monkeypatch = monkeypatch
        self.app: Any = None

    def follow(self, block: Block) -> None:
        if block.kind == "python":
            self.run(block)
        elif self.app is None:
            pytest.fail(f"{name_of(self.page)}:{block.line}: a request without a program before it")
        else:
            self.ask(block)

    def run(self, block: Block) -> None:
        file_name = FILE_NAME.match(block.text)
        module: Any = ModuleType(file_name[1] if file_name else f"example_{block.line}")
        # Types that are named in strings are looked up in the module.
        self.monkeypatch.setitem(sys.modules, module.__name__, module)
        # The traceback of a failure shows the page's own lines.
        source = "\n" * (block.line - 1) + block.text
        exec(compile(source, str(self.page), "exec"), module.__dict__)
        self.app = getattr(module, "app", self.app)
        for name, function in list(vars(module).items()):
            if name.startswith("test_"):
                if inspect.iscoroutinefunction(function):
                    anyio.run(function)
                else:
                    function()

    def ask(self, block: Block) -> None:
        place = f"{name_of(self.page)}:{block.line}"
        for request, status, wanted in exchanges(block.text):
            head, _, body = request.partition("\n\n")
            (method, target), *headers = (line.split(maxsplit=1) for line in head.splitlines())
            fields = {"Content-Type": "application/json"} if body else {}
            fields |= {name.rstrip(":"): value for name, value in headers}
            with TestClient(self.app, follow_redirects=False) as client:
                answer = client.request(method, target, headers=fields, content=body.strip())
            assert answer.status_code == status, f"{place}: {answer.status_code}, {answer.text}"
            if wanted == "...":
                continue
            is_json = wanted[:1] in '{["' or wanted in ("true", "false", "null")
            if wanted and is_json:
                assert answer.json() == json.loads(wanted), f"{place}: {answer.text}"
            else:
                assert answer.text.strip() == wanted, f"{place}: {answer.text}"


def exchanges(text: str) -> Iterator[tuple[str, int, str]]:
    """Yield request, status and body of the answer; a line that starts with a status ends one."""
    request: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        answer = re.fullmatch(r"([1-5]\d\d)(?: (.*))?", line)
        if answer is None:
            request.append(line)
            continue
        body = [answer[2] or ""]
        for more in lines:
            if not more:
                break
            body.append(more)
        yield "\n".join(request).strip(), int(answer[1]), "\n".join(body).strip()
        request = []
    assert not "".join(request).strip(), f"no answer to {request}"


@pytest.mark.parametrize("page", pages_with("python"))
@pytest.mark.usefixtures("workplace")
def test_programs_run_and_answer_as_the_page_says(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(page, monkeypatch)
    for block in blocks_of(page, "python", "http"):
        reader.follow(block)


@pytest.mark.parametrize("page", pages_with("bash", "sh"))
def test_shell_commands_can_be_parsed(page: Path) -> None:
    for block in blocks_of(page, "bash", "sh"):
        checked = subprocess.run(
            ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, f"{name_of(page)}:{block.line}: {checked.stderr}"
        for line in block.text.splitlines():
            words = shlex.split(line, comments=True)
            check_command(words, f"{name_of(page)}:{block.line}: {line}")


def check_command(words: list[str], place: str) -> None:
    """Fail if *words* is a command of ours with options, targets or files that do not exist."""
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        del words[0]
    if words[:3] == ["python", "-m", "fasterapi"]:
        words = words[2:]
    if words[:1] == ["fasterapi"] and len(words) > 1 and not words[1].startswith("-"):
        group: Any = typer.main.get_command(command_line)
        command = group.commands.get(words[1])
        assert command is not None, f"{place}: no such command"
        ends = [i for i, word in enumerate(words) if word in ("|", ">", "&", "&&", "||")]
        command.make_context(words[1], words[2 : ends[0] if ends else None])
    if words[:1] == ["make"]:
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        asked = [word for word in words[1:] if "=" not in word and not word.startswith("-")]
        assert set(asked) <= set(targets), f"{place}: no such target"
    for word in words:
        if word.startswith(("examples/", "bench/", "tests/")) and word[-3:] in (".py", "txt"):
            assert (ROOT / word).exists(), f"{place}: no such file"


@pytest.mark.parametrize("page", [pytest.param(page, id=name_of(page)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    outside_code = BLOCK.sub("", page.read_text("utf-8"))
    for link in LINK.findall(outside_code):
        target, _, anchor = link.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = Path(os.path.normpath(page.parent / target)) if target else page
        assert file.exists(), f"{name_of(page)}: {link} leads nowhere"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{name_of(page)}: no heading for {link}"


def anchors(page: Path) -> set[str]:
    text = BLOCK.sub("", page.read_text("utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in headings}


def test_measured_tables_are_those_of_a_kept_run() -> None:
    page = (ROOT / "docs/performance.md").read_text("utf-8")
    kept = ROOT / re.search(r"bench/results/\S+-asgi-\w+\.json", page)[0]  # type: ignore[index]
    if not kept.exists():  # a source distribution has no results
        pytest.skip(f"{kept.name} is not here")
    for framework, figures in json.loads(kept.read_text())["figures"].items():
        cells = [f"{entry['us']:.2f}" for entry in figures.values()]
        assert " | ".join(cells) in page, f"{framework}: the page has other figures"


REFERENCE = sorted((ROOT / "docs/reference").glob("*.md"))


@pytest.mark.parametrize("page", REFERENCE, ids=name_of)
def test_reference_names_what_exists(page: Path) -> None:
    for name in re.findall(r"^::: ([\w.]+)$", page.read_text("utf-8"), re.MULTILINE):
        assert pydoc.locate(name) is not None, f"{name_of(page)}: no {name}"


def test_benchmark_compares_the_same_program() -> None:
    macro = ROOT / "bench/macro"
    theirs, ours = ((macro / f"{name}_app.py").read_text() for name in ("fastapi", "fasterapi"))
    changed = re.sub(r"^from fastapi\b", "from fasterapi", theirs, flags=re.MULTILINE)
    # The first line says what the file is; the sorted imports may differ in empty lines.
    code = [[line for line in text.splitlines()[1:] if line] for text in (changed, ours)]
    assert code[0] == code[1]
