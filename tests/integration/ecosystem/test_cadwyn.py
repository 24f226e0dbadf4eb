"""cadwyn: versions of an API, made by rewriting routes, models and dependencies."""

from typing import Any

from cadwyn import (
    Cadwyn,
    HeadVersion,
    Version,
    VersionBundle,
    VersionChange,
    VersionedAPIRouter,
    schema,
)
from fastapi import Depends
from fastapi.testclient import TestClient
from pydantic import BaseModel


class User(BaseModel):
    name: str
    age: int = 1


class AddAge(VersionChange):
    description = "users have an age"
    instructions_to_migrate_to_previous_version = (schema(User).field("age").didnt_exist,)


def test_each_version_has_its_model() -> None:
    router = VersionedAPIRouter()

    def limit(limit: int = 5) -> int:
        return limit

    @router.get("/user", response_model=User)
    async def user(limit: int = Depends(limit)) -> Any:
        return {"name": f"a{limit}", "age": 7}

    versions = VersionBundle(HeadVersion(), Version("2024-02-01", AddAge), Version("2024-01-01"))
    app = Cadwyn(versions=versions)
    app.generate_and_include_versioned_routers(router)
    with TestClient(app) as client:
        answers = [
            client.get("/user?limit=2", headers={"x-api-version": version}).json()
            for version in ("2024-01-01", "2024-02-01")
        ]
        assert answers == [{"name": "a2"}, {"name": "a2", "age": 7}]
        document = client.get("/openapi.json?version=2024-01-01").json()
    assert list(document["components"]["schemas"]["User"]["properties"]) == ["name"]
