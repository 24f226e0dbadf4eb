"""``fasterapi doctor`` on small projects: what it says, about which line, and how it ends."""

import json
from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import CliRunner, Result

from fasterapi.cli import commands
from fasterapi.cli.doctor import Kind, examine

CLEAN = """
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.security import OAuth2PasswordBearer
from .models import Item

app = FastAPI()

@app.get("/items/{item_id}", response_model=Item)
async def read(item_id: int, db: Annotated[object, Depends()]) -> Item:
    return await db.fetchrow("select", item_id)

@app.get("/report")
def report(request: Request) -> str:
    return build_report(request)
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands.app, ["doctor", *arguments])


def found(tmp_path: Path, source: str, kind: Kind) -> list[tuple[int, str]]:
    """Return line and check of the findings of *kind* in a module with *source*."""
    (tmp_path / "main.py").write_text(dedent(source).lstrip("\n"), encoding="utf-8")
    return [(f.line, f.check) for f in examine(tmp_path).findings if f.kind is kind]


def test_clean_project(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text(CLEAN)
    for skipped in (".venv", "build", "node_modules"):
        (tmp_path / skipped).mkdir()
        (tmp_path / skipped / "bad.py").write_text("import fastapi.nothing")
    result = run(str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "1 files, 2 request handlers, 6 names imported from fastapi" in result.stdout
    assert "Everything runs unchanged" in result.stdout


def test_project_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("raise SystemExit(3)\n")
    assert run(str(tmp_path)).exit_code == 0


@pytest.mark.parametrize(
    ("source", "check"),
    [
        ("import fastapi.nothing", "missing-module"),
        ("from fastapi.nothing import x", "missing-module"),
        ("from fastapi.routing import nothing", "missing-name"),
        ("from fastapi.responses import ORJSONResponse", "response-class"),
        ("from fastapi_users import FastAPIUsers", "imports-fastapi"),
        ("import strawberry.fastapi", "imports-fastapi"),
        ("import fastapi\nfastapi.routing.serialize_response = 1", "patch"),
        ("from fastapi import routing\nrouting.APIRoute.handle = 1", "patch"),
        ("from fastapi import encoders\nencoders.x = 1", "patch"),
        ("from unittest import mock\nmock.patch('fastapi.routing.get_dependant')", "patch"),
        ("import starlette.requests as r\nsetattr(r.Request, 'body', 1)", "patch"),
        ("import fastapi\nprint(fastapi.__version__)", "version"),
        ("from importlib.metadata import version\nversion('fastapi')", "version"),
        ("def (", "syntax"),
        ("x = '\0'", "syntax"),
    ],
)
def test_to_look_at(tmp_path: Path, source: str, check: str) -> None:
    assert found(tmp_path, source, Kind.LOOK) == [(source.count("\n") + 1, check)]
    assert run(str(tmp_path)).exit_code == 1


@pytest.mark.parametrize(
    "source",
    [
        "from fastapi.dependencies.utils import solve_dependencies",
        "from fastapi.routing import _IncludedRouter",
        "import sentry_sdk",
    ],
)
def test_runs_although_one_might_doubt_it(tmp_path: Path, source: str) -> None:
    assert found(tmp_path, source, Kind.UNCHANGED)[0][0] == 1
    assert run(str(tmp_path)).exit_code == 0


@pytest.mark.parametrize(
    "source",
    [
        "from fastapi import *",
        "import fastapi.routing",
        "from fastapi import routing, status",
        "app.state.x = 1",
        "self.routing = 2",
        "from . import fastapi",
    ],
)
def test_nothing_to_say(tmp_path: Path, source: str) -> None:
    (tmp_path / "main.py").write_text(source)
    assert examine(tmp_path).findings == []


def test_blocking_calls(tmp_path: Path) -> None:
    source = """
        import time, requests
        from time import sleep
        @app.get("/a")
        async def a():
            sleep(1)
            def inner():
                time.sleep(1)
        @app.get("/b")
        def b():
            return requests.get("x")
        async def no_handler():
            time.sleep(1)
        """
    assert found(tmp_path, source, Kind.FASTER) == [(5, "blocking")]


def test_needless_threads(tmp_path: Path) -> None:
    source = """
        @app.get("/a")
        def a(x: int):
            return {"x": str(x), "item": Item(x=x)}
        @app.get("/b")
        def b(x: int):
            return load(x)
        @app.get("/c")
        def c():
            return db.Session()
        """
    assert found(tmp_path, source, Kind.FASTER) == [(2, "needless-thread")]


def test_encoding_and_validating_twice(tmp_path: Path) -> None:
    source = """
        from fastapi.encoders import jsonable_encoder
        @app.get("/a", response_model=Item)
        async def a():
            return Item(**await row())
        @app.get("/b")
        async def b() -> Item:
            return Item.model_validate(await row())
        @router.post("/c")
        async def c() -> Item:
            item = await make()
            return item.model_dump()
        @app.get("/d")
        async def d():
            return jsonable_encoder(await row())
        @app.get("/e", response_model=None)
        async def e() -> Item:
            return Item(**await row())
        @app.get("/f")
        async def f() -> Item:
            return Item(id=1)
        """
    assert found(tmp_path, source, Kind.FASTER) == [
        (4, "validated-twice"),
        (7, "validated-twice"),
        (11, "validated-twice"),
        (14, "jsonable-encoder"),
    ]


def test_middleware_and_route_classes(tmp_path: Path) -> None:
    source = """
        from starlette.middleware.base import BaseHTTPMiddleware
        from fastapi.routing import APIRoute
        class Plain(BaseHTTPMiddleware):
            async def dispatch(self, request, call_next): ...
        class Own(BaseHTTPMiddleware):
            async def __call__(self, scope, receive, send): ...
        class Timed(APIRoute):
            def get_route_handler(self): ...
        class Named(APIRoute):
            name = "x"
        """
    assert found(tmp_path, source, Kind.FASTER) == [(6, "middleware-call"), (7, "route-class")]


def test_queries_in_loops(tmp_path: Path) -> None:
    source = """
        async def a(session, items):
            for item in await session.scalars(select(Item)):
                await session.get(Owner, item.owner_id)
                cache.get(item)
            return [await self.db.fetch_one(x) for x in items]
        def b(cursor, names):
            while True:
                cursor.execute("x")
            return {n: settings.get(n) for n in names}
        """
    assert found(tmp_path, source, Kind.FASTER) == [(3, "n-plus-one"), (5, "n-plus-one")]


def test_json(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import fastapi.nothing\n")
    result = run(str(tmp_path), "--json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert data["findings"] == [
        {
            "file": "one.py",
            "line": 1,
            "kind": "look",
            "check": "missing-module",
            "text": "fastapi.nothing does not exist in FasterAPI",
        }
    ]
    assert (data["files"], data["counts"]["look"], data["is_unchanged"]) == (1, 1, False)


def test_place_is_shown_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("\nfrom fastapi.routing import nothing\n")
    result = run(str(tmp_path / "one.py"))
    assert "one.py:2: fastapi.routing.nothing does not exist in FasterAPI" in result.stdout


def test_project_that_is_not_there() -> None:
    result = run("no/such/folder")
    assert result.exit_code == 1
    assert "no/such/folder does not exist" in result.stderr
