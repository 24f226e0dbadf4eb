"""Middleware functions of every temper, each around the same application."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware

from tests.conformance.order_programs import PROGRAMS, Log, session_of

Dispatch = Callable[[Any, Any], Any]
Make = Callable[[Any, Log], Dispatch]


class Item(BaseModel):
    name: str


def application(f: Any, log: Log) -> Any:
    """Return the application that lies inside of the middleware."""
    app = f.FastAPI()

    @app.exception_handler(KeyError)
    async def key_error(request: Any, exc: Exception) -> Any:
        return f.responses.PlainTextResponse("no key", 410, background=tasks_of(f, log, "handler"))

    @app.post("/item")
    async def create(item: Item, tasks: f.BackgroundTasks) -> Item:
        log("endpoint", item.name)
        tasks.add_task(log, "task of", item.name)
        return item

    @app.post("/body")
    async def body(request: f.Request) -> Any:
        data = await request.body()
        log("endpoint", data, sorted(request.headers.items()))
        return len(data)

    @app.get("/session")
    async def session(request: f.Request, s=f.Depends(session_of(log)), a: int = 0) -> Any:
        log("endpoint", request.url.path, a)
        return [s, a]

    @app.get("/stream")
    async def stream() -> Any:
        async def chunks() -> AsyncIterator[bytes]:
            for number in range(3):
                yield b"%d" % number

        return f.responses.StreamingResponse(chunks(), background=tasks_of(f, log, "stream"))

    @app.get("/file")
    async def file(name: str = __file__) -> Any:
        return f.responses.FileResponse(name, background=tasks_of(f, log, "file"))

    @app.get("/key")
    async def key() -> None:
        raise KeyError("k")

    @app.get("/value")
    async def value(s=f.Depends(session_of(log))) -> None:
        raise ValueError("v")

    @app.get("/slow")
    async def slow() -> None:
        await anyio.sleep(0.3)

    return app


def tasks_of(f: Any, log: Log, name: str) -> Any:
    tasks = f.BackgroundTasks()
    tasks.add_task(log, "task of", name)
    return tasks


def middleware(make: Make) -> Make:
    def build(f: Any, log: Log) -> Any:
        app = application(f, log)
        app.middleware("http")(make(f, log))
        return app

    def build_inside_of_another(f: Any, log: Log) -> Any:
        app = build(f, log)

        @app.middleware("http")
        async def outermost(request: Any, call_next: Any) -> Any:
            log("outermost")
            response = await call_next(request)
            log("outermost", response.status_code, sorted(response.headers))
            response.headers["x-outermost"] = "1"
            response.background = tasks_of(f, log, "outermost")
            return response

        return app

    def build_outside_of_a_class(f: Any, log: Log) -> Any:
        app = application(f, log)
        app.add_middleware(CORSMiddleware, allow_origins=["*"])
        app.middleware("http")(make(f, log))
        return app

    PROGRAMS[f"middleware_{make.__name__}"] = build
    PROGRAMS[f"middleware_{make.__name__}_outside_of_a_class"] = build_outside_of_a_class
    PROGRAMS[f"middleware_{make.__name__}_inside_of_another"] = build_inside_of_another
    return make


@middleware
def reading_the_body(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        log("read", await request.body())
        return await call_next(request)

    return dispatch


@middleware
def reading_the_stream(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        log("read", [chunk async for chunk in request.stream()])
        return await call_next(request)

    return dispatch


@middleware
def changing_the_body(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        body = await request.body()
        request._body = body.replace(b"name", b"NAME") if b"x" in body else body
        return await call_next(request)

    return dispatch


@middleware
def replacing_receive(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        async def receive() -> Any:
            return {"type": "http.request", "body": b'{"name": "replaced"}', "more_body": False}

        request._receive = receive
        return await call_next(request)

    return dispatch


@middleware
def replacing_the_answer(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        body = b"".join([chunk async for chunk in response.body_iterator])
        headers = {name: value for name, value in response.headers.items() if name[0] == "c"}
        del headers["content-length" if "content-length" in headers else "content-type"]
        return f.Response(body * 2, response.status_code, headers)

    return dispatch


@middleware
def dropping_the_answer(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        if request.url.path != "/stream":
            await call_next(request)
        return f.responses.PlainTextResponse("dropped", background=tasks_of(f, log, "dropper"))

    return dispatch


@middleware
def streaming_another_body(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        inner = response.body_iterator

        async def doubled() -> AsyncIterator[bytes]:
            async for chunk in inner:
                yield chunk + b"."

        response.body_iterator = doubled()
        del response.headers["content-length"]
        return response

    return dispatch


@middleware
def swallowing_exceptions(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        try:
            return await call_next(request)
        except Exception as error:
            log("swallowed", type(error).__name__)
            return f.responses.JSONResponse({"error": str(error)}, 500)

    return dispatch


@middleware
def rewriting_the_target(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        log(request.url.path, dict(request.query_params), sorted(request.headers))
        request.scope["path"] = {"/value": "/session", "/key": "/none"}.get(
            request.url.path, request.url.path
        )
        request.scope["query_string"] = b"a=4"
        request.scope["headers"] = [(b"x-new", b"1"), *request.scope["headers"]]
        return await call_next(request)

    return dispatch


@middleware
def never_calling_next(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        return f.responses.PlainTextResponse("stopped", 403)

    return dispatch


@middleware
def returning_nothing(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        if request.url.path != "/stream":
            await call_next(request)

    return dispatch


@middleware
def returning_an_application(f: Any, log: Log) -> Dispatch:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 203, "headers": []})
        await send({"type": "http.response.body", "body": b"own", "more_body": True})
        await send({"type": "http.response.body", "body": b" app"})

    async def dispatch(request: Any, call_next: Any) -> Any:
        return application

    return dispatch


@middleware
def limiting_the_time(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        try:
            with anyio.fail_after(0.1):
                return await call_next(request)
        except TimeoutError:
            return f.responses.PlainTextResponse("too slow", 504)

    return dispatch


@middleware
def opening_a_task_group(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0)
            response = await call_next(request)
        log("left the group")
        return response

    return dispatch


@middleware
def raising_before(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        raise f.HTTPException(418)

    return dispatch


@middleware
def raising_after(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        if request.url.path != "/stream":
            await call_next(request)
        raise KeyError("in middleware")

    return dispatch


@middleware
def keeping_state(f: Any, log: Log) -> Dispatch:
    async def dispatch(request: Any, call_next: Any) -> Any:
        request.state.seen = True
        request.own_attribute = 1
        response = await call_next(request)
        log(request.state.seen, response.status_code, response.headers.get("content-type"))
        return response

    return dispatch


def raising_inside_of_one_that_answers(f: Any, log: Log) -> Any:
    app = application(f, log)
    app.middleware("http")(raising_after(f, log))

    @app.middleware("http")
    async def answering(request: Any, call_next: Any) -> Any:
        try:
            return await call_next(request)
        except KeyError as error:
            log("answering", str(error))
            return f.responses.PlainTextResponse("sorry", 503, background=tasks_of(f, log, "sorry"))

    return app


PROGRAMS["middleware_raising_inside_of_one_that_answers"] = raising_inside_of_one_that_answers
