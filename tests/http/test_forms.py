"""Forms through the HTTP door: the answers of the ASGI door, however the bytes are split."""

import asyncio
import json
from typing import Annotated, Any

import pytest

from fasterapi import FastAPI, Form, Request, UploadFile
from fasterapi.server.protocol import HttpProtocol
from tests.hardening.doors import ask
from tests.http.wire import Desk

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=B"
FILE = (
    b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--B\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\n\r\nhello\r\n--B--\r\n'
)


def make_app(uploads: list[Any]) -> FastAPI:
    app = FastAPI()

    @app.post("/fields")
    async def fields(a: Annotated[list[int], Form()], f: Annotated[str, Form()] = "") -> Any:
        return [a, f]

    @app.post("/thread")
    def thread(a: Annotated[int, Form()]) -> int:
        return a

    @app.post("/file")
    async def file(f: UploadFile, a: Annotated[int, Form()]) -> Any:
        uploads.append(f)
        return [f.filename, f.size, (await f.read()).decode(), a]

    @app.post("/request")
    async def request(request: Request) -> Any:
        async with request.form(max_fields=3) as form:
            return [[name, getattr(value, "filename", value)] for name, value in form.multi_items()]

    return app


def requested(path: str, body: bytes, content_type: str, *, is_chunked: bool) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\n".encode()
    if not is_chunked:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    pieces = [body[i : i + 9] for i in range(0, len(body), 9)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def answers(app: FastAPI, pieces: list[bytes]) -> list[tuple[int, Any]]:
    async def run() -> bytes:
        data, _ = await Desk(app, HttpProtocol).send(*pieces)
        return data

    found = []
    for answer in asyncio.run(run()).split(b"HTTP/1.1 ")[1:]:
        head, _, body = answer.partition(b"\r\n\r\n")
        found.append((int(head[:3]), json.loads(body)))
    return found


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("size", [0, 1, 60])
@pytest.mark.parametrize("path", ["/fields", "/thread", "/file", "/request"])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a=1&f=%C3%A9+x&a=2", URLENCODED),
        (b"a=x&&f", URLENCODED),
        (b"a=1&" * 5, URLENCODED),
        (b"", URLENCODED),
        (FILE, MULTIPART),
        (FILE[:55], MULTIPART),
        (FILE, "text/plain"),
    ],
)
def test_answers_are_those_of_the_asgi_door(
    path: str, body: bytes, content_type: str, size: int, is_chunked: bool
) -> None:
    uploads: list[Any] = []
    app = make_app(uploads)
    headers = [(b"content-type", content_type.encode())]
    expected = ask(app, path, body, method="POST", content_type="", headers=headers)
    raw = requested(path, body, content_type, is_chunked=is_chunked)
    pieces = [raw[i : i + size] for i in range(0, len(raw), size)] if size else [raw]
    assert answers(app, pieces) == [(expected.status, expected.json())]
    assert all(upload.file.closed for upload in uploads)


def test_forms_can_be_sent_one_after_the_other() -> None:
    raw = requested("/file", FILE, MULTIPART, is_chunked=False)
    fields = requested("/fields", b"a=1", URLENCODED, is_chunked=False)
    uploads: list[Any] = []
    found = answers(make_app(uploads), [raw + fields + raw])
    assert found == [(200, ["x.txt", 5, "hello", 1]), (200, [[1], ""]), found[0]]
    assert len(uploads) == 2
    assert all(upload.file.closed for upload in uploads)


def test_form_may_be_larger_than_the_door_keeps_waiting() -> None:
    app = make_app([])
    body = b"a=1&f=" + b"x" * 300_000
    raw = requested("/fields", body, URLENCODED, is_chunked=False)
    pieces = [raw[i : i + 65_536] for i in range(0, len(raw), 65_536)]
    assert answers(app, pieces) == [(200, [[1], "x" * 300_000])]
