"""Prints the answers to requests of many kinds, and the errors of wrong definitions.

Run under different options of the interpreter, which must not change a byte; a forked child
answers first.
"""

import asyncio
import os
import sys
from typing import Any

from pydantic import BaseModel

from fasterapi import Depends, FastAPI, Form, HTTPException, Path, Query, Response
from fasterapi.routing import APIRoute


class Item(BaseModel):
    name: str
    price: float = 1.0


class ReferenceRoute(APIRoute):
    """Keeps to the reference path."""

    def get_route_handler(self) -> Any:
        return super().get_route_handler()


def make_app(route_class: type[APIRoute]) -> FastAPI:
    app = FastAPI()
    app.router.route_class = route_class

    def user(token: str = "") -> str:
        if token == "bad":
            raise HTTPException(401)
        return token

    async def opened() -> Any:
        yield "open"

    @app.get("/items/{item_id}")
    async def read(item_id: int = Path(ge=1), q: list[int] = Query(default=[])) -> dict[str, Any]:
        return {"id": item_id, "q": q}

    @app.post("/items", status_code=201)
    async def create(item: Item, response: Response, name: str = Depends(user)) -> Item:
        response.headers["x-user"] = name
        return item

    @app.post("/form")
    def form(a: str = Form(), value: str = Depends(opened)) -> list[str]:
        return [a, value]

    @app.get("/broken")
    def broken() -> None:
        raise LookupError("broken")

    return app


JSON = [(b"content-type", b"application/json")]
URLENCODED = [(b"content-type", b"application/x-www-form-urlencoded")]
MULTIPART = [(b"content-type", b"multipart/form-data; boundary=b")]
REQUESTS: list[tuple[str, str, bytes, list[tuple[bytes, bytes]], bytes]] = [
    ("GET", "/items/1", b"q=1&q=2", [], b""),
    ("GET", "/items/0", b"q=x", [], b""),
    ("GET", "/items/" + "9" * 5000, b"", [], b""),
    ("POST", "/items", b"token=t", JSON, b'{"name": "\xc3\xa4"}'),
    ("POST", "/items", b"token=bad", JSON, b'{"name": "a"}'),
    ("POST", "/items", b"", JSON, b'{"name": NaN}'),
    ("POST", "/items", b"", JSON, rb'{"name": "\ud800"}'),
    ("POST", "/items", b"", JSON, b"[" * 100_000),
    ("POST", "/items", b"", [], b'{"name": "a"}'),
    ("POST", "/form", b"", URLENCODED, b"a=%ff+b"),
    ("POST", "/form", b"", MULTIPART, b'--b\r\ncontent-disposition: form-data; name="a"'),
    ("GET", "/broken", b"", [], b""),
    ("GET", "/nowhere", b"", [], b""),
    ("DELETE", "/items", b"", [], b""),
    ("GET", "/openapi.json", b"", [], b""),
]


async def ask(app: FastAPI, request: tuple[Any, ...]) -> None:
    method, path, query, headers, body = request
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "root_path": "", "query_string": query,
        "headers": headers, "server": ("localhost", 80),
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        print({key: value for key, value in message.items() if key != "more_body"})

    try:
        await app(scope, receive, send)
    except LookupError as error:
        print(repr(error))


def define_wrongly() -> None:
    def endpoint(a: str = "") -> None: ...

    for path, options in (
        ("/{a}/{a}", {}),
        ("/{a:nope}", {}),
        ("/x", {"methods": []}),
        ("/x", {"status_code": 204, "response_model": Item}),
        ("/x", {"max_body_size": -1}),
    ):
        try:
            FastAPI().add_api_route(path, endpoint, **options)
        except Exception as error:
            print(type(error).__name__, error)
        else:
            print("accepted", path, options)


def main() -> None:
    apps = [make_app(APIRoute), make_app(ReferenceRoute)]

    async def ask_all() -> None:
        # In debug mode, a busy machine would be reported.
        asyncio.get_running_loop().slow_callback_duration = 60
        for app in apps:
            for request in REQUESTS:
                await ask(app, request)

    define_wrongly()
    sys.stdout.flush()
    child = os.fork()  # after the import and the definitions, as servers with workers do it
    if child == 0:
        asyncio.run(ask_all())
        sys.stdout.flush()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print("child", status)
    asyncio.run(ask_all())


if __name__ == "__main__":
    main()
