"""Many requests of every kind through the ASGI door; objects, blocks and memory must not grow.

``python tests/isolated/leak.py [requests]``: prints what was measured, exits with 1 if anything
grew. Run as a process of its own, since other tests leave objects behind whenever they like.
"""

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel

from fasterapi import APIRouter, Body, Cookie, Depends, FastAPI, Form, Header, HTTPException, Query
from fasterapi.requests import Request
from fasterapi.responses import PlainTextResponse, Response
from fasterapi.routing import APIRoute

MAX_GROWTH_MIB = 4.0
ROUNDS = 8
# To show that this script would find a leak: "objects" or "bytes".
ON_PURPOSE = os.environ.get("FASTERAPI_LEAK_ON_PURPOSE", "")
leaked: list[Any] = []


class Item(BaseModel):
    name: str
    price: float = 1.0
    tags: list[str] = []


class ReferenceRoute(APIRoute):
    """Keeps to the reference path."""

    def get_route_handler(self) -> Any:
        return super().get_route_handler()


def add_routes(app: FastAPI | APIRouter) -> None:
    async def user(x_token: str = Header(default=""), session: str = Cookie(default="")) -> str:
        return x_token + session

    async def opened() -> Any:
        yield {}

    @app.get("/json")
    async def as_json() -> dict[str, str]:
        return {"message": "hello"}

    @app.get("/items/{item_id}")
    async def path(item_id: int) -> dict[str, int]:
        return {"item_id": item_id}

    @app.get("/query")
    async def query(q: str, limit: int = 10, many: list[int] = Query(default=[])) -> list[Any]:
        return [q, limit, many]

    @app.post("/items")
    async def create(item: Item) -> Item:
        return item

    @app.post("/any")
    async def anything(value: Any = Body()) -> Any:
        return value

    @app.get("/deps")
    async def deps(name: Annotated[str, Depends(user)], response: Response) -> dict[str, str]:
        response.headers["x-user"] = "u"
        return {"name": name}

    @app.get("/opened")
    async def generator(value: Annotated[dict[str, Any], Depends(opened)]) -> dict[str, Any]:
        return value

    @app.get("/fails")
    async def fails() -> None:
        raise HTTPException(409, "no")

    @app.post("/form")
    async def form(a: str = Form()) -> str:
        return a

    @app.get("/plain")
    async def plain(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.method)


