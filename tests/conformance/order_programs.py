"""Programs in which it matters when something happens: waiting, cancelling, failing late.

Each takes the package and a function that logs, and returns an application. ``/stop`` paths wait
for ever at the place named in the log, so that the request can be cancelled there.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import anyio
from anyio.lowlevel import checkpoint

Log = Callable[..., None]
Program = Callable[[Any, Log], Any]
PROGRAMS: dict[str, Program] = {}


class OwnError(Exception):
    pass


def program(build: Program) -> Program:
    PROGRAMS[build.__name__] = build
    return build


def session_of(log: Log, name: str = "session") -> Any:
    """Return a generator dependency that logs its end, and how it came."""

    async def session() -> AsyncIterator[str]:
        log(name, "open")
        try:
            yield name
        except BaseException as error:
            log(name, type(error).__name__)
            raise
        finally:
            log(name, "closing")
            await checkpoint()
            log(name, "closed")

    return session


@program
def waiting_dependencies(f: Any, log: Log) -> Any:
    app = f.FastAPI()

    async def slow(a: int = 0) -> int:
        log("slow")
        await checkpoint()
        log("slow goes on")
        return a

    def threaded(a: Annotated[int, f.Depends(slow)]) -> int:
        log("threaded")
        return a + 1

    class Waiter:
        async def __call__(self, b: Annotated[int, f.Depends(threaded)]) -> int:
            await anyio.sleep(0.001)
            log("instance")
            return b + 1

    @app.get("/")
    async def read(
        c: Annotated[int, f.Depends(Waiter())], tasks: f.BackgroundTasks, again=f.Depends(slow)
    ) -> Any:
        async def later() -> None:
            log("task")
            await checkpoint()
            log("task goes on")

        tasks.add_task(later)
        tasks.add_task(log, "second task")
        await checkpoint()
        log("endpoint")
        return [c, again]

    @app.get("/thread")
    def read_in_thread(c: Annotated[int, f.Depends(Waiter())], d=f.Depends(threaded)) -> Any:
        log("endpoint")
        return [c, d]

    return app


@program
def cancelled_places(f: Any, log: Log) -> Any:
    app = f.FastAPI()
    session = session_of(log)

    async def stuck(s=f.Depends(session)) -> None:
        log("stop")
        await anyio.sleep_forever()

    async def stuck_exit() -> AsyncIterator[None]:
        try:
            yield
        finally:
            log("stop")
            # Longer than a busy machine lets the canceller wait.
            await anyio.sleep(0.1)
            log("exit is shielded")

    @app.get("/stop/dependency", dependencies=[f.Depends(stuck)])
    async def in_dependency() -> None: ...

    @app.get("/stop/endpoint")
    async def in_endpoint(s=f.Depends(session)) -> None:
        try:
            await stuck()
        finally:
            log("endpoint ends")

    @app.get("/stop/plain")
    async def without_dependencies() -> None:
        try:
            await stuck()
        finally:
            log("endpoint ends")

    @app.get("/stop/exit")
    async def in_exit(s=f.Depends(session), e=f.Depends(stuck_exit)) -> str:
        return "answered"

    @app.get("/stop/task")
    async def in_task(tasks: f.BackgroundTasks, s=f.Depends(session)) -> str:
        tasks.add_task(stuck)
        return "answered"

    @app.get("/stop/stream")
    async def in_stream(s=f.Depends(session)) -> Any:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"first"
            await stuck()

        return f.responses.StreamingResponse(chunks())

    return app


@program
def cancelled_places_behind_middleware(f: Any, log: Log) -> Any:
    app = cancelled_places(f, log)

    @app.middleware("http")
    async def pass_on(request: Any, call_next: Any) -> Any:
        try:
            return await call_next(request)
        except BaseException as error:
            log("middleware", type(error).__name__)
            raise

    return app


@program
def failing_tasks(f: Any, log: Log) -> Any:
    app = f.FastAPI()

    def fail(error: Exception) -> None:
        log("task fails")
        raise error

    @app.exception_handler(OwnError)
    async def own(request: Any, exc: Exception) -> Any:
        log("handler")
        return f.responses.PlainTextResponse("own")

    @app.get("/own")
    async def handled(tasks: f.BackgroundTasks, s=f.Depends(session_of(log))) -> str:
        tasks.add_task(fail, OwnError("o"))
        tasks.add_task(log, "never")
        return "sent"

    @app.get("/value")
    def unhandled(tasks: f.BackgroundTasks) -> Any:
        tasks.add_task(fail, ValueError("v"))
        return f.Response("sent", background=None)

    @app.get("/http")
    async def http(tasks: f.BackgroundTasks) -> str:
        tasks.add_task(fail, f.HTTPException(404))
        return "sent"

    return app


@program
def failing_tasks_behind_middleware(f: Any, log: Log) -> Any:
    app = failing_tasks(f, log)

    @app.middleware("http")
    async def pass_on(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        log("middleware", response.status_code)
        return response

    return app


@program
def late_exceptions(f: Any, log: Log) -> Any:
    app = f.FastAPI()
    errors = {"own": OwnError("o"), "http": f.HTTPException(404), "value": ValueError("v")}

    @app.exception_handler(OwnError)
    def own(request: Any, exc: Exception) -> Any:
        log("handler", type(exc).__name__)
        return f.responses.PlainTextResponse("own", 409)

    @app.exception_handler(Exception)
    async def last(request: Any, exc: Exception) -> Any:
        log("last handler", type(exc).__name__)
        return f.responses.PlainTextResponse("last", 500)

    def after(error: str = "") -> Iterator[None]:
        yield
        log("after the answer")
        if error:
            raise errors[error]

    @app.get("/after", dependencies=[f.Depends(after)])
    async def read_after() -> str:
        return "answered"

    @app.get("/before", dependencies=[f.Depends(after, scope="function")])
    async def read_before() -> str:
        return "answered"

    @app.get("/stream")
    def stream(error: str = "", s=f.Depends(session_of(log))) -> Any:
        def chunks() -> Iterator[bytes]:
            yield b"first"
            log("between")
            if error:
                raise errors[error]
            yield b"last"

        return f.responses.StreamingResponse(chunks(), background=None)

    @app.get("/yielded")
    async def yielded(error: str = "", s=f.Depends(session_of(log))) -> Any:
        yield 1
        log("between")
        if error:
            raise errors[error]
        yield 2

    @app.get("/response")
    async def unsendable(error: str = "own") -> Any:
        class Unsendable(f.Response):
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                raise errors[error]

        return Unsendable()

    return app


@program
def swallowed_exceptions(f: Any, log: Log) -> Any:
    app = f.FastAPI()

    async def swallowing() -> AsyncIterator[None]:
        try:
            yield
        except ValueError:
            log("swallowed")

    @app.get("/", dependencies=[f.Depends(swallowing)])
    async def read() -> None:
        raise ValueError("lost")

    @app.get("/stream", dependencies=[f.Depends(swallowing)])
    async def stream() -> Any:
        yield 1
        raise ValueError("lost")

    return app
