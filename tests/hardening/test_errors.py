"""Failures of handlers: a 500 for the request, and nothing else happens to the process."""

import asyncio
import contextvars
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fasterapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response, WebSocket
from fasterapi.responses import StreamingResponse
from tests.hardening.doors import Answer, ask, exchange, make_app, scope_of


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1) + 1


def raise_error(error: BaseException) -> Any:
    raise error


FAILURES: dict[str, Any] = {
    "SystemExit": lambda: sys.exit(3),
    "SystemExit without code": lambda: raise_error(SystemExit()),
    "KeyboardInterrupt": lambda: raise_error(KeyboardInterrupt()),
    "RecursionError": recurse,
    "MemoryError": lambda: raise_error(MemoryError()),
    "MemoryError for real": lambda: bytearray(2**62),
    "StopIteration": lambda: next(iter(())),
    "StopAsyncIteration": lambda: raise_error(StopAsyncIteration()),
    "group": lambda: raise_error(ExceptionGroup("g", [ValueError(), KeyError()])),
    "assertion": lambda: raise_error(AssertionError("no")),
    "unprintable": lambda: raise_error(Unprintable()),
}


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


def build(app: FastAPI) -> None:
    async def failing(kind: str) -> Any:
        return FAILURES[kind]()

    def failing_in_thread(kind: str) -> Any:
        return FAILURES[kind]()

    async def failing_later(kind: str) -> Any:
        yield 1
        FAILURES[kind]()

    @app.get("/async")
    async def in_async(kind: str) -> Any:
        return FAILURES[kind]()

    @app.get("/sync")
    def in_sync(kind: str) -> Any:
        return FAILURES[kind]()

    @app.get("/dependency")
    async def in_dependency(value: Any = Depends(failing)) -> None:
        pass

    @app.get("/sync-dependency")
    async def in_sync_dependency(value: Any = Depends(failing_in_thread)) -> None:
        pass

    @app.get("/dependency-exit")
    async def in_exit(value: Any = Depends(failing_later, scope="function")) -> None:
        pass

    @app.get("/request-exit")
    async def in_request_exit(value: Any = Depends(failing_later)) -> None:
        pass

    @app.get("/fine")
    async def fine() -> str:
        return "fine"


PATHS = ["/async", "/sync", "/dependency", "/sync-dependency", "/dependency-exit"]


@pytest.fixture
def app(door: str) -> FastAPI:
    return make_app(door, build)


def assert_is_500(answer: Answer) -> None:
    assert answer.status == 500, answer
    assert answer.body == b"Internal Server Error"
    # Servers log the exception; one that is no Exception would end them.
    assert isinstance(answer.error, Exception), repr(answer.error)


