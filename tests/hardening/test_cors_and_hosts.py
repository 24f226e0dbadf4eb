"""Other origins, other hosts, and proxies nobody knows."""

import asyncio
from typing import Any

import pytest
from starlette.middleware import Middleware

from fasterapi import FastAPI, Request
from fasterapi.exceptions import UsageError
from fasterapi.middleware.cors import CORSMiddleware
from fasterapi.middleware.httpsredirect import HTTPSRedirectMiddleware
from fasterapi.middleware.trustedhost import TrustedHostMiddleware
from tests.hardening.doors import Answer, ask, exchange, make_app, scope_of

GOOD = "https://ok.example"


def build(app: FastAPI) -> None:
    @app.get("/")
    async def index() -> dict[str, int]:
        return {}

    @app.get("/url")
    async def url(request: Request) -> dict[str, Any]:
        return {
            "url": str(request.url),
            "path": request.url.path,
            "host": request.url.hostname,
            "base": str(request.base_url),
            "scope": request.scope["path"],
        }


def with_cors(door: str, **options: Any) -> FastAPI:
    app = make_app(door, build)
    app.add_middleware(CORSMiddleware, **options)
    return app


def from_origin(app: FastAPI, origin: str, *, preflight: bool = False) -> Answer:
    headers = [(b"origin", origin.encode("latin-1")), (b"cookie", b"session=1")]
    if preflight:
        headers.append((b"access-control-request-method", b"GET"))
    return ask(app, "/", method="OPTIONS" if preflight else "GET", headers=headers)


# --- C1: every origin with credentials ------------------------------------------------------


def test_every_origin_with_credentials_is_refused_where_it_is_added() -> None:
    with pytest.raises(UsageError, match=r"allow_origins=\['\*'\] with allow_credentials=True"):
        FastAPI().add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
    with pytest.raises(UsageError, match="CORSMiddleware"):
        FastAPI(
            middleware=[Middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)]
        )
    with pytest.raises(UsageError, match="CORSMiddleware"):
        FastAPI().add_middleware(CORSMiddleware, ["a", "*"], (), (), True)


def test_subclasses_are_checked_too() -> None:
    class Own(CORSMiddleware):
        def __init__(self, app: Any, **kwargs: Any) -> None:
            super().__init__(app, **kwargs)

    with pytest.raises(UsageError, match="CORSMiddleware"):
        FastAPI().add_middleware(Own, allow_origins=["*"], allow_credentials=True)


@pytest.mark.parametrize(
    "options",
    [
        {"allow_origins": ["*"]},
        {"allow_origins": [GOOD], "allow_credentials": True},
        {"allow_origin_regex": ".*", "allow_credentials": True},
        {},
    ],
)
def test_other_configurations_are_accepted(options: dict[str, Any]) -> None:
    app = FastAPI()
    app.add_middleware(CORSMiddleware, **options)
    assert from_origin(app, GOOD).status == 404


def test_wrong_arguments_are_still_the_class_s_own_error() -> None:
    app = FastAPI()
    app.add_middleware(CORSMiddleware, origins=["*"])
    assert isinstance(ask(app, "/").error, TypeError)


# --- C2: origins that look alike ------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://OK.example",
        "HTTPS://ok.example",
        "https://ok.example.evil",
        "https://evil-ok.example",
        "https://ok.example:443",
        "https://ok.example/",
        "http://ok.example",
        "https://ok.exampl",
        "https://okxexample",
        "https://ok.example https://evil.example",
        "https://ok.example\x00",
        "",
    ],
)
@pytest.mark.parametrize(
    "options",
    [{"allow_origins": [GOOD]}, {"allow_origin_regex": r"https://ok\.example"}],
    ids=["list", "regex"],
)
@pytest.mark.parametrize("preflight", [False, True])
def test_only_the_very_origin_is_allowed(
    door: str, origin: str, options: dict[str, Any], preflight: bool
) -> None:
    app = with_cors(door, allow_credentials=True, **options)
    answer = from_origin(app, origin, preflight=preflight)
    assert answer.header("access-control-allow-origin") is None
    assert "Origin" in ", ".join(answer.all_headers("vary"))
    assert answer.status == (400 if preflight else 200)


@pytest.mark.parametrize("preflight", [False, True])
def test_listed_origin_is_allowed_and_the_answer_varies(door: str, preflight: bool) -> None:
    app = with_cors(door, allow_origins=[GOOD, "null"])
    for origin in (GOOD, "null"):
        answer = from_origin(app, origin, preflight=preflight)
        assert answer.header("access-control-allow-origin") == origin
        assert "Origin" in ", ".join(answer.all_headers("vary"))


