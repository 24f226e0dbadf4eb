"""FastAPI as its manual writes it: typed handlers, models, dependencies, a middleware function."""

import time
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import PlainTextResponse

from macro.data import NEEDED_GRANT, ROUTE_COUNT, ROWS, USERS
from macro.models import Article, Detail, Order, Search


async def read_token(x_token: Annotated[str, Header()]) -> str:
    return x_token


async def current_user(token: Annotated[str, Depends(read_token)]) -> dict:
    user = USERS.get(token)
    if user is None:
        raise HTTPException(401, "unknown token")
    return user


async def needed_grant(user: Annotated[dict, Depends(current_user)]) -> str:
    if NEEDED_GRANT not in user["grants"]:
        raise HTTPException(403, "not allowed")
    return NEEDED_GRANT


def endpoints() -> FastAPI:
    app = FastAPI()

    @app.get("/plaintext", response_class=PlainTextResponse)
    async def plaintext():
        return "Hello, World!"

    @app.get("/json")
    async def json_message() -> dict[str, str]:
        return {"message": "Hello, World!"}

    @app.get("/users/{user_id}")
    async def user(user_id: int) -> dict[str, int]:
        return {"user_id": user_id}

    @app.get("/search")
    async def search(
        q: Annotated[str, Query(min_length=1, max_length=50)],
        page: Annotated[int, Query(ge=1)] = 1,
        size: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Search:
        return Search(q=q, page=page, size=size)

    @app.post("/items")
    async def items(order: Order) -> Order:
        return order

    @app.get("/deps")
    async def deps(
        user: Annotated[dict, Depends(current_user)],
        grant: Annotated[str, Depends(needed_grant)],
    ) -> dict[str, str]:
        return {"user": user["name"], "grant": grant}

    @app.get("/list", response_model=list[Article])
    async def articles():
        return ROWS

    @app.get("/sync")
    def sync() -> dict[str, bool]:
        return {"ok": True}

    return app


def many_routes() -> FastAPI:
    app = FastAPI()

    def add(number: int) -> None:
        @app.get(f"/api/v1/resource{number}/{{key}}/detail")
        async def detail(key: str) -> Detail:
            return Detail(number=number, key=key)

    for number in range(ROUTE_COUNT):
        add(number)
    return app


def behind_middleware() -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def process_time(request: Request, call_next):
        began = time.perf_counter()
        response = await call_next(request)
        response.headers["X-Process-Time"] = f"{time.perf_counter() - began:.6f}"
        return response

    @app.get("/json")
    async def json_message() -> dict[str, str]:
        return {"message": "Hello, World!"}

    return app
