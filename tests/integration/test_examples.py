"""Every program in examples/ runs and does what it says."""

import hashlib
import json
import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from fasterapi.testclient import TestClient

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """A client of the example that the test's name begins with."""
    example = request.node.originalname.removeprefix("test_").partition("__")[0]
    with TestClient(import_module(f"examples.{example}").app) as client:
        yield client


def test_every_example_has_a_test() -> None:
    names = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    tested = {name.partition("__")[0].removeprefix("test_") for name in globals()}
    assert names <= tested, f"no test for {sorted(names - tested)}"


def test_compute__returns_powers(client: TestClient) -> None:
    answer = client.get("/compute/3")
    assert answer.json() == {"value": 3, "square": 9, "cube": 27}
    assert answer.headers["cache-control"] == "max-age=3600"
    assert client.get("/compute/-2").json()["cube"] == -8
    for bad in ("x", "1.5", "1000001", "9" * 5000):
        assert client.get(f"/compute/{bad}").status_code == 422


def test_short_style__keeps_notes(client: TestClient) -> None:
    import_module("examples.short_style").notes.clear()
    assert client.post("/name", content="ana", follow_redirects=False).status_code == 303
    added = client.post("/notes", json={"text": "buy tea"})
    assert (added.status_code, added.headers["location"]) == (201, "/notes/1")
    assert added.json() == {"id": 1, "text": "buy tea", "author": "ana"}
    assert client.post("/notes", data={"text": "drink it"}).status_code == 201
    assert client.post("/notes", json={}).status_code == 422
    assert [note["id"] for note in client.get("/notes?word=tea").json()] == [1]
    assert client.get("/notes/2").json()["text"] == "drink it"
    text = client.get("/notes/2/text")
    assert (text.text, text.headers["content-type"]) == ("drink it", "text/plain; charset=utf-8")
    known = {"If-None-Match": text.headers["etag"]}
    assert client.get("/notes/2/text", headers=known).status_code == 304
    assert client.get("/notes/9").status_code == 404


def test_gzip_middleware__compresses_long_answers_only(client: TestClient) -> None:
    answer = client.get("/numbers", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == list(range(1000))
    short = client.get("/numbers?count=3", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in short.headers
    assert short.json() == [0, 1, 2]


def test_process_time__is_in_a_header(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.json() == {"message": "hello"}
    assert 0 < float(answer.headers["x-process-time"]) < 5
    assert "x-process-time" in client.get("/missing").headers


def test_background_tasks__run_after_the_answer(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "examples.background")
    answer = client.post("/orders/7/confirm", json={"email": "ana@example.com"})
    assert answer.status_code == 202
    assert "receipt sent order=7" in caplog.messages
    assert client.post("/orders/7/confirm", json={}).status_code == 422


def test_lifespan__holds_what_requests_need() -> None:
    example = import_module("examples.lifespan")
    with TestClient(example.app) as client:
        assert client.get("/words/chá").json() == {"word": "chá", "translation": "tea"}
        assert client.get("/words/x").json()["translation"] is None


def test_static_files__stand_beside_the_api(client: TestClient) -> None:
    assert client.get("/api/hello").json() == {"message": "hello"}
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "A file from a folder" in page.text
    assert client.get("/style.css").headers["content-type"].startswith("text/css")
    for path in ("/missing.css", "/..%2fstatic_files.py", "/%2e%2e/static_files.py"):
        assert client.get(path).status_code == 404


def test_cursor_pagination__shows_each_book_once(client: TestClient) -> None:
    seen: list[int] = []
    cursor: int | None = 0
    while cursor is not None:
        page = client.get("/books", params={"limit": 100, "cursor": cursor}).json()
        seen += [book["id"] for book in page["items"]]
        cursor = page["next_cursor"]
    assert seen == list(range(1, 251))


@pytest.mark.parametrize("query", ["limit=101", "limit=0", "cursor=-1", "limit=x"])
def test_cursor_pagination__refuses_bad_pages(client: TestClient, query: str) -> None:
    assert client.get(f"/books?{query}").status_code == 422


@pytest.mark.parametrize("query", ["cursor=250", "cursor=999"])
def test_cursor_pagination__is_empty_after_the_end(client: TestClient, query: str) -> None:
    assert client.get(f"/books?{query}").json() == {"items": [], "next_cursor": None}


def test_stream_ndjson__sends_a_row_per_line(client: TestClient) -> None:
    answer = client.get("/squares?count=3")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "content-length" not in answer.headers
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert rows == [{"number": number, "square": number**2} for number in range(3)]


def test_too_many_requests__are_refused_with_a_time(client: TestClient) -> None:
    import_module("examples.too_many_requests").recent.clear()
    statuses = [client.get("/quote").status_code for _ in range(5)]
    assert statuses == [200] * 5
    answer = client.get("/quote")
    assert (answer.status_code, answer.json()) == (429, {"detail": "Too many requests"})
    assert 1 <= int(answer.headers["retry-after"]) <= 10


@pytest.mark.parametrize(
    ("name", "shown"), [("a.txt", "a.txt"), ("../../etc/passwd", "passwd"), ("C:\\x\\a", "a")]
)
def test_upload__is_read_in_pieces(client: TestClient, name: str, shown: str) -> None:
    data = b"0123456789" * 20_000
    answer = client.post("/files", files={"file": (name, data, "text/plain")})
    assert answer.status_code == 201
    assert answer.json() == {
        "name": shown,
        "content_type": "text/plain",
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def test_upload__needs_a_file_of_bearable_size(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.post("/files").status_code == 422
    monkeypatch.setattr(import_module("examples.upload"), "LARGEST_BYTES", 10)
    assert client.post("/files", files={"file": b"x" * 11}).status_code == 413


def test_etag__saves_the_body(client: TestClient) -> None:
    full = client.get("/terms")
    etag = full.headers["etag"]
    assert full.text.startswith("# Terms")
    for condition in (etag, f"W/{etag}", f'"old", {etag}', "*"):
        answer = client.get("/terms", headers={"If-None-Match": condition})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    changed: dict[str, Any] = {"If-None-Match": '"old"'}
    assert client.get("/terms", headers=changed).status_code == 200