def test_star_without_credentials_names_no_origin(door: str) -> None:
    answer = from_origin(with_cors(door, allow_origins=["*"]), "null")
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("access-control-allow-credentials") is None


# --- C3: hosts ------------------------------------------------------------------------------

BAD_HOSTS = [
    b"", b" ", b"a b", b"evil.example/x?", b"a/admin?x=", b"a#b", b"a?b", b"user@evil.example",
    b"a\\b", b"[", b"[::1", b"]", b"a:b", b"a:99999", b"a:", b"\xff", b"a,b", b"<script>",
    b"a\x00b", b"localhost:8000:1",
]  # fmt: skip


def ask_host(app: Any, path: str, hosts: list[bytes], **scope: Any) -> Answer:
    headers = [(b"host", host) for host in hosts]
    return asyncio.run(exchange(app, {**scope_of(path, **scope), "headers": headers}, [b""]))


@pytest.mark.parametrize("host", BAD_HOSTS, ids=repr)
def test_host_cannot_move_the_url(door: str, host: bytes) -> None:
    answer = ask_host(make_app(door, build), "/url", [host])
    assert answer.error is None
    assert answer.status == 200
    seen = answer.json()
    assert seen["path"] == seen["scope"] == "/url"
    assert seen["url"].endswith("/url")


@pytest.mark.parametrize("hosts", [[], [b"a.example", b"b.example"]])
def test_missing_or_repeated_host_is_no_server_error(door: str, hosts: list[bytes]) -> None:
    answer = ask_host(make_app(door, build), "/url", hosts)
    assert (answer.status, answer.error) == (200, None)
    assert answer.json()["host"] == ("localhost" if not hosts else "a.example")


@pytest.mark.parametrize("path", ["//evil.example/url", "/\\evil.example/url", "url", "@evil/url"])
def test_path_cannot_become_the_host(path: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        from starlette.datastructures import URL

        assert URL(scope=scope).hostname in ("localhost", None)

    answer = asyncio.run(exchange(app, scope_of(path), [b""]))
    assert answer.error is None


def trusted(door: str, **options: Any) -> FastAPI:
    app = make_app(door, build)
    app.add_middleware(TrustedHostMiddleware, **options)
    return app


@pytest.mark.parametrize(
    "host",
    [
        *BAD_HOSTS,
        b"evil.example",
        b"ok.example.evil",
        b"evilok.example",
        b"okxexample",
        b"ok.example@evil.example",
        b"evil.example#ok.example",
        b"ok.example/../evil",
    ],
    ids=repr,
)
def test_untrusted_host_is_refused(door: str, host: bytes) -> None:
    app = trusted(door, allowed_hosts=["ok.example", "*.sub.example"])
    answer = ask_host(app, "/url", [host])
    assert (answer.status, answer.error) == (400, None)


def test_missing_host_is_refused(door: str) -> None:
    assert ask_host(trusted(door, allowed_hosts=["ok.example"]), "/url", []).status == 400


@pytest.mark.parametrize(
    "host", [b"ok.example", b"OK.example", b"ok.example:8000", b"a.sub.example"]
)
def test_trusted_host_is_served(door: str, host: bytes) -> None:
    app = trusted(door, allowed_hosts=["ok.example", "*.sub.example"])
    assert ask_host(app, "/url", [host]).status == 200


def test_forwarded_headers_mean_nothing_to_the_application(door: str) -> None:
    # Which peers to believe is the server's setting (--proxy-headers, --forwarded-allow-ips).
    headers = [
        (b"x-forwarded-host", b"evil.example"),
        (b"x-forwarded-for", b"1.2.3.4"),
        (b"x-forwarded-proto", b"https"),
        (b"x-forwarded-prefix", b"/evil"),
        (b"forwarded", b"host=evil.example;proto=https"),
    ]
    seen = ask(make_app(door, build), "/url", headers=headers).json()
    assert seen["url"] == "http://localhost:8000/url"
    assert seen["base"] == "http://localhost:8000/"


def test_https_redirect_keeps_to_a_valid_host(door: str) -> None:
    app = make_app(door, build)
    app.add_middleware(HTTPSRedirectMiddleware)
    for host in BAD_HOSTS:
        answer = ask_host(app, "//evil.example/x", [host])
        assert answer.status == 307
        location = answer.header("location") or ""
        assert location.startswith("https://localhost") or not location.startswith("https://ev")
