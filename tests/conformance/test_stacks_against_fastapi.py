"""What programs push onto the exit stacks in a scope is closed when FastAPI closes it."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.testclient import TestClient

STACKS = ("fastapi_inner_astack", "fastapi_function_astack", "fastapi_middleware_astack")


class Refused(Exception):
    pass


class Log:
    """A program on one framework, and what happens in it."""

    def __init__(self, framework: str) -> None:
        self.names = importlib.import_module(framework)
        self.app = self.names.FastAPI()
        self.events: list[str] = []

    @asynccontextmanager
    async def resource(self, name: str, *, swallows: bool = False) -> AsyncIterator[None]:
        self.events.append(f"enter {name}")
        try:
            yield
        except Exception as error:
            self.events.append(f"{name} sees {type(error).__name__}")
            if not swallows:
                raise
        finally:
            self.events.append(f"exit {name}")

    async def push(self, request: Request, where: str, **options: Any) -> None:
        for key in STACKS:
            if key in request.scope:
                await request.scope[key].enter_async_context(
                    self.resource(f"{where} {key}", **options)
                )

    def task(self) -> None:
        self.events.append("background")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def logging_send(message: Any) -> None:
            self.events.append(f"send {message.get('status', 'body')}")
            await send(message)

        await self.app(scope, receive, logging_send)


def build(log: Log) -> None:
    app, names = log.app, log.names

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        stack = request.scope["fastapi_middleware_astack"]
        await stack.enter_async_context(log.resource("handler's"))
        return JSONResponse({}, 418, background=BackgroundTask(log.task))

    async def dependency(request: Request) -> None:
        await log.push(request, "dependency")

    @app.get("/push")
    async def push(request: Request, tasks: names.BackgroundTasks) -> int:
        await log.push(request, "endpoint")
        tasks.add_task(log.task)
        return 1

    @app.get("/depends", dependencies=[names.Depends(dependency)])
    async def depends() -> int:
        log.events.append("endpoint")
        return 1

    @app.get("/sync", dependencies=[names.Depends(dependency)])
    def sync(request: Request) -> int:
        for key in STACKS:
            request.scope[key].callback(log.events.append, f"callback {key}")
        return 1

    @app.get("/function")
    async def function(request: Request) -> int:
        stack = request.scope["fastapi_function_astack"]
        await stack.enter_async_context(log.resource("function"))
        return 1

    @app.get("/outer")
    async def outer(request: Request) -> int:
        stack = request.scope["fastapi_middleware_astack"]
        await stack.enter_async_context(log.resource("outer"))
        return 1

    @app.get("/fail", dependencies=[names.Depends(dependency)])
    async def fail(request: Request) -> int:
        await log.push(request, "endpoint")
        raise Refused

    @app.get("/http", dependencies=[names.Depends(dependency)])
    async def http() -> int:
        raise names.HTTPException(400)

    @app.get("/unhandled")
    async def unhandled(request: Request) -> int:
        await log.push(request, "endpoint")
        raise ValueError

    @app.get("/swallow")
    async def swallow(request: Request) -> int:
        stack = request.scope["fastapi_inner_astack"]
        await stack.enter_async_context(log.resource("inner", swallows=True))
        raise Refused

    @app.get("/handler")
    async def handler() -> int:
        raise Refused

    @app.get("/stream")
    async def stream(request: Request) -> StreamingResponse:
        await log.push(request, "endpoint")
        return StreamingResponse(iter(["a", "b"]), background=BackgroundTask(log.task))

    @app.get("/returned")
    async def returned(request: Request) -> JSONResponse:
        await log.push(request, "endpoint")
        return JSONResponse(1, background=BackgroundTask(log.task))

    @app.get("/broken")
    async def broken(request: Request) -> Any:
        await log.push(request, "endpoint")
        return object()

    @app.get("/late-failure")
    async def late_failure(request: Request) -> int:
        async def fail() -> None:
            raise ValueError

        request.scope["fastapi_inner_astack"].push_async_callback(fail)
        return 1


def no_middleware(log: Log) -> None:
    pass


def function(log: Log) -> None:
    @log.app.middleware("http")
    async def middleware(request: Request, call_next: Any) -> Any:
        log.events.append("middleware in")
        response = await call_next(request)
        log.events.append("middleware out")
        return response


def asgi(log: Log) -> None:
    class Middleware:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, *connection: Any) -> None:
            log.events.append("asgi in")
            await self.app(*connection)
            log.events.append("asgi out")

    log.app.add_middleware(Middleware)


PATHS = (
    *("/push", "/depends", "/sync", "/function", "/outer", "/fail", "/http", "/unhandled"),
    *("/swallow", "/handler", "/stream", "/returned", "/broken", "/late-failure", "/nothing"),
)


def happened(framework: str, wrap: Any, path: str) -> tuple[int, str, list[str]]:
    log = Log(framework)
    wrap(log)
    build(log)
    answer = TestClient(log, raise_server_exceptions=False).get(path)
    return answer.status_code, answer.text, log.events


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wrap", [no_middleware, asgi])
def test_pushed_contexts_are_closed_as_in_fastapi(wrap: Any, path: str) -> None:
    assert happened("fasterapi", wrap, path) == happened("fastapi", wrap, path)


@pytest.mark.parametrize("path", PATHS)
def test_pushed_contexts_are_closed_behind_functions_too(path: str) -> None:
    def closed(framework: str) -> list[str]:
        # Starlette sends while the route goes on; here the one comes after the other.
        events = happened(framework, function, path)[2]
        return sorted(event for event in events if not event.startswith(("send", "middleware")))

    assert closed("fasterapi") == closed("fastapi")
