"""logfire: a span for the request, and one for the arguments of the handler."""

from typing import Any

import logfire
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from logfire.testing import CaptureLogfire, capfire  # noqa: F401  a fixture
from pydantic import BaseModel

from tests.integration.ecosystem.support import COMPILED, reasons


class Item(BaseModel):
    name: str


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()

    @app.post("/items/{item_id}")
    async def create(item_id: int, item: Item, q: str = "x") -> Item:
        logfire.info("creating {name}", name=item.name)
        return item

    @app.get("/plain")
    def plain() -> str:
        return "plain"

    return app


def spans(captured: CaptureLogfire) -> dict[str, Any]:
    return {span["name"]: span for span in captured.exporter.exported_spans_as_dict()}


def test_arguments_are_recorded(app: FastAPI, capfire: CaptureLogfire) -> None:  # noqa: F811
    with logfire.instrument_fastapi(app, extra_spans=True):
        answer = TestClient(app).post("/items/3?q=y", json={"name": "cup"})
        assert answer.json() == {"name": "cup"}
        assert reasons(app)["/plain"] != COMPILED
    found = spans(capfire)
    request = found["POST /items/{item_id}"]
    assert request["attributes"]["http.route"] == "/items/{item_id}"
    values = request["attributes"]["fastapi.arguments.values"]
    assert '"item_id":3' in values
    assert '"q":"y"' in values
    assert "creating {name}" in found
    assert "FastAPI arguments" in found
    assert "{method} {http.route} ({code.function})" in found


def test_errors_are_recorded(app: FastAPI, capfire: CaptureLogfire) -> None:  # noqa: F811
    with logfire.instrument_fastapi(app):
        assert TestClient(app).post("/items/x", json={"name": "cup"}).status_code == 422
    request = spans(capfire)["POST /items/{item_id}"]
    assert "int_parsing" in request["attributes"]["fastapi.arguments.errors"]


def test_request_attributes_mapper(app: FastAPI, capfire: CaptureLogfire) -> None:  # noqa: F811
    seen: list[Any] = []

    def mapper(request: Any, attributes: dict[str, Any]) -> dict[str, Any]:
        seen.append((request.url.path, attributes["values"]))
        return {"mine": 1}

    with logfire.instrument_fastapi(app, request_attributes_mapper=mapper):
        TestClient(app).get("/plain")
    assert seen == [("/plain", {})]
