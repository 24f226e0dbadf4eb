"""Files of forms are open and closed when FastAPI's are, whatever becomes of the request."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse

from tests.speedups.exchanges import has_plan

FILE = (
    b'--B\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\n\r\nhello\r\n'
    b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n'
)
MULTIPART = b"multipart/form-data; boundary=B"
URLENCODED = b"application/x-www-form-urlencoded"


def plain(errors: Any) -> Any:
    """Return a 422's list without the addresses of files, and without links."""
    return [{**item, "input": f"{item['input']}".split(" at 0x")[0], "url": ""} for item in errors]


class Refused(Exception):
    pass


class Log:
    """A program on one framework; what happens in it, and whether its files are open then."""

    def __init__(self, framework: str, *, has_middleware: bool) -> None:
        self.has_middleware = has_middleware
        self.names = importlib.import_module(framework)
        self.errors = importlib.import_module(f"{framework}.exceptions")
        self.app = self.names.FastAPI()
        self.files: list[Any] = []
        self.events: list[Any] = []
        build(self)
        if has_middleware:
            with_middleware(self)

    def note(self, event: Any) -> None:
        self.events.append((event, [upload.file.closed for upload in self.files]))

    def keep(self, form: Any) -> None:
        for upload in form.values() if hasattr(form, "values") else [form]:
            if not isinstance(upload, str):
                self.files.append(upload)

    def task(self) -> None:
        self.note("background")


def build(log: Log) -> None:
    app, f = log.app, log.names
    upload_type = f.UploadFile

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        log.note(("handler", (await request.form())["a"], await log.files[0].read()))
        return JSONResponse({}, 418, background=BackgroundTask(log.task))

    @app.exception_handler(log.errors.RequestValidationError)
    async def invalid(request: Request, error: Any) -> JSONResponse:
        form = await request.form()
        assert error.body is form
        log.keep(form)
        log.note(("invalid", plain(error.errors())))
        return JSONResponse({}, 422)

    async def dependency(f: upload_type) -> AsyncIterator[int]:
        log.keep(f)
        log.note("enter")
        try:
            yield 1
        finally:
            log.note("exit")

    def beside(a: Annotated[int, f.Form()]) -> int:
        return a

    class Model(BaseModel):
        a: int

    @app.post("/plain")
    async def plain(f: upload_type, tasks: f.BackgroundTasks) -> Any:
        log.keep(f)
        tasks.add_task(log.task)
        return [f.filename, (await f.read()).decode(), f.size]

    @app.post("/thread")
    def thread(f: upload_type, a: Annotated[str, log.names.Form()] = "") -> Any:
        log.keep(f)
        return [f.file.read().decode(), a]

    @app.post("/request")
    async def request(f: upload_type, request: Request) -> Any:
        form = await request.form()
        assert form["f"] is f
        log.keep(form)
        assert "fastapi_middleware_astack" in request.scope
        request.scope["fastapi_middleware_astack"].callback(log.note, "pushed")
        try:
            await request.body()
        except RuntimeError as error:
            return [str(error), list(form)]

    @app.post("/late-push")
    async def late_push(f: upload_type, request: Request) -> Any:
        log.keep(f)
        request.scope["fastapi_inner_astack"].callback(log.note, "inner")
        request.scope["fastapi_function_astack"].callback(log.note, "function")
        return 1

    @app.post("/handler-form")
    async def handler_form(request: Request) -> Any:
        form = await request.form()
        log.keep(form)
        return list(form)

    @app.post("/context")
    async def context(request: Request) -> Any:
        async with request.form() as form:
            log.keep(form)
            log.note("inside")
        log.note("outside")

    @app.post("/depends")
    async def depends(d: Annotated[int, log.names.Depends(dependency)]) -> int:
        return d

    @app.post("/both")
    async def both(
        f: upload_type, a: Annotated[int, log.names.Depends(beside)], b: int = log.names.Form(7)
    ) -> Any:
        log.keep(f)
        return [a, b]

    @app.post("/bytes")
    async def content(f: Annotated[bytes, log.names.File()], a: Annotated[str, f.Form()]) -> Any:
        return [f.decode(), a]

    @app.post("/model")
    async def model(m: Annotated[Model, log.names.Form()], request: Request) -> Any:
        return [m.a, list(await request.form())]

    @app.post("/raises")
    async def raises(f: upload_type) -> None:
        log.keep(f)
        raise log.names.HTTPException(409)

    @app.post("/refused")
    async def refuses(f: upload_type) -> None:
        log.keep(f)
        raise Refused

    @app.post("/fails")
    async def fails(f: upload_type) -> None:
        log.keep(f)
        raise ValueError("failed")

    @app.post("/stream")
    async def stream(f: upload_type) -> Any:
        log.keep(f)

        async def chunks() -> AsyncIterator[bytes]:
            if not log.has_middleware:  # there, FastAPI begins before `call_next` has returned
                log.note("chunk")
            yield await f.read()

        return StreamingResponse(chunks())

    @app.post("/invalid")
    async def invalid_form(f: upload_type, a: Annotated[list[int], log.names.Query()]) -> None: ...

    @app.post("/missing")
    async def missing(f: upload_type, z: Annotated[str, log.names.Form()]) -> None: ...


def with_middleware(log: Log) -> None:
    @log.app.middleware("http")
    async def twice(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        log.note(("answered", response.status_code))
        return response


def asked(log: Log, path: str, body: bytes, content_type: bytes, size: int, fails: bool) -> Any:
    pieces = [body[i : i + size] for i in range(0, len(body), size)] if size else [body]
    incoming = [
        {"type": "http.request", "body": piece, "more_body": index + 1 < len(pieces)}
        for index, piece in enumerate(pieces)
    ]

    async def receive() -> Any:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body", True):  # BaseHTTPMiddleware sends an empty piece at the end
            log.note((message["type"], message.get("status"), message.get("body")))
        if fails:
            raise OSError("the client is gone")

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", content_type)],
    }

    async def ask() -> None:
        try:
            await log.app(scope, receive, send)
        except Exception as error:
            log.note((type(error), str(error)))
        log.note("end")

    asyncio.run(ask())
    events = log.events
    for upload in log.files:
        upload.file.close()
    log.files, log.events = [], []
    return events


PATHS = (
    *("plain", "thread", "request", "late-push", "handler-form", "context", "depends", "both"),
    *("bytes", "model", "raises", "refused", "fails", "stream", "invalid", "missing"),
)


@pytest.mark.parametrize("has_middleware", [False, True], ids=["", "middleware"])
@pytest.mark.parametrize(
    ("body", "content_type", "size", "fails"),
    [
        (FILE, MULTIPART, 0, False),
        (FILE, MULTIPART, 50, False),
        (FILE, MULTIPART, 0, True),
        (b"a=1&f=2", URLENCODED, 0, False),
        (b"a=1&f=2", URLENCODED, 2, False),
        (b"a=1", b"application/json", 0, False),
        (b"", MULTIPART, 0, False),
    ],
)
def test_everything_happens_in_the_same_order(
    body: bytes, content_type: bytes, size: int, fails: bool, has_middleware: bool
) -> None:
    pytest.importorskip("fastapi")
    ours, theirs = (Log(name, has_middleware=has_middleware) for name in ("fasterapi", "fastapi"))
    # A generator that nobody begins would warn when it is dropped, for lack of a client.
    for path in PATHS if not (fails and has_middleware) else set(PATHS) - {"stream"}:
        assert has_plan(ours.app, f"/{path}") or has_middleware
        request = (f"/{path}", body, content_type, size, fails)
        assert asked(ours, *request) == asked(theirs, *request), path
