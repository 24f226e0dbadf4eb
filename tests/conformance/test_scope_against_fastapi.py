"""Whoever can look at a scope finds there what FastAPI puts there, on the compiled path too."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

Seen = list[tuple[str, dict[str, Any]]]
# How dependencies are closed and exception handlers found. On the compiled path that comes into the
# scope when somebody inside of the application looks at it.
STACKS = ("fastapi_inner_astack", "fastapi_function_astack", "fastapi_middleware_astack")
LATE = {*STACKS, "starlette.exception_handlers"}
OUTSIDE = ("outside", "asgi")
KEPT = ("path_params", "root_path", "path", "raw_path", "method", "app_root_path")


class Observer:
    """One program on one framework, and what was seen in its scopes."""

    def __init__(self, framework: str) -> None:
        self.names = importlib.import_module(framework)
        self.routing = importlib.import_module(f"{framework}.routing")
        self.app = self.names.FastAPI()
        self.inner = self.names.FastAPI()
        self.seen: Seen = []
        self.known: dict[int, str] = {
            id(self.app): "app",
            id(self.app.router): "app.router",
            id(self.inner): "inner",
            id(self.inner.router): "inner.router",
        }

    def look(self, where: str, scope: Any) -> None:
        """Remember what is in *scope*, in words that are equal for both frameworks."""
        found = {key: scope[key] for key in KEPT if key in scope}
        for key in ("route", "endpoint", "router", "app"):
            if key in scope:
                found[key] = self.describe(scope[key])
        state = scope.get("fastapi") or {}
        context = state.get("effective_route_context")
        found["context"] = None if context is None else self.describe(context)
        router = state.get("included_router")
        found["included"] = None if router is None else router.include_context.prefix
        found["fastapi"] = sorted(state)
        found["keys"] = sorted(scope.keys() - LATE if where.startswith(OUTSIDE) else scope)
        if not where.startswith(OUTSIDE):
            found["stacks"] = [isinstance(scope.get(key), AsyncExitStack) for key in STACKS]
            handlers = scope.get("starlette.exception_handlers", ())
            found["handlers"] = [sorted(map(str, found)) for found in map(self.plain, handlers)]
        self.seen.append((where, found))

    @staticmethod
    def plain(handlers: dict[Any, Any]) -> list[str]:
        return [getattr(key, "__name__", str(key)) for key in handlers]

    def describe(self, value: Any) -> str:
        if id(value) in self.known:
            return self.known[id(value)]
        kind = type(value).__name__.replace("FasterAPI", "FastAPI")
        path = getattr(value, "path", "")
        name = getattr(value, "__name__", "") or getattr(value, "name", "")
        original = getattr(value, "original_route", None)
        behind = f" of {self.describe(original)}" if original is not None else ""
        return f"{kind} {path} {name}{behind}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Look at the scope from outside of the application, before and afterwards."""

        async def looking_send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.look("outside, sending", scope)
            await send(message)

        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, receive, looking_send)
        finally:
            self.look("outside, done", scope)


class Refused(Exception):
    pass


def build(see: Observer) -> None:
    names, app = see.names, see.app
    depends = names.Depends

    def dependency(request: HTTPConnection) -> None:
        see.look("dependency", request.scope)

    def generator(request: Request) -> Iterator[None]:
        see.look("generator", request.scope)
        yield
        see.look("generator, exit", request.scope)

    def task(request: Request) -> None:
        see.look("task", request.scope)

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        see.look("exception handler", request.scope)
        return JSONResponse({}, 418, background=BackgroundTask(task, request))

    @app.exception_handler(404)
    async def missing(request: Request, error: Exception) -> JSONResponse:
        see.look("404", request.scope)
        return JSONResponse({}, 404)

    def add(router: Any) -> None:
        @router.get("/plain")
        async def plain() -> int:
            return 1

        @router.get("/items/{item_id}")
        async def read(item_id: int, request: Request, _: Any = depends(dependency)) -> int:
            see.look("handler", request.scope)
            return item_id

        @router.get("/sync/{name:path}")
        def sync(name: str, request: Request, tasks: names.BackgroundTasks) -> str:
            see.look("handler", request.scope)
            tasks.add_task(task, request)
            return name

        @router.get("/stack", dependencies=[depends(generator)])
        async def stack(request: Request) -> None:
            see.look("handler", request.scope)

        @router.get("/fail/{n}")
        async def fail(n: int) -> None:
            raise Refused

        @router.get("/raise")
        async def raising() -> None:
            raise names.HTTPException(404)

        @router.websocket("/ws/{n}")
        async def session(websocket: names.WebSocket, n: int) -> None:
            see.look("websocket", websocket.scope)
            await websocket.accept()
            await websocket.close()

    middle = names.APIRouter(prefix="/middle")
    outer = names.APIRouter(prefix="/outer/{tenant}")
    for router in (app, middle, see.inner):
        add(router)
    outer.include_router(middle)
    app.include_router(outer)
    app.include_router(middle, prefix="/again", dependencies=[depends(dependency)])
    app.mount("/mounted", see.inner)

    async def starlette(request: Request) -> JSONResponse:
        see.look("starlette", request.scope)
        return JSONResponse({})

    app.router.routes.append(Route("/starlette/{x}", starlette))
    app.router.routes.append(Mount("/raw", routes=[Route("/{y}", starlette)]))
    app.add_api_route("/late", lambda: 1)


