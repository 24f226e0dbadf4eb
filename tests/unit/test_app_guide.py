"""The programs in docs/guide/app.md run and do what the text says."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fasterapi.testclient import TestClient

GUIDE = Path(__file__).parents[2] / "docs/guide/app.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def client_of(containing: str) -> TestClient:
    """Return a client of the one program that contains the text."""
    (source,) = [program for program in PROGRAMS if containing in program]
    module: Any = ModuleType("guide")
    exec(compile(source, str(GUIDE), "exec"), module.__dict__)
    return TestClient(module.app, follow_redirects=False)


@pytest.mark.parametrize("source", PROGRAMS)
def test_every_program_makes_an_app(source: str) -> None:
    line = next(line for line in source.splitlines() if line.startswith("def ") or "def " in line)
    assert client_of(line).get("/openapi.json").status_code == 200


def test_compute() -> None:
    answer = client_of("def compute").get("/compute/3")
    assert answer.json() == {"value": 3, "square": 9}
    assert answer.headers["x-unit"] == "none"


def test_note() -> None:
    client = client_of("def save")
    answer = client.post("/notes/7?draft=yes", json=[1], headers={"cookie": "session=s"})
    assert answer.json()["session"] == "s"
    assert (answer.json()["id"], answer.json()["draft"], answer.json()["note"]) == ("7", "yes", [1])
    assert client.post("/notes/7", content="{").status_code == 422


def test_login() -> None:
    client = client_of("def login")
    assert client.post("/login", json={"password": "x"}).status_code == 401
    answer = client.post("/login", json={"password": "open sesame"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    page = client.get("/")
    assert (page.text, page.headers["etag"]) == ("<h1>Hello</h1>", '"1"')
    assert client.get("/", headers={"if-none-match": '"1"'}).status_code == 304


def test_declared_parameters() -> None:
    client = client_of("def current_user")
    sent: Any = {"json": {"name": "cup"}, "headers": {"x-user": "ana"}}
    answer = client.post("/shops/1/items?count=2", **sent)
    assert answer.status_code == 201
    assert answer.json() == {
        "shop": 1,
        "item": {"name": "cup"},
        "count": 2,
        "user": "ana",
        "from": "testclient",
    }
    assert client.post("/shops/1/items?count=10", **sent).status_code == 422
    assert client.post("/shops/1/items", json={"name": "cup"}).status_code == 401


def test_router() -> None:
    answer = client_of("Router(prefix").get("/users/ana")
    assert answer.text == "Hello, ana"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
