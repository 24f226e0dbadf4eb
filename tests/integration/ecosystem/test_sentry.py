"""sentry-sdk: events and transactions carry the route, whichever way it is answered."""

from typing import Any

import pytest
import sentry_sdk
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sentry_sdk.transport import Transport

from tests.integration.ecosystem.support import reasons


class Item(BaseModel):
    name: str


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__({})
        self.items: list[tuple[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.items += [(item.type, item.payload.json) for item in envelope.items]

    def of(self, kind: str) -> list[Any]:
        return [payload for name, payload in self.items if name == kind]


@pytest.fixture(scope="module", autouse=True)
def transport() -> Kept:
    kept = Kept()
    sentry_sdk.init(
        dsn="https://key@sentry.example/1",
        transport=kept,
        traces_sample_rate=1.0,
        send_default_pii=True,
        default_integrations=True,
    )
    return kept


@pytest.fixture
def app(transport: Kept) -> FastAPI:
    transport.items.clear()
    app, router = FastAPI(), APIRouter(prefix="/sub")

    def user() -> str:
        return "ana"

    @app.get("/fail/{item_id}")
    async def fail(item_id: int, who: str = Depends(user)) -> None:
        raise ZeroDivisionError(f"item {item_id}")

    @app.post("/sync/{item_id}")
    def sync(item_id: int, item: Item) -> Item:
        raise LookupError(item.name)

    @router.get("/fine/{item_id}")
    async def fine(item_id: int) -> Item:
        sentry_sdk.set_tag("seen", item_id)
        return Item(name=str(item_id))

    app.include_router(router)
    return app


def test_exception_is_reported_with_its_route(app: FastAPI, transport: Kept) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/fail/7?q=1").status_code == 500
    (event,) = transport.of("event")
    assert event["exception"]["values"][0]["value"] == "item 7"
    assert event["transaction"] == "/fail/{item_id}"
    assert event["transaction_info"] == {"source": "route"}
    assert event["request"]["url"] == "http://testserver/fail/7"
    assert event["request"]["query_string"] == "q=1"
    assert event["exception"]["values"][0]["mechanism"]["handled"] is False


def test_body_of_a_plain_handler_is_reported(app: FastAPI, transport: Kept) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    assert client.post("/sync/7", json={"name": "cup"}).status_code == 500
    (event,) = transport.of("event")
    assert event["transaction"] == "/sync/{item_id}"
    assert event["request"]["data"] == {"name": "cup"}


def test_transaction_of_an_included_route(app: FastAPI, transport: Kept) -> None:
    with TestClient(app) as client:
        assert client.get("/sub/fine/3").json() == {"name": "3"}
    (transaction,) = transport.of("transaction")
    # The SDK reads scope["route"].path, which FastAPI leaves without the include's prefix.
    assert transaction["transaction"].endswith("/fine/{item_id}")
    assert transaction["contexts"]["trace"]["op"] == "http.server"
    assert transaction["tags"]["seen"] == 3


def test_report_says_why_routes_are_not_compiled(app: FastAPI) -> None:
    assert "get_request_handler" in reasons(app)["/sub/fine/{item_id}"]
