"""Generator dependencies stepped in compiled code against the context managers of contextlib."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, nullcontext
from typing import Any

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from fasterapi import BackgroundTasks, Depends, FastAPI, FasterAPI, HTTPException, Request
from fasterapi.exceptions import FastAPIError
from tests.speedups.exchanges import close_door, has_plan

Log = list[Any]
# The reference path trips over the response that it does not have.
LOST = FastAPIError | UnboundLocalError


class OwnError(Exception):
    pass


RAISED: dict[str, Callable[[], BaseException]] = {
    "own": lambda: OwnError("own"),
    "http": lambda: HTTPException(418, "http"),
    "stop": lambda: StopIteration("stop"),
    "async stop": lambda: StopAsyncIteration("stop"),
    "runtime": lambda: RuntimeError("runtime"),
    "exit": lambda: SystemExit(3),
}
REACTIONS = (
    "plain", "waits", "swallows", "converts", "replaces", "raises after", "yields again",
    "yields never", "raises before", "looks", "pushes",
)  # fmt: skip


def dependency(number: int, reaction: str, is_async: bool, log: Log) -> Any:
    def note(what: Any) -> None:
        log.append((number, what))

    def before(request: Request) -> None:
        if reaction == "raises before":
            raise HTTPException(409, "before")
        if reaction == "looks":
            note(isinstance(request.scope["fastapi_inner_astack"], AsyncExitStack))
        if reaction == "pushes":
            request.scope["fastapi_inner_astack"].callback(note, "pushed")
        note("enter")

    def react(error: BaseException) -> None:
        note(chain(error))
        if reaction == "converts":
            raise HTTPException(424, "converted")
        if reaction == "replaces":
            raise OwnError("replaced") from error
        if reaction != "swallows":
            raise error

    def end() -> None:
        note("exit")
        if reaction == "raises after":
            raise OwnError("after")

    async def in_loop(request: Request) -> AsyncIterator[int]:
        before(request)
        if reaction == "waits":
            await asyncio.sleep(0)
        if reaction == "yields never":
            return
        try:
            yield number
        except BaseException as error:
            react(error)
        finally:
            if reaction == "waits":
                await asyncio.sleep(0)
            end()
        if reaction == "yields again":
            yield number

    def in_thread(request: Request) -> Iterator[int]:
        before(request)
        if reaction == "yields never":
            return
        try:
            yield number
        except BaseException as error:
            react(error)
        finally:
            end()
        if reaction == "yields again":
            yield number

    return in_loop if is_async else in_thread


Declared = tuple[str, bool, str, bool]
DECLARED = st.tuples(
    st.sampled_from(REACTIONS), st.booleans(), st.sampled_from(("request", "function")),
    st.booleans(),
)  # fmt: skip


def build(declared: list[Declared], ending: str, *, has_middleware: bool, log: Log) -> FasterAPI:
    """Return an application whose one route has the declared dependencies, in their order."""
    app = FastAPI()

    @app.exception_handler(OwnError)
    async def answer_own(request: Request, error: OwnError) -> Any:
        log.append(("handler", chain(error)))
        raise HTTPException(499, str(error)) from error

    if has_middleware:

        @app.middleware("http")
        async def pass_on(request: Request, call_next: Any) -> Any:
            try:
                return await call_next(request)
            finally:
                log.append("middleware")

    dependencies: list[Any] = []
    for number, (reaction, is_async, scope, is_nested) in enumerate(declared):
        call = dependency(number, reaction, is_async, log)
        if is_nested:
            call = nested(call, number, scope, log)
        dependencies.append(Depends(call, scope=scope))

    @app.get("/", dependencies=dependencies)
    async def endpoint(tasks: BackgroundTasks) -> Any:
        tasks.add_task(log.append, "task")
        log.append("endpoint")
        if ending in RAISED:
            raise RAISED[ending]()
        return 1

    return app


def nested(call: Any, number: int, scope: str, log: Log) -> Any:
    async def outer(value: int = Depends(call, scope=scope)) -> AsyncIterator[int]:
        try:
            yield value
        except BaseException as error:
            log.append((number, "outer", chain(error)))
            raise
        finally:
            log.append((number, "outer exit"))

    return outer


def chain(error: BaseException | None) -> list[Any]:
    """Return the error, its cause and context, and theirs."""
    found: list[Any] = []
    while error is not None and len(found) < 20:
        if isinstance(error, LOST):
            return [*found, "lost"]
        cause = "lost" if isinstance(error.__cause__, LOST) else type(error.__cause__).__name__
        found.append((type(error).__name__, str(error), cause))
        is_hidden = error.__suppress_context__ and error.__cause__ is None
        error = None if is_hidden else error.__context__
    return found


async def exchange(app: FasterAPI, log: Log, *, is_brief: bool) -> None:
    """Send one request, and note what is sent and raised."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message.get("status") or message.get("body"):
            log.append((message["type"], message.get("status"), message.get("body")))

    scope = {
        "type": "http", "method": "GET", "path": "/", "root_path": "", "query_string": b"",
        "headers": [],
    }  # fmt: skip
    try:
        await app(scope, receive, send)
    except Exception as error:
        # Starlette's middleware gives the exception another cause and context, and what answers
        # a SystemExit another context.
        raised = chain(error)
        log.append(("raised", raised[0][:2] if is_brief else raised))


def logged(prepare: Callable[[FasterAPI], FasterAPI], runs_in_scope: bool, *given: Any) -> Log:
    """Return what happens in one request of an application."""
    log: Log = []
    declared, ending, has_middleware = given
    app = prepare(build(declared, ending, has_middleware=has_middleware, log=log))

    async def main() -> None:
        with anyio.CancelScope() if runs_in_scope else nullcontext():
            await exchange(app, log, is_brief=has_middleware or ending == "exit")

    asyncio.run(main())
    return log


def armed(app: FasterAPI) -> FasterAPI:
    assert has_plan(app, "/")
    return app


@settings(deadline=None, max_examples=150)
@given(
    st.lists(DECLARED, max_size=4), st.sampled_from(("returns", *RAISED)), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_generators_are_entered_and_left_alike(
    declared: list[Declared], ending: str, has_middleware: bool, runs_in_scope: bool
) -> None:
    # What a dependency makes of a SystemExit has a handler only where no middleware is.
    has_middleware &= ending != "exit"
    given_ = (declared, ending, has_middleware)
    assert logged(armed, runs_in_scope, *given_) == logged(close_door, runs_in_scope, *given_)
