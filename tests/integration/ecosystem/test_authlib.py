"""authlib: log in at an OAuth provider, which is an application here, too."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from authlib.integrations.starlette_client import OAuth, OAuthError
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from starlette.middleware.sessions import SessionMiddleware


def make_provider() -> FastAPI:
    provider = FastAPI()

    @provider.post("/token")
    async def token(code: str = Form(), code_verifier: str = Form()) -> dict[str, Any]:
        assert code_verifier
        return {"access_token": f"token of {code}", "token_type": "bearer", "expires_in": 3600}

    @provider.get("/me")
    async def me(request: Request) -> dict[str, str]:
        return {"token": request.headers["authorization"]}

    return provider


def make_client() -> TestClient:
    app, oauth = FastAPI(), OAuth()
    app.add_middleware(SessionMiddleware, secret_key="secret")
    oauth.register(
        "provider",
        client_id="shop",
        client_secret="hidden",
        authorize_url="https://provider.example/authorize",
        access_token_url="https://provider.example/token",
        api_base_url="https://provider.example/",
        client_kwargs={
            "code_challenge_method": "S256",
            "transport": httpx2.ASGITransport(make_provider()),
        },
    )

    @app.get("/login")
    async def login(request: Request) -> Any:
        return await oauth.provider.authorize_redirect(request, request.url_for("callback"))

    @app.get("/callback")
    async def callback(request: Request) -> dict[str, Any]:
        token = await oauth.provider.authorize_access_token(request)
        request.session["token"] = token["access_token"]
        return (await oauth.provider.get("me", token=token)).json()

    @app.exception_handler(OAuthError)
    async def refused(request: Request, error: OAuthError) -> JSONResponse:
        return JSONResponse({"error": error.error}, 400)

    return TestClient(app, follow_redirects=False)


def test_login_at_a_provider() -> None:
    client = make_client()
    answer = client.get("/login")
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["redirect_uri"] == ["http://testserver/callback"]
    answer = client.get("/callback", params={"code": "c", "state": query["state"][0]})
    assert answer.json() == {"token": "Bearer token of c"}


def test_foreign_state_and_refusal_are_refused() -> None:
    client = make_client()
    client.get("/login")
    answer = client.get("/callback", params={"code": "c", "state": "foreign"})
    assert (answer.status_code, answer.json()) == (400, {"error": "mismatching_state"})
    answer = client.get("/callback", params={"error": "access_denied"})
    assert answer.json() == {"error": "access_denied"}
