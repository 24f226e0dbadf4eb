"""A middleware function: tell how long each answer took."""

import time
from collections.abc import Awaitable, Callable

from fasterapi import FasterAPI, Request, Response

app = FasterAPI()


@app.middleware("http")
async def add_process_time(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Put the seconds that the rest took into ``X-Process-Time``."""
    started = time.perf_counter()
    response = await call_next(request)
    response.headers["X-Process-Time"] = f"{time.perf_counter() - started:.6f}"
    return response


@app.get("/")
async def hello() -> dict[str, str]:
    """Say hello."""
    return {"message": "hello"}
