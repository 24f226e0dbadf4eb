"""Errors that the dispatcher answers itself: the same as those of the handlers, to the byte."""

from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, field_validator
from starlette.exceptions import HTTPException as StarletteHTTPException

from fasterapi import (
    BackgroundTasks,
    Depends,
    FasterAPI,
    HTTPException,
    Path,
    Query,
    Request,
    Response,
)
from fasterapi.exception_handlers import http_exception_handler
from fasterapi.exceptions import RequestValidationError
from fasterapi.testclient import TestClient
from tests.speedups.exchanges import Answer, ask, close_door, has_plan


class NoDetail(HTTPException):
    def __init__(self) -> None:
        self.status_code, self.headers = 418, None


class Worded(HTTPException):
    @property
    def detail(self) -> str:
        return "worded"

    @detail.setter
    def detail(self, value: str) -> None: ...


class Reporting(RequestValidationError):
    def errors(self) -> Any:
        return [{"own": "report"}]


RAISED: dict[str, Callable[[], Exception]] = {
    "text": lambda: HTTPException(404, "no such thing"),
    "phrase": lambda: HTTPException(404),
    "starlette": lambda: StarletteHTTPException(403, 'é \x1f \u2028 "quoted" \U0001f600'),
    "object": lambda: HTTPException(400, {"a": [1, 2.5, None, True], "_sa_x": 1, "é": "\x7f"}),
    "private key": lambda: HTTPException(400, {"_sa_instance": 1}),
    "number key": lambda: HTTPException(400, {1: "a"}),
    "tuple": lambda: HTTPException(400, (1, "a")),
    "NaN": lambda: HTTPException(400, {"x": float("nan")}),
    "great integer": lambda: HTTPException(400, 2**80),
    "surrogate": lambda: HTTPException(400, "\ud800"),
    "not JSON": lambda: HTTPException(400, object()),
    "headers": lambda: HTTPException(401, "who?", {"WWW-Authenticate": "Bearer", "X-É": "é"}),
    "own type": lambda: HTTPException(401, "x", {"Content-Type": "a/b", "X": "1"}),
    "own length": lambda: HTTPException(401, "x", {"CONTENT-LENGTH": "14"}),
    "no headers": lambda: HTTPException(401, "x", {}),
    "bad header": lambda: HTTPException(401, "x", {"a": "b\r\nc: d"}),
    "header of a number": lambda: HTTPException(401, "x", {"a": 1}),  # type: ignore[dict-item]
    "headers in a list": lambda: HTTPException(401, "x", [("a", "b")]),  # type: ignore[arg-type]
    "204": lambda: HTTPException(204, "x"),
    "205": lambda: HTTPException(205, "x"),
    "304": lambda: HTTPException(304, headers={"etag": '"a"'}),
    "enumeration": lambda: HTTPException(HTTPStatus.GONE, "x"),
    "no status": lambda: HTTPException(99, "x"),
    "text status": lambda: HTTPException("404", "x"),  # type: ignore[arg-type]
    "without detail": NoDetail,
    "worded": lambda: Worded(400),
    "invalid": lambda: RequestValidationError([{"loc": ("a", 1), "msg": "x"}]),
    "invalid, reported otherwise": lambda: Reporting([]),
    "invalid, NaN": lambda: RequestValidationError([{"loc": ("a",), "input": float("nan")}]),
    "invalid, object": lambda: RequestValidationError(
        [{"loc": ("a",), "ctx": {"error": ValueError()}}]
    ),
    "invalid, tuple": lambda: RequestValidationError(({"loc": ("a",)},)),
    "invalid, text": lambda: RequestValidationError(["text"]),
    "unhandled": lambda: ValueError("x"),
}


class Item(BaseModel):
    name: str
    sizes: list[int]


class Checked(Item):
    @field_validator("name")
    @classmethod
    def check(cls, value: str) -> str:
        raise ValueError(value)


def program(error: Callable[[], Exception], log: list[Any], **options: Any) -> FasterAPI:
    app = FasterAPI(**options)

    async def opened(response: Response) -> AsyncIterator[None]:
        response.headers["x-lost"] = "1"
        try:
            yield
        except Exception as raised:
            log.append(("seen", type(raised)))
            raise

    @app.get("/plain")
    async def plain() -> None:
        raise error()

    @app.get("/thread")
    def thread() -> None:
        raise error()

    @app.get("/busy")
    async def busy(tasks: BackgroundTasks, response: Response) -> None:
        tasks.add_task(log.append, "never")
        response.set_cookie("lost", "1")
        raise error()

    @app.get("/yield", dependencies=[Depends(opened)])
    async def by_yield() -> None:
        raise error()

    @app.get("/stacks")
    async def stacks(request: Request) -> None:
        request.scope["fastapi_inner_astack"].callback(log.append, "closed")
        raise error()

    return app


