"""Redirects lead where the application wants, not where a client wants other clients to go."""

from urllib.parse import urljoin, urlsplit

import pytest

from fasterapi import FastAPI
from fasterapi.responses import RedirectResponse, is_safe_redirect
from tests.hardening.doors import ask, make_app, make_router, scope_of

ORIGIN = "http://localhost:8000"


def build(app: FastAPI) -> None:
    @app.get("/items/")
    async def items() -> int:
        return 1

    @app.get("/users")
    async def users() -> int:
        return 1

    @app.get("/{rest:path}/end/")
    async def everything(rest: str) -> str:
        return rest

    @app.get("/go")
    async def go(to: str) -> RedirectResponse:
        return RedirectResponse(to)


@pytest.fixture
def app(door: str) -> FastAPI:
    return make_app(door, build)


@pytest.fixture
def relative(door: str) -> FastAPI:
    return make_app(door, build, redirect_slashes="relative")


EVIL = [(b"host", b"evil.example")]


def evil_scope(path: str, **others: object) -> dict[str, object]:
    return {**scope_of(path), "headers": EVIL, **others}


# --- R1: the Host header --------------------------------------------------------------------


@pytest.mark.parametrize(("path", "target"), [("/items", "/items/"), ("/users/", "/users")])
def test_relative_location_cannot_be_chosen_by_the_client(
    relative: FastAPI, path: str, target: str
) -> None:
    answer = ask(relative, path, query=b"a=1%20", headers=EVIL)
    assert (answer.status, answer.header("location")) == (307, f"{target}?a=1%20")


def test_location_is_absolute_as_in_fastapi_unless_asked(app: FastAPI) -> None:
    assert ask(app, "/items").header("location") == f"{ORIGIN}/items/"


@pytest.mark.parametrize(
    "host", [b"evil.example/x?", b"a@evil.example", b"evil example", b"", b"["]
)
def test_invalid_host_is_never_used(app: FastAPI, host: bytes) -> None:
    import asyncio

    from tests.hardening.doors import exchange

    scope = {**scope_of("/items"), "headers": [(b"host", host)]}
    answer = asyncio.run(exchange(app, scope, [b""]))
    location = answer.header("location")
    assert location is not None
    assert urlsplit(location).hostname in ("localhost", None)


def test_routers_of_their_own_redirect_relatively_too(door: str) -> None:
    router = make_router(door, redirect_slashes="relative")
    router.get("/in/")(lambda: 1)
    app = FastAPI(redirect_slashes="relative")
    app.include_router(router, prefix="/r")
    assert ask(app, "/r/in").header("location") == "/r/in/"


def test_root_path_is_part_of_a_relative_location(relative: FastAPI) -> None:
    answer = ask(relative, "/api/items", root_path="/api")
    assert answer.header("location") == "/api/items/"


def test_query_that_is_no_text_is_escaped(app: FastAPI, relative: FastAPI) -> None:
    for one in (app, relative):
        answer = ask(one, "/items", query=b"a=\xff%zz&\x80")
        assert (answer.status, answer.error) == (307, None)
        assert (answer.header("location") or "").endswith("/items/?a=%FF%zz&%80")


# --- R2: paths that are hosts ---------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/end",
        "///evil.example/end",
        "/\\evil.example/end",
        "/\\/evil.example/end",
        "/%2fevil.example/end",
        "/\t/evil.example/end",
        "\\evil.example/end",
        "/https://evil.example/end",
        "//evil.example\\@x/end",
    ],
)
@pytest.mark.parametrize("has_host", [True, False])
def test_no_location_leads_to_another_host(
    app: FastAPI, relative: FastAPI, path: str, has_host: bool
) -> None:
    import asyncio

    from tests.hardening.doors import exchange

    for one in (app, relative):
        scope = scope_of(path)
        if not has_host:
            scope = {**scope, "headers": [], "server": None}
        answer = asyncio.run(exchange(one, scope, [b""]))
        assert answer.error is None
        location = answer.header("location")
        if location is None:
            assert answer.status == 404
            continue
        assert not location.startswith(("//", "/\\", "\\"))
        # What a browser makes of it: backslashes are slashes, tabs are not there.
        seen = location.replace("\\", "/").replace("\t", "")
        assert urlsplit(urljoin(f"{ORIGIN}/", seen)).netloc == "localhost:8000"


# --- R3: URLs of users ----------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/a\r\nSet-Cookie: x=1", "/a\nb", "/a\0b", "/ä\u2028", "\r\n"])
def test_user_value_cannot_split_the_head(app: FastAPI, url: str) -> None:
    from urllib.parse import quote

    answer = ask(app, "/go", query=b"to=" + quote(url).encode())
    assert answer.status == 307
    location = answer.header("location") or ""
    assert location.isascii()
    assert not set(location) & set("\r\n\0")
    assert answer.all_headers("set-cookie") == []


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("/", True),
        ("/next?x=//y", True),
        ("next", True),
        ("?a=1", True),
        ("https://good.example/x", True),
        ("http://GOOD.example", True),
        ("//good.example/x", False),
        ("https://evil.example", False),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("\\\\evil.example", False),
        ("/\t/evil.example", False),
        (" //evil.example", False),
        ("https:evil.example", False),
        ("https:///evil.example", False),
        ("https://good.example@evil.example", False),
        ("https://evil.example\\@good.example", False),
        ("https://good.example:8080/", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("http://[", False),
        ("/a\r\nb", False),
        ("", False),
    ],
)
def test_is_safe_redirect(url: str, is_safe: bool) -> None:
    assert is_safe_redirect(url, ["good.example"]) is is_safe
