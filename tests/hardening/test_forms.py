"""Forms that are too large, broken off, or made to confuse their parser (RFC 2046, RFC 7578)."""

import asyncio
import io
import time
from pathlib import Path
from typing import Any

import pytest
from starlette import formparsers

from fasterapi import FastAPI, File, Form, UploadFile
from fasterapi.datastructures import UploadFile as OurUploadFile
from fasterapi.forms import ClosingDelimiter, safe_filename, save_upload
from tests.hardening.doors import Answer, ask, make_app, scope_of

MULTIPART = "multipart/form-data; boundary=limit"
URLENCODED = "application/x-www-form-urlencoded"


def build(app: FastAPI) -> None:
    @app.post("/field")
    async def field(a: str = Form(), b: str = Form(default="")) -> dict[str, str]:
        return {"a": a, "b": b}

    @app.post("/optional")
    async def optional(a: str = Form(default="none")) -> str:
        return a

    @app.post("/files")
    async def files(files: list[UploadFile]) -> list[tuple[str | None, int]]:
        return [(file.filename, len(await file.read())) for file in files]

    @app.post("/bytes")
    def content(a: bytes = File()) -> int:
        return len(a)


@pytest.fixture
def app(door: str) -> FastAPI:
    return make_app(door, build)


def part(name: str, value: bytes, filename: str | None = None, headers: bytes = b"") -> bytes:
    named = b"" if filename is None else b'; filename="' + filename.encode() + b'"'
    return (
        b'--limit\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + named
        + b"\r\n" + headers + b"\r\n" + value + b"\r\n"
    )  # fmt: skip


END = b"--limit--\r\n"


def assert_refused(answer: Answer, *statuses: int) -> None:
    assert answer.error is None
    assert answer.status in (statuses or (400, 422)), answer
    assert "detail" in answer.json()


def test_whole_form_is_read(app: FastAPI) -> None:
    answer = ask(app, "/field", part("a", b"1") + part("b", b"2") + END, content_type=MULTIPART)
    assert (answer.status, answer.json()) == (200, {"a": "1", "b": "2"})


# --- M1: numbers and sizes ------------------------------------------------------------------


@pytest.mark.parametrize("filename", [None, "f"])
def test_5000_parts_are_refused(app: FastAPI, filename: str | None) -> None:
    body = part("files", b"x", filename) * 5000 + END
    assert_refused(ask(app, "/files", body, content_type=MULTIPART), 400, 413)


def test_100000_urlencoded_fields_are_refused(app: FastAPI) -> None:
    began = time.monotonic()
    assert_refused(ask(app, "/field", b"a=1&" * 100_000, content_type=URLENCODED), 400, 413)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("content_type", [MULTIPART, URLENCODED])
def test_field_of_2_mib_is_refused(app: FastAPI, content_type: str) -> None:
    value = b"x" * (2 * 2**20)
    body = part("a", value) + END if content_type == MULTIPART else b"a=" + value
    pieces = [body[i : i + 65536] for i in range(0, len(body), 65536)]
    assert_refused(ask(app, "/field", pieces, content_type=content_type), 400, 413)


@pytest.mark.parametrize("content_type", [MULTIPART, URLENCODED])
def test_limits_of_the_application_hold(door: str, content_type: str) -> None:
    app = make_app(door, build, form_limits={"max_fields": 1, "max_part_size": 10})
    two = {MULTIPART: part("a", b"1") + part("b", b"1") + END, URLENCODED: b"a=1&b=1"}
    long = {MULTIPART: part("a", b"x" * 11) + END, URLENCODED: b"a=" + b"x" * 11}
    for bodies in (two, long):
        assert_refused(ask(app, "/field", bodies[content_type], content_type=content_type), 400)


# --- M2: boundaries -------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/field", "/optional", "/files", "/bytes"])
@pytest.mark.parametrize(
    "body",
    [
        b"--limit",
        b"--limit\r\n",
        b"--limit\r\nContent-Dispo",
        part("a", b"1")[:-2],
        part("a", b"1"),
        part("a", b"1", "f"),
        part("a", b"1") + b"--limit",
        part("a", b"1") + b"--limit-",
        part("a", b"1") + part("b", b"half")[:-4],
        part("files", b"1", "f") + part("files", b"half", "g")[:-4],
        b"no boundary in here at all",
    ],
)
@pytest.mark.parametrize("size", [0, 1, 5])
def test_form_that_broke_off_is_an_error(app: FastAPI, path: str, body: bytes, size: int) -> None:
    pieces = [body[i : i + size] for i in range(0, len(body), size)] if size else [body]
    assert_refused(ask(app, path, pieces, content_type=MULTIPART), 400)


