"""dependency-injector: providers as defaults of endpoints, overridden, and closed after use."""

import sys
from collections.abc import Iterator
from typing import Any

from dependency_injector import containers, providers
from dependency_injector.wiring import Closing, Provide, inject
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from tests.integration.ecosystem.support import COMPILED, reasons

LOG: list[str] = []


def connect() -> Iterator[str]:
    LOG.append("open")
    yield "connection"
    LOG.append("close")


class Container(containers.DeclarativeContainer):
    service = providers.Factory(dict, a=1)
    connection = providers.Resource(connect)


app = FastAPI()


@app.get("/async/{number}")
@inject
async def in_loop(
    number: int,
    service: dict[str, int] = Depends(Provide[Container.service]),
    connection: str = Depends(Closing[Provide[Container.connection]]),
) -> list[Any]:
    LOG.append("endpoint")
    return [number, service, connection]


@app.get("/sync")
@inject
def in_thread(service: dict[str, int] = Depends(Provide[Container.service])) -> Any:
    return service


def test_providers_are_injected_and_closed() -> None:
    container = Container()
    container.wire(modules=[sys.modules[__name__]])
    client = TestClient(app)
    assert client.get("/async/5").json() == [5, {"a": 1}, "connection"]
    assert LOG == ["open", "endpoint", "close"]
    with container.service.override(providers.Object({"b": 2})):
        assert client.get("/sync").json() == {"b": 2}
    assert client.get("/sync").json() == {"a": 1}
    assert client.get("/async/x").status_code == 422
    assert reasons(app)["/sync"] == COMPILED
