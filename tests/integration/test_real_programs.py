"""Three programs of the shapes that people have, unchanged on FastAPI and on FasterAPI.

The sources in examples/ are copied, for FastAPI with the import's name changed.
"""

import hashlib
import importlib
import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Load = Callable[[str], ModuleType]


@pytest.fixture(params=["fastapi", "fasterapi"])
def load(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Load]:
    """A function that imports the ``main`` of an example on the framework of that name."""
    pytest.importorskip(request.param)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)

    def load_example(example: str) -> ModuleType:
        package = tmp_path / f"{example}_on_{request.param}"
        package.mkdir()
        for source in (EXAMPLES / example).glob("*.py"):
            text = re.sub(r"\bfasterapi\b", request.param, source.read_text("utf-8"))
            (package / source.name).write_text(text, "utf-8")
        return importlib.import_module(f"{package.name}.main")

    yield load_example
    for name in [name for name in sys.modules if f"_on_{request.param}" in name]:
        del sys.modules[name]
    if "sqlmodel" in sys.modules:  # its tables would be defined twice
        sqlmodel = sys.modules["sqlmodel"]
        sqlmodel.SQLModel.metadata.clear()
        sqlmodel.main.default_registry.dispose()


# --- a template with users, login and items -------------------------------------------------------

ADMIN = ("admin@example.com", "admin password")


@pytest.fixture
def template(load: Load, tmp_path: Path) -> Iterator[TestClient]:
    pytest.importorskip("sqlmodel")
    app = load("fullstack_template").create_app(f"sqlite:///{tmp_path / 'test.sqlite3'}", ADMIN)
    with TestClient(app) as client:
        yield client


def log_in(client: TestClient, email: str, password: str) -> dict[str, str]:
    form = {"username": email, "password": password}
    answer = client.post("/api/login/access-token", data=form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def sign_up(client: TestClient, name: str) -> dict[str, str]:
    entry = {"email": f"{name}@example.com", "password": "a good password", "full_name": name}
    answer = client.post("/api/users/signup", json=entry)
    assert answer.status_code == 201, answer.text
    assert answer.json().keys() == {"id", "email", "full_name", "is_superuser"}
    return log_in(client, entry["email"], entry["password"])


def test_template_users(template: TestClient) -> None:
    ana = sign_up(template, "ana")
    assert template.get("/api/users/me", headers=ana).json()["full_name"] == "ana"
    changed = template.patch("/api/users/me", headers=ana, json={"full_name": "Ana M."})
    assert changed.json()["full_name"] == "Ana M."
    assert template.get("/api/users/", headers=ana).status_code == 403
    users = template.get("/api/users/?limit=1", headers=log_in(template, *ADMIN)).json()
    assert (users["count"], [user["email"] for user in users["data"]]) == (2, [ADMIN[0]])
    assert template.delete("/api/users/me", headers=ana).status_code == 204
    gone = template.get("/api/users/me", headers=ana)
    assert (gone.status_code, gone.json()) == (404, {"detail": "User not found"})


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"email": "no address", "password": "a good password"}, "email"),
        ({"email": "a@example.com", "password": "short"}, "password"),
        ({"email": "a@example.com"}, "password"),
    ],
)
def test_template_refuses_bad_users(template: TestClient, entry: Any, field: str) -> None:
    answer = template.post("/api/users/signup", json=entry)
    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["detail"]] == [["body", field]]


def test_template_login(template: TestClient) -> None:
    sign_up(template, "ana")
    again = {"email": "ana@example.com", "password": "another password"}
    assert template.post("/api/users/signup", json=again).status_code == 409
    wrong = {"username": "ana@example.com", "password": "wrong"}
    assert template.post("/api/login/access-token", data=wrong).status_code == 400
    assert template.post("/api/login/access-token", json=wrong).status_code == 422
    missing = template.get("/api/items/")
    assert (missing.status_code, missing.headers["www-authenticate"]) == (401, "Bearer")
    forged = template.get("/api/items/", headers={"Authorization": "Bearer forged"})
    assert forged.status_code == 403


def test_template_items(template: TestClient) -> None:
    ana, rui = sign_up(template, "ana"), sign_up(template, "rui")
    for title in ("one", "two", "three"):
        answer = template.post("/api/items/", headers=ana, json={"title": title})
        assert answer.status_code == 201, answer.text
    item = answer.json()
    page = template.get("/api/items/?skip=1&limit=1", headers=ana).json()
    assert (page["count"], [row["title"] for row in page["data"]]) == (3, ["two"])
    assert template.get("/api/items/", headers=rui).json() == {"data": [], "count": 0}
    path = f"/api/items/{item['id']}"
    assert template.get(path, headers=rui).status_code == 403
    changed = template.patch(path, headers=ana, json={"description": "long"})
    assert changed.json() == {**item, "description": "long"}
    assert template.get(path, headers=log_in(template, *ADMIN)).status_code == 200
    assert template.delete(path, headers=ana).status_code == 204
    assert template.get(path, headers=ana).status_code == 404
    assert template.get("/api/items/?limit=1000", headers=ana).status_code == 422


