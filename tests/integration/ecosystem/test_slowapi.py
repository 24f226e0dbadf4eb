"""slowapi: limits by decorator, by middleware, and shared ones."""

from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from slowapi.middleware import SlowAPIASGIMiddleware, SlowAPIMiddleware
from slowapi.util import get_remote_address

from tests.integration.ecosystem.support import COMPILED, reasons


def make_client(middleware: Any = None, **options: Any) -> TestClient:
    limiter = Limiter(key_func=get_remote_address, **options)
    app = FastAPI()
    app.state.limiter = limiter
    app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)  # type: ignore[arg-type]
    if middleware is not None:
        app.add_middleware(middleware)

    @app.get("/twice")
    @limiter.limit("2/minute")
    async def twice(request: Request, response: Response) -> dict[str, str]:
        return {"path": request.url.path}

    @app.get("/sync")
    @limiter.limit("1/minute")
    def sync(request: Request) -> str:
        return "sync"

    @app.get("/default/{name}")
    async def default(name: str) -> str:
        return name

    @app.get("/exempt")
    @limiter.exempt
    async def exempt() -> str:
        return "free"

    return TestClient(app)


def test_decorator_limits_each_route() -> None:
    client = make_client(headers_enabled=False)
    assert [client.get("/twice").status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/twice").json() == {"error": "Rate limit exceeded: 2 per 1 minute"}
    assert [client.get("/sync").status_code for _ in range(2)] == [200, 429]
    assert reasons(client.app)["/twice"] == COMPILED


def test_headers_tell_the_rest() -> None:
    answer = make_client(headers_enabled=True).get("/twice")
    assert answer.headers["x-ratelimit-remaining"] == "1"


@pytest.mark.parametrize("middleware", [SlowAPIMiddleware, SlowAPIASGIMiddleware])
def test_middleware_limits_by_default(middleware: Any) -> None:
    client = make_client(middleware, default_limits=["2/minute"])
    answers = [client.get("/default/a").status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert [client.get("/exempt").status_code for _ in range(4)] == [200] * 4
    assert [client.get("/twice").status_code for _ in range(3)] == [200, 200, 429]
