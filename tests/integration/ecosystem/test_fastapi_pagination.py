"""fastapi-pagination: pages by number, by offset and by cursor, set up in every way it offers."""

from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient
from fastapi_pagination import LimitOffsetPage, Page, Params, add_pagination, paginate
from pydantic import BaseModel


class Item(BaseModel):
    id: int


ITEMS = [{"id": number} for number in range(100)]


@pytest.fixture(params=["added last", "added first"])
def app(request: pytest.FixtureRequest) -> FastAPI:
    app, router = FastAPI(), APIRouter(prefix="/sub")
    if request.param == "added first":
        add_pagination(app)

    @app.get("/pages")
    async def pages() -> Page[Item]:
        return paginate(ITEMS)

    @app.get("/offsets")
    def offsets() -> LimitOffsetPage[Item]:
        return paginate(ITEMS)

    @app.get("/explicit", response_model=Page[Item])
    async def explicit(params: Params = Depends()) -> Any:
        return paginate(ITEMS, params)

    @router.get("/pages")
    async def sub() -> Page[Item]:
        return paginate(ITEMS[:3])

    app.include_router(router)
    if request.param == "added last":
        add_pagination(app)
    return app


def test_pages(app: FastAPI) -> None:
    with TestClient(app) as client:
        page = client.get("/pages?page=2&size=3").json()
        assert page["items"] == [{"id": 3}, {"id": 4}, {"id": 5}]
        assert (page["total"], page["page"], page["size"], page["pages"]) == (100, 2, 3, 34)
        assert client.get("/offsets?limit=1&offset=9").json()["items"] == [{"id": 9}]
        assert client.get("/explicit?size=1").json()["items"] == [{"id": 0}]
        assert client.get("/sub/pages?size=2").json()["pages"] == 2
        assert client.get("/pages?size=0").status_code == 422


def test_parameters_are_documented(app: FastAPI) -> None:
    with TestClient(app) as client:
        paths = client.get("/openapi.json").json()["paths"]
    names = [p["name"] for p in paths["/sub/pages"]["get"]["parameters"]]
    assert sorted(names) == ["page", "size"]
    assert sorted(p["name"] for p in paths["/offsets"]["get"]["parameters"]) == ["limit", "offset"]