def outcome(app: FasterAPI, log: list[Any], path: str, **asked: Any) -> tuple[Answer, list[Any]]:
    log.clear()
    return ask(app, path, **asked), log.copy()


@pytest.mark.parametrize("path", ["/plain", "/busy", "/yield", "/stacks"])
@pytest.mark.parametrize("name", RAISED)
def test_an_exception_is_answered_as_its_handler_answers(name: str, path: str) -> None:
    """Status, fields in their order, body, what dependencies see, what runs afterwards."""
    log: list[Any] = []
    fast, slow = program(RAISED[name], log), close_door(program(RAISED[name], log))
    assert has_plan(fast, path)
    found = outcome(fast, log, path)
    assert found == outcome(slow, log, path)
    assert "never" not in found[1]


@pytest.mark.parametrize("name", RAISED)
def test_middleware_sees_the_same_answer(name: str) -> None:
    log: list[Any] = []

    def watched() -> FasterAPI:
        app = program(RAISED[name], log)

        @app.middleware("http")
        async def note(request: Request, call_next: Any) -> Any:
            response = await call_next(request)
            log.append((response.status_code, response.headers.raw.copy()))
            response.headers["x-mark"] = "1"
            return response

        return app

    assert through_client(watched(), log, "/busy") == through_client(
        close_door(watched()), log, "/busy"
    )


def through_client(app: FasterAPI, log: list[Any], path: str) -> tuple[Any, ...]:
    """Return the answer of an application that may need an event loop, and the log."""
    log.clear()
    answer = TestClient(app, raise_server_exceptions=False).get(path)
    return answer.status_code, answer.headers.raw, answer.content, log.copy()


def test_plain_functions_and_unknown_paths() -> None:
    """What comes from a thread, and what no route raises."""
    log: list[Any] = []
    fast, slow = program(RAISED["headers"], log), close_door(program(RAISED["headers"], log))
    assert through_client(fast, log, "/thread") == through_client(slow, log, "/thread")
    for path, method in (("/nowhere", "GET"), ("/nowhere", "HEAD"), ("/plain", "POST")):
        assert ask(fast, path, method=method) == ask(slow, path, method=method)


def validating(**options: Any) -> FasterAPI:
    app = FasterAPI(**options)

    @app.get("/typed/{number}")
    async def typed(
        number: Annotated[int, Path(le=5)],
        kind: Annotated[str, Query(pattern="^a+$")],
        ratio: float = 1.0,
        tags: Annotated[list[int], Query()] = [],  # noqa: B006  # never changed
    ) -> None: ...

    @app.post("/items")
    async def items(item: Item) -> None: ...

    @app.post("/checked")
    async def checked(item: Checked) -> None: ...

    return app


@pytest.mark.parametrize("limit", [None, 20])
@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/typed/x", b""),
        ("/typed/9", b"kind=b&ratio=x&tags=1&tags=y"),
        ("/typed/9", b"kind=%ff%00%ed%a0%80&ratio=nan"),
        ("/typed/" + "1" * 5000, b"kind=a"),
    ],
)
def test_findings_in_parameters(path: str, query: bytes, limit: int | None) -> None:
    fast, slow = (validating(max_error_input=limit) for _ in range(2))
    assert ask(fast, path, query=query) == ask(close_door(slow), path, query=query)


@pytest.mark.parametrize("path", ["/items", "/checked"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"name": 1, "sizes": [1, "x", NaN]}',
        b'{"name": "\\ud800", "sizes": "x"}',
        b'{"name": {"_sa_instance": 1}, "sizes": {"a": 1e400}}',
        b'{"name": "bad", "sizes": [1]}',
        b'{"name": ' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"name": 123456789012345678901234567890}',
    ],
)
def test_findings_in_bodies(path: str, body: bytes) -> None:
    asked = {"method": "POST", "headers": [(b"content-type", b"application/json")], "body": body}
    assert ask(validating(), path, **asked) == ask(close_door(validating()), path, **asked)


def test_handlers_of_the_program_are_called() -> None:
    """Also one that calls the usual one; for a status, a class, and a subclass."""
    log: list[Any] = []

    async def noting(request: Request, error: Any) -> Any:
        log.append(type(error))
        return await http_exception_handler(request, error)

    for key in (404, StarletteHTTPException, Worded):
        app = program(lambda: Worded(404), log, exception_handlers={key: noting})
        assert outcome(app, log, "/plain")[1] == [Worded]


def test_findings_stay_as_they_were() -> None:
    """The exception is seen by others: its findings keep their tuples."""
    error = RequestValidationError([{"loc": ("a", 1), "msg": "x"}])
    app = program(lambda: error, [])
    assert ask(app, "/plain").json() == {"detail": [{"loc": ["a", 1], "msg": "x"}]}
    assert error.errors() == [{"loc": ("a", 1), "msg": "x"}]
    assert error.__traceback__ is None
