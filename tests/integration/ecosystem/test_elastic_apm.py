"""elastic-apm: transactions called after their routes, and errors."""

from typing import Any

from elasticapm.base import Client
from elasticapm.contrib.starlette import ElasticAPM
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient


class Recorder(Client):
    def __init__(self) -> None:
        options = {"METRICS_INTERVAL": "0", "CENTRAL_CONFIG": False, "CLOUD_PROVIDER": "none"}
        super().__init__({"SERVICE_NAME": "shop", "DISABLE_SEND": True, **options})
        self.seen: list[tuple[str, Any]] = []

    def queue(self, event_type: str, data: dict[str, Any], flush: bool = False) -> None:
        if event_type == "transaction":
            self.seen.append((data["name"], data["result"]))
        elif event_type == "error":
            self.seen.append(("error", data["exception"]["type"]))


def test_transactions_have_the_names_of_routes() -> None:
    recorder = Recorder()
    app, router, mounted = FastAPI(), APIRouter(), FastAPI()
    app.add_middleware(ElasticAPM, client=recorder)

    @app.get("/items/{number}")
    async def read(number: int) -> int:
        return number

    @router.get("/fail/{name}")
    def fail(name: str) -> None:
        raise ValueError(name)

    mounted.get("/inner")(lambda: 1)
    app.include_router(router, prefix="/api")
    app.mount("/mounted", mounted)
    client = TestClient(app, raise_server_exceptions=False)
    for path in ("/items/1", "/items/x", "/api/fail/a", "/mounted/inner"):
        client.get(path)
    assert recorder.seen == [
        ("GET /items/{number}", "HTTP 2xx"),
        ("GET /items/{number}", "HTTP 4xx"),
        ("error", "ValueError"),
        ("GET /api/fail/{name}", "HTTP 5xx"),
        ("GET /mounted/inner", "HTTP 2xx"),
    ]
    recorder.close()
