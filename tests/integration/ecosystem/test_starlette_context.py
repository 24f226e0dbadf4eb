"""starlette-context: values of the request without the request, by both of its middlewares."""

from typing import Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from starlette_context import context, plugins
from starlette_context.middleware import ContextMiddleware, RawContextMiddleware


@pytest.mark.parametrize("middleware", [RawContextMiddleware, ContextMiddleware])
def test_context_is_there_and_goes_away(middleware: Any) -> None:
    app = FastAPI()
    app.add_middleware(
        middleware, plugins=(plugins.RequestIdPlugin(), plugins.CorrelationIdPlugin())
    )

    def depended() -> str:
        return str(context["X-Correlation-ID"])

    @app.get("/async")
    async def in_loop(other: str = Depends(depended)) -> list[str]:
        context["more"] = 1
        return [context["X-Correlation-ID"], other]

    @app.get("/sync")
    def in_thread(other: str = Depends(depended)) -> list[str]:
        return [context["X-Correlation-ID"], other]

    client, number = TestClient(app), "6a2b9a2f8d3e4d6f9b8a7c6d5e4f3a2b"
    for path in ("/async", "/sync"):
        answer = client.get(path, headers={"x-correlation-id": number})
        assert answer.json() == [number, number]
        assert answer.headers["x-correlation-id"] == number
        assert answer.headers["x-request-id"]
    assert not context.exists()
    bad = client.get("/async", headers={"x-correlation-id": "no uuid"})
    assert bad.status_code == 400
