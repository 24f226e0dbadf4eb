"""Files: none but those of the directory, and never more bytes than they have."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from fasterapi import APIRouter, BackgroundTasks, FastAPI, Request
from fasterapi.responses import FileResponse, StreamingResponse
from fasterapi.staticfiles import StaticFiles
from tests.hardening.doors import Answer, ask, make_app, scope_of

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "static"
    (root / "folder").mkdir(parents=True)
    (root / "a.bin").write_bytes(CONTENT)
    (root / "empty").write_bytes(b"")
    (root / "folder" / "b.txt").write_text("b")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "static2").mkdir()
    (tmp_path / "static2" / "secret").write_text("secret")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "linked").symlink_to(tmp_path / "static2")
    return root


@pytest.fixture
def app(root: Path) -> FastAPI:
    app = FastAPI()
    app.mount("/static", StaticFiles(directory=root))
    return app


# --- S1: names ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "/../secret",
        "/../static2/secret",
        "/folder/../../secret",
        "/..%2fsecret",
        "/%2e%2e/secret",
        "/..\\secret",
        "/....//secret",
        "//etc/passwd",
        "///etc/passwd",
        "/\0",
        "/a.bin\0.txt",
        "/link",
        "/linked/secret",
        "/folder",
        "/folder/",
        "/",
        "/.",
        "/..",
        "/CON",
        "/NUL.txt",
        "/C:",
        "/C:\\x",
        "/\\\\host\\share",
        "/" + "x" * 300,
        "/" + "x/" * 5000,
        "/a.bin/b",
        "/\ud800",
        "/~root",
        "/a.bin ",
        "/a.bin.",
    ],
    ids=lambda name: repr(name)[:30],
)
def test_nothing_but_files_inside_is_found(app: FastAPI, name: str) -> None:
    answer = ask(app, f"/static{name}")
    assert (answer.status, answer.error) == (404, None), answer
    assert b"secret" not in answer.body


@pytest.mark.parametrize("path", ["/static2/secret", "/staticx", "/static/../secret", "/static"])
def test_names_beside_the_mount_are_not_the_mount(app: FastAPI, path: str) -> None:
    assert ask(app, path).status in (307, 404)


@pytest.mark.parametrize("method", ["POST", "DELETE", "__init__", "get", "\N{KELVIN SIGN}"])
def test_other_methods_are_refused(app: FastAPI, method: str) -> None:
    assert ask(app, "/static/a.bin", method=method).status == 405


# --- S2: ranges -----------------------------------------------------------------------------


def ranged(app: FastAPI, value: str, path: str = "/static/a.bin", method: str = "GET") -> Answer:
    return ask(app, path, method=method, headers=[(b"range", value.encode("latin-1"))])


@pytest.fixture
def both(door: str, root: Path) -> FastAPI:
    """Files of a mount and of a handler."""

    def build(app: FastAPI) -> None:
        @app.get("/file")
        async def file() -> FileResponse:
            return FileResponse(root / "a.bin")

        @app.get("/declared", response_class=FileResponse)
        async def declared() -> str:
            return str(root / "a.bin")

        app.mount("/static", StaticFiles(directory=root))
        router = APIRouter()
        router.mount("/static", StaticFiles(directory=root))
        app.include_router(router, prefix="/included")
        app.frontend("/frontend", directory=root)

    return make_app(door, build)


PATHS = [
    *("/static/a.bin", "/included/static/a.bin", "/frontend/a.bin"),
    *("/file", "/declared"),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "value", ["items=0-1", "items=1-5, 7-9", "seconds=1-", "bytesx=0-1", "=0-1"]
)
def test_unknown_unit_is_ignored(both: FastAPI, path: str, value: str) -> None:
    answer = ranged(both, value, path)
    assert (answer.status, answer.body) == (200, CONTENT)


def test_unknown_unit_is_seen_by_the_program(door: str, root: Path) -> None:
    seen = []

    def build(app: FastAPI) -> None:
        @app.get("/file")
        async def file(request: Request, tasks: BackgroundTasks) -> FileResponse:
            tasks.add_task(lambda: seen.append(request.headers["range"]))
            return FileResponse(root / "a.bin")

        @app.middleware("http")
        async def look(request: Request, call_next: Any) -> Any:
            response = await call_next(request)
            seen.append(request.headers["range"])
            return response

    answer = ranged(make_app(door, build), "items=0-1", "/file")
    assert (answer.status, answer.body) == (200, CONTENT)
    assert seen == ["items=0-1"] * 2


def test_starlette_outside_of_an_application_is_as_it_was(root: Path) -> None:
    assert ranged(StaticFiles(directory=root), "items=0-1", "/a.bin").status == 400


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-9", CONTENT[:10]),
        ("bytes=-4", CONTENT[-4:]),
        ("bytes=1020-", CONTENT[1020:]),
        ("bytes=0-99999999999999999999", CONTENT),
        ("Bytes=0-0", CONTENT[:1]),
        ("bytes=0-1,1-2,2-3", CONTENT[:4]),
        ("bytes=" + ",".join(["0-"] * 90), CONTENT),
        ("bytes=-99999", CONTENT),
    ],
)
def test_ranges_are_merged_and_cut(both: FastAPI, path: str, value: str, expected: bytes) -> None:
    answer = ranged(both, value, path)
    assert (answer.status, answer.body) == (206, expected)
    assert answer.header("content-length") == str(len(expected))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "value",
    [
        "bytes=" + ",".join(f"{i}-{i}" for i in range(5000)),
        "bytes=" + ",".join(f"{2 * i}-{2 * i}" for i in range(101)),
        "bytes=" + "0-," * 50_000,
    ],
)
def test_too_many_ranges_are_not_served(both: FastAPI, path: str, value: str) -> None:
    began = time.monotonic()
    answer = ranged(both, value, path)
    assert time.monotonic() - began < 2
    assert answer.error is None
    assert answer.status in (200, 400, 416)
    assert len(answer.body) <= len(CONTENT)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "value",
    [
        "bytes=5-2", "bytes=-0", "bytes=1024-", "bytes=99999-100000", "bytes=", "bytes=-", "bytes",
        "bytes=a-b", "bytes=--1", "bytes=0-1-2", "bytes=0x1-2", "bytes=9" * 100, "", "bytes=1e3-",
        "bytes=\xb2-3", "bytes=0-0,-0", "bytes= ,,, ",
    ],
)  # fmt: skip
def test_ranges_that_are_none_are_no_server_error(both: FastAPI, path: str, value: str) -> None:
    answer = ranged(both, value, path)
    assert answer.error is None
    assert answer.status in (200, 206, 400, 416), answer
    assert len(answer.body) <= len(CONTENT) + 1000


def test_several_ranges_have_the_announced_length(both: FastAPI) -> None:
    answer = ranged(both, "bytes=0-9,100-109,1000-")
    assert answer.status == 206
    assert answer.header("content-length") == str(len(answer.body))


@pytest.mark.parametrize("value", ["bytes=0-", "bytes=-1", "bytes=0-0"])
def test_ranges_of_an_empty_file(both: FastAPI, value: str) -> None:
    answer = ranged(both, value, "/static/empty")
    assert answer.error is None
    assert answer.status in (200, 416)
    assert answer.body in (b"", b"Range Not Satisfiable")


def test_head_with_range_has_no_body(both: FastAPI) -> None:
    answer = ranged(both, "bytes=0-9", method="HEAD")
    assert answer.body == b""
    assert answer.status in (200, 206)


# --- S3: clients that leave -----------------------------------------------------------------


def leave(app: Any, path: str, *, spec: str, after: int = 1, breaks: bool) -> None:
    """Ask for *path* and go away once *after* pieces of the body have come."""
    pieces = 0
    gone = asyncio.Event()

    async def receive() -> Any:
        if not breaks:
            await gone.wait()
            return {"type": "http.disconnect"}
        return await asyncio.sleep(30, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        nonlocal pieces
        pieces += message["type"] == "http.response.body"
        if pieces >= after:
            gone.set()
            if breaks:
                raise OSError("connection lost")
        await asyncio.sleep(0)

    async def main() -> None:
        scope = {**scope_of(path), "asgi": {"version": "3.0", "spec_version": spec}}
        async with asyncio.timeout(1):
            await app(scope, receive, send)

    asyncio.run(main())


@pytest.fixture
def closed() -> list[str]:
    return []


@pytest.fixture
def streams(door: str, closed: list[str], tmp_path: Path) -> FastAPI:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 2**20)

    async def numbers() -> Any:
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0)
        finally:
            closed.append("async")

    def build(app: FastAPI) -> None:
        @app.get("/response")
        async def response() -> StreamingResponse:
            return StreamingResponse(numbers())

        @app.get("/yielded")
        async def yielded() -> Any:
            try:
                while True:
                    yield {"a": 1}
            finally:
                closed.append("async")

        @app.get("/file")
        async def file() -> FileResponse:
            return FileResponse(large)

    return make_app(door, build)


@pytest.mark.parametrize("path", ["/response", "/yielded"])
def test_generator_is_closed_when_the_client_says_goodbye(
    streams: FastAPI, closed: list[str], path: str
) -> None:
    leave(streams, path, spec="2.3", breaks=False)
    assert closed == ["async"]


@pytest.mark.parametrize("path", ["/response", "/yielded"])
def test_generator_is_closed_when_sending_fails(
    streams: FastAPI, closed: list[str], path: str, caplog: pytest.LogCaptureFixture
) -> None:
    from starlette.requests import ClientDisconnect

    with pytest.raises((ClientDisconnect, OSError)):
        leave(streams, path, spec="2.4", breaks=True)
    assert closed == ["async"]
    assert caplog.text == ""


@pytest.mark.parametrize(("spec", "breaks"), [("2.3", False), ("2.4", True)])
def test_file_is_closed(streams: FastAPI, spec: str, breaks: bool) -> None:
    opened = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        try:
            leave(streams, "/file", spec=spec, breaks=breaks)
        except OSError:
            assert breaks
    assert len(list(Path("/proc/self/fd").iterdir())) <= opened
