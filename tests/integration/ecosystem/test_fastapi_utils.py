"""fastapi-utils: views in classes, whose endpoints get another signature after the decorator."""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient
from fastapi_utils.cbv import cbv

from tests.integration.ecosystem.support import COMPILED, reasons


def tenant(tenant: str = "none") -> str:
    return tenant


def make_app() -> FastAPI:
    router = APIRouter()

    @cbv(router)
    class Orders:
        tenant: str = Depends(tenant)

        def __init__(self, limit: int = 5) -> None:
            self.limit = limit

        @router.get("/orders/{number}")
        def read(self, number: int) -> list[Any]:
            return [self.tenant, self.limit, number]

        @router.post("/orders", status_code=201)
        async def add(self, order: dict[str, int]) -> list[Any]:
            return [self.tenant, order]

    app = FastAPI()
    app.include_router(router, prefix="/api")
    return app


def test_views_get_their_instance() -> None:
    client = TestClient(make_app())
    assert client.get("/api/orders/3?tenant=a&limit=9").json() == ["a", 9, 3]
    answer = client.post("/api/orders", json={"a": 1})
    assert (answer.status_code, answer.json()) == (201, ["none", {"a": 1}])
    assert client.get("/api/orders/x").status_code == 422


def test_document_lists_the_parameters_of_the_class() -> None:
    app = make_app()
    listed = app.openapi()["paths"]["/api/orders/{number}"]["get"]["parameters"]
    assert {item["name"] for item in listed} == {"number", "limit", "tenant"}
    assert reasons(app)["/api/orders"] == COMPILED