@pytest.mark.parametrize("end", [b"--limit--", b"--limit--\r\n", b"--limit--\r\nepilogue " * 9])
@pytest.mark.parametrize("size", [1, 2, 3, 8, 10_000])
def test_closing_boundary_is_found_on_every_split(app: FastAPI, end: bytes, size: int) -> None:
    body = part("a", b"1") + end
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    answer = ask(app, "/optional", pieces, content_type=MULTIPART)
    assert (answer.status, answer.json()) == (200, "1")


@pytest.mark.parametrize("size", range(1, 14))
def test_delimiter_is_seen_where_it_is(size: int) -> None:
    for text, is_seen in (
        (b"--B--", True), (b"x\r\n--B--", True), (b"x\r\n--B\r\n--B--rest", True),
        (b"x--B--", False), (b"\r\n--B-", False), (b"--b--", False), (b"\r\r\n--B--", True),
    ):  # fmt: skip
        delimiter = ClosingDelimiter(b"B")
        for i in range(0, len(text), size):
            delimiter.feed(text[i : i + size])
        assert delimiter.is_seen is is_seen, text


def test_empty_body_is_an_empty_form(app: FastAPI) -> None:
    answer = ask(app, "/optional", method="POST", headers=[(b"content-type", MULTIPART.encode())])
    assert (answer.status, answer.json()) == (200, "none")


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 300,
        'multipart/form-data; boundary="' + "\\" * 3000,
        "multipart/form-data; boundary=\xff",
        "multipart/form-data; charset=nonsense",
        "multipart/form-data; charset=utf-16; boundary=",
    ],
)
def test_boundary_that_is_none_is_refused(app: FastAPI, content_type: str) -> None:
    body = part("a", b"1") + END
    began = time.monotonic()
    assert_refused(ask(app, "/field", body, content_type=content_type), 400, 422)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("filler", [b"\r\n", b"\r", b"\n", b"-", b"\r\n--limi"])
@pytest.mark.parametrize("place", ["before", "inside", "after"])
def test_megabytes_of_line_breaks_take_linear_time(app: FastAPI, filler: bytes, place: str) -> None:
    noise = filler * (2 * 2**20 // len(filler))
    whole = part("files", noise if place == "inside" else b"1", "f")
    body = {"before": noise + whole + END, "inside": whole + END, "after": whole + END + noise}
    pieces = [body[place][i : i + 65536] for i in range(0, len(body[place]), 65536)]
    began = time.monotonic()
    answer = ask(app, "/files", pieces, content_type=MULTIPART)
    assert time.monotonic() - began < 10
    assert answer.error is None
    assert answer.status in (200, 400)
    if place == "inside":
        assert answer.json() == [["f", len(noise)]]


@pytest.mark.parametrize("data", [b"limit", b"--limit", b"\r\n--limi", b"\r\n--LIMIT--\r\n", b"-"])
def test_data_may_look_like_a_boundary(app: FastAPI, data: bytes) -> None:
    answer = ask(app, "/bytes", part("a", data, "f") + END, content_type=MULTIPART)
    assert (answer.status, answer.json()) == (200, len(data))


# --- M3: headers of parts -------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [b"X: " + b"y" * 100_000 + b"\r\n", b"X-%d: y\r\n" * 1000, b"X" * 100_000 + b": y\r\n"],
    ids=["long value", "many", "long name"],
)
def test_too_many_part_headers_are_refused(app: FastAPI, headers: bytes) -> None:
    if b"%d" in headers:
        headers = b"".join(b"X-%d: y\r\n" % i for i in range(1000))
    body = part("a", b"1", headers=headers) + END
    assert_refused(ask(app, "/field", body, content_type=MULTIPART), 400)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Content-Disposition: form-data\r\n",
        b"Content-Disposition:\r\n",
        b"Content-Disposition: form-data; filename=x\r\n",
        b"Content-Disposition: attachment; nam\r\n",
        b": x\r\n",
        b"no colon\r\n",
    ],
)
def test_part_without_a_name_is_refused(app: FastAPI, head: bytes) -> None:
    body = b"--limit\r\n" + head + b"\r\n1\r\n" + END
    assert_refused(ask(app, "/field", body, content_type=MULTIPART))


def test_plain_file_name_wins_over_the_encoded_one(app: FastAPI) -> None:
    body = part("files", b"x", "plain.txt").replace(
        b'"plain.txt"', b"\"plain.txt\"; filename*=UTF-8''other.txt"
    )
    answer = ask(app, "/files", body + END, content_type=MULTIPART)
    assert answer.json() == [["plain.txt", 1]]