def test_template_document_and_cors(template: TestClient) -> None:
    document = template.get("/api/openapi.json").json()
    operations = {op["operationId"] for path in document["paths"].values() for op in path.values()}
    assert {"users-register", "login-log_in", "items-read_item", "utils-health_check"} < operations
    assert "OAuth2PasswordBearer" in document["components"]["securitySchemes"]
    origin = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "PATCH"}
    answer = template.options("/api/items/1", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert template.get("/api/utils/health-check").json() is True


# --- a file service -------------------------------------------------------------------------------


@pytest.fixture
def files(load: Load, tmp_path: Path) -> TestClient:
    return TestClient(load("file_service").create_app(tmp_path / "stored", most_bytes=100_000))


def test_files_are_uploaded_and_listed(files: TestClient, tmp_path: Path) -> None:
    data = bytes(range(256)) * 300
    upload = [("files", ("a.bin", data)), ("files", ("b.txt", b"x\ny\n", "text/plain"))]
    answer = files.post("/files", files=upload, data={"note": "two"})
    assert answer.status_code == 201, answer.text
    first = answer.json()[0]
    digest = hashlib.sha256(data).hexdigest()
    assert first == {"name": "a.bin", "size": len(data), "sha256": digest, "note": "two"}
    assert files.get("/files").json() == {"a.bin": len(data), "b.txt": 4}
    assert files.app.state.journal == ["a.bin", "b.txt"]  # type: ignore[attr-defined]
    assert (tmp_path / "stored" / "a.bin").read_bytes() == data


def test_bad_uploads_leave_nothing(files: TestClient) -> None:
    assert files.post("/files", files={"files": ("big", bytes(100_001))}).status_code == 413
    assert files.put("/files/big", content=bytes(100_001)).status_code == 413
    assert files.post("/files", files={"files": ("..", b"x")}).status_code == 422
    assert files.post("/files", data={"note": "x"}).status_code == 422
    assert files.put("/files/.hidden", content=b"x").status_code == 422
    assert files.get("/files").json() == {}


@pytest.mark.parametrize(
    ("asked", "status", "content", "content_range"),
    [
        (None, 200, b"0123456789", None),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=20-30", 416, None, "bytes */10"),
    ],
)
def test_ranges(
    files: TestClient, asked: str | None, status: int, content: bytes | None, content_range: Any
) -> None:
    assert files.put("/files/digits", content=b"0123456789").status_code == 204
    answer = files.get("/files/digits", headers={"Range": asked} if asked else {})
    assert answer.status_code == status
    assert content is None or answer.content == content
    assert answer.headers.get("content-range") in (content_range, f"*/{10}")
    assert files.head("/files/digits").status_code == 405


def test_range_of_a_changed_file_is_the_whole(files: TestClient) -> None:
    files.put("/files/digits", content=b"0123456789")
    headers = {"Range": "bytes=0-1", "If-Range": '"another"'}
    assert files.get("/files/digits", headers=headers).content == b"0123456789"


def test_streams(files: TestClient) -> None:
    files.put("/files/log", content=b"one\ntwo\nthree\n")
    answer = files.get("/files/log/lines?contains=t")
    assert answer.text == "two\nthree\n"
    assert "content-length" not in answer.headers
    files.put("/files/other", content=b"x" * 1000)
    with zipfile.ZipFile(io.BytesIO(files.get("/archive.zip").content)) as archive:
        assert {entry.filename: entry.file_size for entry in archive.infolist()} == {
            "log": 14,
            "other": 1000,
        }


def test_file_goes_away(files: TestClient) -> None:
    files.put("/files/log", content=b"x")
    assert files.delete("/files/log").status_code == 204
    missing = files.get("/files/log")
    assert (missing.status_code, missing.json()) == (404, {"detail": "there is no file 'log'"})


# --- a chat ---------------------------------------------------------------------------------------


@pytest.fixture
def chat(load: Load) -> Iterator[TestClient]:
    with TestClient(load("chat").create_app()) as client:
        yield client


def test_people_talk(chat: TestClient) -> None:
    with chat.websocket_connect("/rooms/lobby/ws?name=ana") as ana:
        assert ana.receive_json() == {"id": 1, "name": "room", "text": "ana came"}
        with chat.websocket_connect("/rooms/lobby/ws?name=rui") as rui:
            assert ana.receive_json() == rui.receive_json()
            rui.send_json({"text": "hello"})
            assert ana.receive_json() == rui.receive_json()
            ana.send_json({"text": ""})
            assert "at least 1 character" in ana.receive_json()["error"]
        assert ana.receive_json()["text"] == "rui went"
    said = chat.get("/rooms/lobby/messages?after=1").json()
    assert [entry["text"] for entry in said[:3]] == ["rui came", "hello", "rui went"]
    assert chat.get("/rooms/other/messages").json() == []


@pytest.mark.parametrize("query", ["", "?name=", "?name=%20", f"?name={'x' * 21}", "?name=ana"])
def test_refused_people(chat: TestClient, query: str) -> None:
    with (
        chat.websocket_connect("/rooms/lobby/ws?name=ana"),
        pytest.raises(WebSocketDisconnect) as refused,
        chat.websocket_connect(f"/rooms/lobby/ws{query}"),
    ):
        pass
    assert refused.value.code == 1008


def test_events_of_what_was_said(chat: TestClient) -> None:
    for text in ("one", "two", "three"):
        answer = chat.post("/rooms/lobby/messages", json={"text": text}, headers={"x-name": "ana"})
        assert answer.status_code == 201
    answer = chat.get("/rooms/lobby/events?limit=2", headers={"Last-Event-ID": "1"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [dict(line.split(": ", 1) for line in block.splitlines())
              for block in answer.text.strip().split("\n\n")]  # fmt: skip
    assert [(event["id"], event["event"]) for event in events] == [
        ("2", "message"),
        ("3", "message"),
    ]
    assert '"text":"two"' in events[0]["data"].replace('": "', '":"')


def test_pages_and_bad_requests(chat: TestClient) -> None:
    assert "<title>Chat</title>" in chat.get("/").text
    assert chat.get("/rooms/no-name/messages").status_code == 404
    assert chat.post("/rooms/lobby/messages", json={"text": "x"}).status_code == 422
    assert chat.delete("/rooms/lobby/readers").status_code == 204
