"""A form beside a JSON object: refused where it is declared, 422 where an inclusion brings it."""

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from fasterapi import APIRouter, Depends, FastAPI, Form
from fasterapi.exceptions import UsageError


class Model(BaseModel):
    a: int = 1


def form(f: str = Form()) -> str:
    return f


def test_two_bodies_of_one_route_are_refused() -> None:
    with pytest.raises(UsageError, match="the body is declared in two places"):

        @FastAPI().post("/")
        async def both(model: Model, f: str = Form()) -> None: ...


def test_a_form_that_comes_by_inclusion_concerns_only_its_route() -> None:
    app = FastAPI()
    router = APIRouter()

    @app.get("/other")
    async def other() -> int:
        return 1

    @router.post("/model")
    async def model(model: Model) -> None: ...

    client = TestClient(app)
    assert client.get("/other").status_code == 200
    app.include_router(router, dependencies=[Depends(form)])
    assert client.get("/other").status_code == 200
    assert client.post("/model", json={"a": 1}).status_code == 422
    assert client.post("/model", data={"f": "x"}).status_code == 422
    assert client.get("/openapi.json").status_code == 200