def make_apps() -> list[FastAPI]:
    """Return an app of plans, one behind function middleware, and one without plans."""
    compiled, behind, reference = FastAPI(), FastAPI(), FastAPI()
    reference.router.route_class = ReferenceRoute
    for app in (compiled, behind, reference):
        add_routes(app)

    @behind.middleware("http")
    async def timed(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-time"] = "1"
        return response

    return [compiled, behind, reference]


JSON = (b"content-type", b"application/json")
FORM = (b"content-type", b"application/x-www-form-urlencoded")
MULTIPART = (b"content-type", b"multipart/form-data; boundary=b")
PART = b'--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n'
# method, path, query, headers, body, status, weight
Case = tuple[str, str, bytes, list[tuple[bytes, bytes]], bytes, int, int]
CASES: list[Case] = [
    ("GET", "/json", b"", [], b"", 200, 20),
    ("GET", "/items/%d", b"", [], b"", 200, 20),
    ("GET", "/items/x%d", b"", [], b"", 422, 4),
    ("GET", "/query", b"q=a%20b&limit=3&many=1", [(b"cookie", b"a=b")], b"", 200, 20),
    ("GET", "/query", b"limit=x&zzz=%ff", [], b"", 422, 4),
    ("POST", "/items", b"", [JSON], b'{"name": "a", "tags": ["b"]}', 200, 20),
    ("POST", "/items", b"", [JSON], b'{"name": 1}', 422, 4),
    ("POST", "/items", b"", [JSON], b'{"name": ', 422, 2),
    ("POST", "/items", b"", [], b"{}", 422, 2),
    ("POST", "/any", b"", [JSON], json.dumps({"a": [1, 2.5, None, "x"]}).encode(), 200, 4),
    ("POST", "/any", b"", [JSON], rb'{"a": "\ud800"}', 422, 1),
    ("GET", "/deps", b"", [(b"x-token", b"t"), (b"cookie", b"session=s")], b"", 200, 10),
    ("GET", "/opened", b"", [], b"", 200, 2),
    ("GET", "/fails", b"", [], b"", 409, 4),
    ("GET", "/nothing%d", b"", [], b"", 404, 2),
    ("PUT", "/json", b"", [], b"", 405, 1),
    ("POST", "/form", b"", [FORM], b"a=1", 200, 1),
    ("POST", "/form", b"", [MULTIPART], PART + b"--b--\r\n", 200, 1),
    ("POST", "/form", b"", [MULTIPART], PART, 400, 1),
    ("GET", "/plain", b"", [], b"", 200, 4),
]
# One app of the three takes most of the requests: the compiled one.
SHARES = (10, 2, 1)


def scopes_of_a_round() -> Iterator[tuple[int, Case, dict[str, Any]]]:
    """Yield the index of the app, the case, and the scope without its path."""
    for app_index, share in enumerate(SHARES):
        for case in CASES:
            method, path, query, headers, _, _, weight = case
            for _ in range(max(1, share * weight // 10)):
                scope = {
                    "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"},
                    "http_version": "1.1", "method": method, "scheme": "http", "path": path,
                    "raw_path": b"", "root_path": "", "query_string": query,
                    "headers": [(b"host", b"x"), *headers], "client": ("127.0.0.1", 1),
                    "server": ("127.0.0.1", 80),
                }  # fmt: skip
                yield app_index, case, scope


class Driver:
    """Sends requests and checks statuses."""

    def __init__(self) -> None:
        self.apps = make_apps()
        self.round = list(scopes_of_a_round())
        self.count = 0
        self.status = 0
        self.body = b""

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]

    async def run(self, requests: int) -> None:
        """Send at least *requests*, whole rounds of them."""
        until = self.count + requests
        while self.count < until:
            for app_index, (_, path, _, _, body, status, _), scope in self.round:
                self.count += 1
                self.body = body
                # Other paths each time, so that a cache by path would show.
                own = {**scope, "path": path % self.count if "%" in path else path}
                await self.apps[app_index](own, self.receive, self.send)
                if ON_PURPOSE == "objects":
                    leaked.append([own])
                elif ON_PURPOSE == "bytes":
                    leaked.append(b"x" * 5000)
                if self.status != status:
                    raise AssertionError(f"{own['method']} {own['path']}: {self.status}")


def measure() -> tuple[int, int, float]:
    """Return the numbers of objects and of memory blocks, and resident MiB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    resident = pages * os.sysconf("SC_PAGESIZE") / 2**20
    return len(gc.get_objects()), sys.getallocatedblocks(), resident


async def main(requests: int) -> int:
    driver = Driver()
    # Caches fill, pools grow and the allocator takes its arenas.
    await driver.run(max(requests // ROUNDS, 3000))
    began, first = time.monotonic(), driver.count
    measured = [measure()]
    for _ in range(ROUNDS):
        await driver.run(requests // ROUNDS)
        measured.append(measure())
    took = time.monotonic() - began
    # Counted over the second half: pools and specialised bytecode settle within the first.
    half = ROUNDS // 2
    objects, blocks, resident = (measured[-1][i] - measured[half][i] for i in range(3))
    # Each kind of request comes at least once in a round of the driver; one object for each
    # time that the rarest came would be twice this.
    limit = requests / 2 / len(driver.round) / 2
    grown = [
        name
        for name, growth, most in (
            ("objects", objects, limit),
            ("blocks", blocks, limit),
            ("resident MiB", resident, MAX_GROWTH_MIB),
        )
        if growth > most
    ]
    print(
        json.dumps(
            {
                "requests": driver.count - first,
                "seconds": round(took, 1),
                "objects": objects,
                "blocks": blocks,
                "resident_mib": round(resident, 2),
                "grown": grown,
            }
        )
    )
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)))