def no_middleware(see: Observer) -> None:
    pass


def function(see: Observer) -> None:
    @see.app.middleware("http")
    async def looking(request: Request, call_next: Any) -> Any:
        see.look("middleware, in", request.scope)
        response = await call_next(request)
        see.look("middleware, out", request.scope)
        return response


def two_functions(see: Observer) -> None:
    function(see)
    function(see)


def asgi(see: Observer) -> None:
    class Looking:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            see.look("asgi, in", scope)
            await self.app(scope, receive, send)
            see.look("asgi, out", scope)

    see.app.add_middleware(Looking)


def copying(see: Observer) -> None:
    """A middleware that hands on a copy: what is added inside must not show outside."""

    class Copying:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(dict(scope), receive, send)

    see.app.add_middleware(Copying)


def subclass(see: Observer) -> None:
    class Looking(BaseHTTPMiddleware):
        async def dispatch(self, request: Request, call_next: Any) -> Any:
            see.look("middleware, in", request.scope)
            response = await call_next(request)
            see.look("middleware, out", request.scope)
            return response

    see.app.add_middleware(Looking)


PREFIXES = ["", "/outer/t/middle", "/again/middle", "/mounted"]
ENDS = ["/plain", "/items/7", "/items/x", "/sync/a/b", "/stack", "/fail/1", "/raise", "/nothing"]
PATHS = [prefix + end for prefix in PREFIXES for end in ENDS]
PATHS += ["/starlette/1", "/raw/2", "/late", "/late/", "/openapi.json", "/docs", "/"]
WRAPPINGS = [no_middleware, function, two_functions, asgi, copying, subclass]


def observe(framework: str, wrap: Callable[[Observer], None], act: Any, **options: Any) -> Seen:
    see = Observer(framework)
    wrap(see)
    build(see)
    client = TestClient(see, raise_server_exceptions=False, follow_redirects=False, **options)
    act(client, see)
    return see.seen


@pytest.mark.parametrize("wrap", WRAPPINGS)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_requests(wrap: Callable[[Observer], None], method: str) -> None:
    def act(client: TestClient, see: Observer) -> None:
        for path in PATHS:
            see.look(f"{method} {path}", {})
            client.request(method, path)

    assert observe("fasterapi", wrap, act) == observe("fastapi", wrap, act)


@pytest.mark.parametrize("wrap", [no_middleware, function, asgi])
def test_requests_behind_a_root_path(wrap: Callable[[Observer], None]) -> None:
    def act(client: TestClient, see: Observer) -> None:
        for path in PATHS:
            see.look(path, {})
            client.get(f"/root{path}")
            client.get(path)

    options = {"root_path": "/root"}
    assert observe("fasterapi", wrap, act, **options) == observe("fastapi", wrap, act, **options)


@pytest.mark.parametrize("wrap", [no_middleware, asgi])
def test_websockets(wrap: Callable[[Observer], None]) -> None:
    def act(client: TestClient, see: Observer) -> None:
        for prefix in PREFIXES:
            see.look(prefix, {})
            with client.websocket_connect(f"{prefix}/ws/1"):
                pass

    assert observe("fasterapi", wrap, act) == observe("fastapi", wrap, act)