# --- E1: what handlers raise ----------------------------------------------------------------


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("path", PATHS)
def test_failure_is_a_500(app: FastAPI, path: str, kind: str) -> None:
    assert_is_500(ask(app, path, query=f"kind={kind}".replace(" ", "%20").encode()))
    assert ask(app, "/fine").json() == "fine"


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "RecursionError"])
@pytest.mark.parametrize("path", PATHS)
def test_failure_is_a_500_behind_function_middleware(door: str, path: str, kind: str) -> None:
    app = make_app(door, build)

    @app.middleware("http")
    async def unchanged(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    assert_is_500(ask(app, path, query=f"kind={kind}".encode()))
    assert ask(app, "/fine").json() == "fine"


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("with_middleware", [False, True])
def test_failure_after_the_answer_is_only_reported(
    door: str, kind: str, with_middleware: bool
) -> None:
    app = make_app(door, build)
    if with_middleware:

        @app.middleware("http")
        async def unchanged(request: Request, call_next: Any) -> Any:
            return await call_next(request)

    answer = ask(app, "/request-exit", query=f"kind={kind}".replace(" ", "%20").encode())
    assert answer.status == 200
    assert isinstance(answer.error, Exception), repr(answer.error)


def test_exit_of_a_handler_names_its_cause(app: FastAPI) -> None:
    answer = ask(app, "/async", query=b"kind=SystemExit")
    assert "SystemExit raised while a request was handled: 3" in str(answer.error)
    assert isinstance(answer.error and answer.error.__cause__, SystemExit)


@pytest.mark.parametrize("where", ["middleware", "exception handler", "background", "mount"])
@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt"])
def test_exits_elsewhere_do_not_end_the_process(door: str, where: str, kind: str) -> None:
    app = make_app(door, build)
    if where == "middleware":

        @app.middleware("http")
        async def leaving(request: Request, call_next: Any) -> Any:
            return FAILURES[kind]()

    elif where == "exception handler":

        @app.exception_handler(KeyError)
        async def handler(request: Request, error: Exception) -> Any:
            return FAILURES[kind]()

    elif where == "mount":

        async def mounted(scope: Any, receive: Any, send: Any) -> None:
            FAILURES[kind]()

        app.mount("/fine2", mounted)

    @app.get("/background")
    async def background(tasks: BackgroundTasks) -> str:
        tasks.add_task(FAILURES[kind])
        return "sent"

    @app.get("/key-error")
    async def key_error() -> str:
        raise KeyError

    paths = {"exception handler": "/key-error", "background": "/background", "mount": "/fine2/"}
    answer = ask(app, paths.get(where, "/fine"))
    assert isinstance(answer.error, Exception), repr(answer.error)
    assert answer.status == (200 if where == "background" else 500)


def test_exit_in_a_stream_ends_only_the_stream(door: str) -> None:
    def build_stream(app: FastAPI) -> None:
        async def chunks() -> Any:
            yield b"a"
            sys.exit(1)

        @app.get("/")
        async def stream() -> StreamingResponse:
            return StreamingResponse(chunks())

    answer = ask(make_app(door, build_stream), "/")
    assert (answer.status, answer.body) == (200, b"a")
    assert isinstance(answer.error, Exception), repr(answer.error)


def test_exit_in_a_websocket_does_not_end_the_process() -> None:
    app = FastAPI()

    @app.websocket("/")
    async def session(websocket: WebSocket) -> None:
        sys.exit(1)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        pass

    scope = {**scope_of("/"), "type": "websocket", "scheme": "ws", "subprotocols": []}
    with pytest.raises(RuntimeError, match="SystemExit raised"):
        asyncio.run(app(scope, receive, send))


def test_dependencies_are_closed_after_an_exit(door: str) -> None:
    closed: list[type[BaseException] | None] = []

    def build_closing(app: FastAPI) -> None:
        async def resource() -> Any:
            try:
                yield 1
            except BaseException as error:
                closed.append(type(error))
                raise
            finally:
                closed.append(None)

        @app.get("/")
        async def endpoint(value: int = Depends(resource)) -> None:
            sys.exit(1)

    assert_is_500(ask(make_app(door, build_closing), "/"))
    assert len(closed) == 2
    assert closed[1] is None


def test_cancellation_stays_cancellation(door: str) -> None:
    closed: list[str] = []

    def build_waiting(app: FastAPI) -> None:
        async def resource() -> Any:
            try:
                yield 1
            finally:
                closed.append("closed")

        @app.get("/")
        async def endpoint(value: int = Depends(resource)) -> None:
            await asyncio.sleep(30)

    app = make_app(door, build_waiting)

    async def main() -> None:
        task = asyncio.create_task(exchange(app, scope_of("/"), [b""]))
        await asyncio.sleep(0.05)
        task.cancel()
        answer = await task
        assert isinstance(answer.error, asyncio.CancelledError)
        assert answer.messages == []

    asyncio.run(main())
    assert closed == ["closed"]


def test_handled_exceptions_cannot_break_the_answer(door: str) -> None:
    def build_details(app: FastAPI) -> None:
        @app.get("/{kind}")
        async def endpoint(kind: str) -> None:
            nested: Any = []
            for _ in range(2000):
                nested = [nested]
            details = {"surrogate": "\ud800", "nan": float("nan"), "deep": nested, "bytes": b"\xff"}
            raise HTTPException(400, details[kind])

    app = make_app(door, build_details)
    for kind in ("surrogate", "nan", "deep"):
        answer = ask(app, f"/{kind}")
        assert (answer.status, answer.error) == (400, None)
        assert "detail" in answer.json()


# --- E1: context ----------------------------------------------------------------------------

current: contextvars.ContextVar[str] = contextvars.ContextVar("current", default="nobody")


def build_context(app: FastAPI) -> None:
    async def set_async(user: str = "") -> None:
        if user:
            current.set(user)

    def set_sync(user: str = "") -> str:
        if user:
            current.set(user)
        return current.get()

    @app.get("/async", dependencies=[Depends(set_async)])
    async def in_async(request: Request) -> list[str]:
        seen = current.get()
        await asyncio.sleep(0.001)
        return [seen, current.get(), str(getattr(request.state, "user", ""))]

    @app.get("/sync", dependencies=[Depends(set_async)])
    def in_thread(user: str = "", seen: str = Depends(set_sync)) -> list[str]:
        return [seen, current.get()]


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_context_does_not_leak_between_requests(door: str, path: str) -> None:
    app = make_app(door, build_context)

    async def main() -> None:
        async def one(user: str) -> None:
            query = f"user={user}".encode() if user else b""
            answer = await exchange(app, scope_of(path, query=query), [b""])
            expected = user or "nobody"
            assert [name for name in answer.json() if name] == [expected, expected]

        # As a server does it: each request in a task, hence in a context, of its own.
        for _ in range(3):
            users = [f"user{i}" if i % 2 else "" for i in range(60)]
            await asyncio.gather(*(asyncio.create_task(one(user)) for user in users))
        assert current.get() == "nobody"

    asyncio.run(main())


def test_concurrent_requests_keep_their_own_arguments(door: str) -> None:
    def build_mixed(app: FastAPI) -> None:
        async def doubled(number: int) -> int:
            await asyncio.sleep(0)
            return number * 2

        def in_thread(number: int) -> int:
            return number * 3

        @app.get("/{number}")
        async def endpoint(
            number: int,
            request: Request,
            response: Response,
            two: int = Depends(doubled),
            three: int = Depends(in_thread),
        ) -> list[Any]:
            response.headers["x-number"] = str(number)
            request.state.number = number
            await asyncio.sleep(0)
            return [number, two, three, request.state.number, request.path_params["number"]]

    app = make_app(door, build_mixed)

    async def main() -> None:
        async def one(number: int) -> None:
            answer = await exchange(app, scope_of(f"/{number}"), [b""])
            expected = [number, number * 2, number * 3, number, str(number)]
            assert answer.json() == expected
            assert answer.all_headers("x-number") == [str(number)]

        await asyncio.gather(*(asyncio.create_task(one(number)) for number in range(300)))

    asyncio.run(main())


# --- E3: lifespan ---------------------------------------------------------------------------


def run_lifespan(app: FastAPI) -> tuple[list[dict[str, Any]], BaseException | None]:
    sent: list[dict[str, Any]] = []
    incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def main() -> BaseException | None:
        try:
            await app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
        except Exception as error:
            return error
        return None

    return sent, asyncio.run(main())


def lifespan_app(*, on: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if on == "start":
            raise LookupError("no database")
        yield
        if on == "stop":
            raise LookupError("no goodbye")

    return FastAPI(lifespan=lifespan)


@pytest.mark.parametrize(("on", "last"), [("start", "startup"), ("stop", "shutdown")])
def test_failure_of_the_lifespan_is_reported_to_the_server(on: str, last: str) -> None:
    sent, error = run_lifespan(lifespan_app(on=on))
    assert sent[-1]["type"] == f"lifespan.{last}.failed"
    assert "LookupError" in sent[-1]["message"]
    assert isinstance(error, LookupError)
    types = [message["type"] for message in sent]
    assert ("lifespan.startup.complete" in types) is (on == "stop")


def test_lifespan_starts_and_stops() -> None:
    sent, error = run_lifespan(lifespan_app(on="never"))
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete", "lifespan.shutdown.complete"
    ]  # fmt: skip
    assert error is None


def test_unknown_scopes_are_refused() -> None:
    async def never(*_: Any) -> Any:
        raise AssertionError("nothing to say")

    for kind in ("http2", "", None):
        with pytest.raises((AssertionError, KeyError, ValueError, TypeError)):
            asyncio.run(FastAPI()({"type": kind, "path": "/"}, never, never))


def test_debug_page_does_not_run_what_it_shows() -> None:
    app = FastAPI(debug=True)

    @app.get("/")
    async def endpoint(text: str) -> None:
        raise ValueError(text)

    answer = ask(
        app, "/", query=b"text=<script>alert(1)</script>", headers=[(b"accept", b"text/html")]
    )
    assert answer.status == 500
    assert b"<script>alert" not in answer.body
