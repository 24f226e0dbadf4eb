"""API keys in their three places."""

from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from fasterapi.security import APIKeyCookie, APIKeyHeader, APIKeyQuery

pytestmark = pytest.mark.anyio
PLACES = {APIKeyQuery: "query", APIKeyHeader: "header", APIKeyCookie: "cookie"}


def request(key: str) -> Request:
    headers = [(b"key", key.encode()), (b"cookie", f"key={key}".encode())]
    return Request({"type": "http", "query_string": f"key={key}".encode(), "headers": headers})


@pytest.mark.parametrize("scheme", PLACES)
async def test_key_is_given(scheme: Any) -> None:
    assert await scheme(name="key")(request("abc")) == "abc"


@pytest.mark.parametrize("scheme", PLACES)
@pytest.mark.parametrize("name", ["key", "other"])
async def test_missing_or_empty_key_is_refused(scheme: Any, name: str) -> None:
    with pytest.raises(HTTPException) as caught:
        await scheme(name=name)(request(""))
    assert caught.value.status_code == 401
    assert caught.value.headers == {"WWW-Authenticate": "APIKey"}
    assert await scheme(name=name, auto_error=False)(request("")) is None


@pytest.mark.parametrize(("scheme", "place"), PLACES.items())
def test_openapi_knows_the_place(scheme: Any, place: str) -> None:
    made = scheme(name="key", description="d")
    assert made.model.model_dump(by_alias=True, exclude_none=True, mode="json") == {
        "type": "apiKey",
        "in": place,
        "name": "key",
        "description": "d",
    }
    assert made.scheme_name == scheme.__name__
    assert scheme(name="key", scheme_name="s").scheme_name == "s"
