"""Requests at the ASGI door, without a client that would mend them, and three kinds of doors."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fasterapi import APIRouter, FastAPI, Request, Response
from fasterapi.routing import APIRoute

Headers = Iterable[tuple[bytes, bytes]]
Build = Callable[[FastAPI], None]

DOORS = ("compiled", "behind-asgi-middleware", "reference")
"""How a request reaches its endpoint: by a plan; by a plan behind ASGI middleware; without one."""


class ThroughMiddleware:
    """ASGI middleware that changes nothing, so that nothing can be compiled around it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class ReferenceRoute(APIRoute):
    """A route with a handler of its own, which keeps to the reference path."""

    def get_route_handler(self) -> Any:
        handle = super().get_route_handler()

        async def own_handler(request: Any) -> Any:
            return await handle(request)

        return own_handler


def make_app(door: str, build: Build, **options: Any) -> FastAPI:
    """Return the application that *build* fills with routes, reached by *door*."""
    app = FastAPI(**options)
    if door == "reference":
        app.router.route_class = ReferenceRoute
    build(app)
    if door == "behind-asgi-middleware":
        app.add_middleware(ThroughMiddleware)
    return app


def make_router(door: str, **options: Any) -> APIRouter:
    """Return a router whose routes *door* reaches as those of the application."""
    return APIRouter(route_class=ReferenceRoute if door == "reference" else APIRoute, **options)


def answering_app(
    make: Callable[[Response, Request], Any], *, door: str, with_function_middleware: bool = False
) -> FastAPI:
    """Return an app that answers ``/`` and ``/sync`` with what *make* returns."""

    def build(app: FastAPI) -> None:
        @app.get("/")
        async def endpoint(response: Response, request: Request) -> Any:
            return make(response, request)

        @app.get("/sync")
        def in_thread(response: Response, request: Request) -> Any:
            return make(response, request)

        if with_function_middleware:

            @app.middleware("http")
            async def unchanged(request: Request, call_next: Any) -> Any:
                return await call_next(request)

    return make_app(door, build)


@dataclass
class Answer:
    """What came out of the door."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    error: BaseException | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    received: int = 0
    """How many messages the application asked for."""

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        values = self.all_headers(name)
        return values[0] if values else None

    def all_headers(self, name: str) -> list[str]:
        wanted = name.lower().encode()
        return [value.decode("latin-1") for key, value in self.headers if key.lower() == wanted]


def scope_of(
    path: str,
    *,
    method: str = "GET",
    query: bytes = b"",
    headers: Headers = (),
    **others: Any,
) -> dict[str, Any]:
    """Return an ASGI scope; *path* is the decoded one, taken as it is."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"localhost:8000"), *headers],
        "client": ("203.0.113.9", 5000),
        "server": ("localhost", 8000),
        **others,
    }


async def exchange(app: Any, scope: dict[str, Any], chunks: list[bytes]) -> Answer:
    """Return the answer to one request; what the application raises is kept, not raised."""
    answer = Answer()
    pending = [
        {"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1}
        for index, chunk in enumerate(chunks)
    ]

    async def receive() -> dict[str, Any]:
        answer.received += 1
        if pending:
            return pending.pop(0)
        # A server says so when the answer is complete; until then nothing more comes.
        await asyncio.sleep(30)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        answer.messages.append(message)
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = list(message["headers"])
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    try:
        await app(scope, receive, send)
    except BaseException as error:
        answer.error = error
    return answer


def ask(
    app: Any,
    path: str,
    body: bytes | list[bytes] = b"",
    *,
    method: str | None = None,
    content_type: str | None = None,
    headers: Headers = (),
    **scope: Any,
) -> Answer:
    """Return the answer to one request.

    Args:
        app: The application.
        path: The decoded path.
        body: The body, or the pieces in which it arrives.
        method: POST if there is a body, else GET, unless given.
        content_type: Of the body; JSON unless given, "" for none.
        headers: Further headers.
        scope: Other entries of the ASGI scope; ``query`` for the query string.
    """
    chunks = body if isinstance(body, list) else [body]
    has_body = any(chunks)
    sent = list(headers)
    if has_body and content_type != "":
        sent.append((b"content-type", (content_type or "application/json").encode("latin-1")))
    request = scope_of(
        path, method=method or ("POST" if has_body else "GET"), headers=sent, **scope
    )
    return asyncio.run(exchange(app, request, chunks))