def test_crafted_options_take_linear_time(app: FastAPI) -> None:
    began = time.monotonic()
    for options in (b'; a="' + b"\\" * 100_000, b";" * 100_000, b'; x="' * 20_000):
        body = part("a", b"1").replace(b'name="a"', b'name="a"' + options) + END
        assert_refused(ask(app, "/field", body, content_type=MULTIPART))
        content_type = "multipart/form-data" + options.decode()
        answer = ask(app, "/field", b"x", content_type=content_type)
        assert_refused(answer)
    assert time.monotonic() - began < 5


# --- M4: file names -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\x.txt", "x.txt"),
        ("C:x.txt", "C_x.txt"),
        ("/etc/passwd", "passwd"),
        ("a\0.txt", "a_.txt"),
        ("a\r\nb", "a__b"),
        ("NUL", "_NUL"),
        ("nul.txt", "_nul.txt"),
        ("com1.log", "_com1.log"),
        ("console.txt", "console.txt"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        (None, "file"),
        ("dir/", "file"),
        (".htaccess", "htaccess"),
        ("name. . ", "name"),
        ("ä\ud800.txt", "ä_.txt"),
        ("x" * 300 + ".tar", "x" * 251 + ".tar"),
        ("ä" * 300, "ä" * 127),
        ('a<b>:"|?*', "a_b______"),
    ],
)
def test_safe_name_is_one_plain_component(raw: str | None, safe: str) -> None:
    assert safe_filename(raw) == safe
    assert safe_filename(safe) == safe


def upload(name: str | None, content: bytes = b"data") -> UploadFile:
    return OurUploadFile(io.BytesIO(content), filename=name)


def test_upload_is_saved_in_its_directory(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    file = upload("../../x.txt")
    assert asyncio.run(save_upload(file, inside)) == inside / "x.txt"
    assert (inside / "x.txt").read_bytes() == b"data"
    assert list(tmp_path.iterdir()) == [inside]
    assert file.file.tell() == 0


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "..", "NUL", "a\0", "/x", "C:\\x"])
def test_saving_refuses_names_that_are_paths(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name must be a plain file name"):
        asyncio.run(save_upload(upload("x"), tmp_path, name=name))
    assert list(tmp_path.iterdir()) == []


def test_saving_follows_no_link_and_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "there").write_text("old")
    for name in ("link", "there"):
        with pytest.raises(FileExistsError):
            asyncio.run(save_upload(upload(name), tmp_path))
    assert not (tmp_path / "target").exists()
    assert (tmp_path / "there").read_text() == "old"


# --- M5: files on disk ----------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The temporary files of uploads."""
    files: list[Any] = []
    original = formparsers.SpooledTemporaryFile

    def make(*args: Any, **kwargs: Any) -> Any:
        files.append(original(*args, **kwargs))
        return files[-1]

    monkeypatch.setattr(formparsers, "SpooledTemporaryFile", make)
    return files


LARGE = part("files", b"x" * (3 * 2**20), "f")


@pytest.mark.parametrize("end", [END, b"", b"--limit\r\nbroken\r\n\r\n" + END])
def test_files_are_closed_whatever_happens(app: FastAPI, opened: list[Any], end: bytes) -> None:
    body = LARGE + end
    pieces = [body[i : i + 65536] for i in range(0, len(body), 65536)]
    answer = ask(app, "/files", pieces, content_type=MULTIPART)
    assert answer.status == (200 if end == END else 400)
    assert opened
    assert all(file.closed for file in opened)


def test_files_are_closed_when_the_client_leaves(door: str, opened: list[Any]) -> None:
    app = make_app(door, build)
    incoming = [
        {"type": "http.request", "body": LARGE[: 2**21], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = scope_of("/files", method="POST", headers=[(b"content-type", MULTIPART.encode())])
    asyncio.run(app(scope, receive, send))
    assert opened
    assert all(file.closed for file in opened)


def test_large_upload_leaves_the_loop_free(door: str) -> None:
    """While 8 MiB go to disk, another task gets its turn all the time."""
    app = make_app(door, build)
    body = part("files", b"x" * (8 * 2**20), "f") + END
    pieces = [body[i : i + 65536] for i in range(0, len(body), 65536)]
    longest = 0.0

    async def main() -> None:
        nonlocal longest
        is_done = False

        async def watch() -> None:
            nonlocal longest
            while not is_done:
                began = time.perf_counter()
                await asyncio.sleep(0)
                longest = max(longest, time.perf_counter() - began)

        watcher = asyncio.create_task(watch())

        async def receive() -> Any:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        async def send(message: Any) -> None:
            pass

        scope = scope_of("/files", method="POST", headers=[(b"content-type", MULTIPART.encode())])
        await app(scope, receive, send)
        is_done = True
        await watcher

    asyncio.run(main())
    # Writing 8 MiB in one go takes longer; a busy machine gets the benefit of the doubt.
    assert longest < 1.0
