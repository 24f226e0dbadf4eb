"""asgi-correlation-id: the id is known in handlers of both kinds and sent back."""

from asgi_correlation_id import CorrelationIdMiddleware, correlation_id
from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient

from tests.integration.ecosystem.support import COMPILED, reasons


def make_client() -> TestClient:
    app = FastAPI()
    app.add_middleware(CorrelationIdMiddleware, validator=None)

    def depended() -> str | None:
        return correlation_id.get()

    @app.get("/async")
    async def in_loop(other: str = Depends(depended)) -> list[str | None]:
        return [correlation_id.get(), other]

    @app.get("/sync")
    def in_thread(other: str = Depends(depended)) -> list[str | None]:
        return [correlation_id.get(), other]

    @app.get("/fail")
    async def fail() -> None:
        raise ValueError

    @app.exception_handler(ValueError)
    async def handle(request: object, error: ValueError) -> PlainTextResponse:
        return PlainTextResponse(str(correlation_id.get()), 500)

    return TestClient(app)


def test_id_is_known_everywhere() -> None:
    client = make_client()
    for path in ("/async", "/sync"):
        answer = client.get(path, headers={"x-request-id": "abc"})
        assert answer.json() == ["abc", "abc"]
        assert answer.headers["x-request-id"] == "abc"
    answer = client.get("/fail", headers={"x-request-id": "abc"})
    assert (answer.text, answer.headers["x-request-id"]) == ("abc", "abc")
    assert len(client.get("/async").headers["x-request-id"]) == 32
    assert reasons(client.app)["/async"] == COMPILED
