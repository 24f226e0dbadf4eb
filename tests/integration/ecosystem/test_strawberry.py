"""strawberry-graphql: a GraphQL router with context, mutations and subscriptions."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from strawberry.fastapi import GraphQLRouter
from strawberry.types import Info


@strawberry.type
class Item:
    id: int
    name: str


@strawberry.type
class Query:
    @strawberry.field
    def item(self, number: int) -> Item:
        return Item(id=number, name="cup")

    @strawberry.field
    async def who(self, info: Info) -> str:
        return f"{info.context['user']} {info.context['request'].url.path}"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, info: Info, name: str) -> Item:
        info.context["response"].headers["x-renamed"] = name
        return Item(id=1, name=name)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number


def user(request: Request = None) -> str:  # type: ignore[assignment]
    return request.headers.get("x-user", "nobody") if request else "nobody"


async def context(who: str = Depends(user)) -> dict[str, Any]:
    return {"user": who}


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    schema = strawberry.Schema(Query, Mutation, Subscription)
    app.include_router(GraphQLRouter(schema, context_getter=context), prefix="/graphql")
    return TestClient(app)


def ask(client: TestClient, query: str, **options: Any) -> Any:
    return client.post("/graphql", json={"query": query}, **options)


def test_query_and_context(client: TestClient) -> None:
    answer = ask(client, "{ item(number: 7) { id name } who }", headers={"x-user": "ana"})
    assert answer.json() == {"data": {"item": {"id": 7, "name": "cup"}, "who": "ana /graphql"}}


def test_mutation_sets_headers(client: TestClient) -> None:
    answer = ask(client, 'mutation { rename(name: "b") { name } }')
    assert answer.json()["data"] == {"rename": {"name": "b"}}
    assert answer.headers["x-renamed"] == "b"


def test_errors_and_page(client: TestClient) -> None:
    assert ask(client, "{ nothing }").json()["errors"]
    assert client.post("/graphql", content=b"{").status_code == 400
    page = client.get("/graphql", headers={"accept": "text/html"})
    assert "<html" in page.text.lower()


def test_subscription(client: TestClient) -> None:
    with client.websocket_connect("/graphql", ["graphql-transport-ws"]) as session:
        session.send_json({"type": "connection_init"})
        assert session.receive_json()["type"] == "connection_ack"
        query = {"query": "subscription { count(to: 2) }"}
        session.send_json({"id": "1", "type": "subscribe", "payload": query})
        messages = [session.receive_json() for _ in range(3)]
    assert [m["payload"]["data"]["count"] for m in messages[:2]] == [0, 1]
    assert messages[2]["type"] == "complete"
