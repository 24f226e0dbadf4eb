"""The Authorization header, well-formed and not (RFC 9110 section 11.6.2, RFC 7617)."""

from base64 import b64encode
from typing import Any

import pytest
from starlette.requests import Request

from fasterapi.exceptions import HTTPException
from fasterapi.security import (
    HTTPBasic,
    HTTPBearer,
    HTTPDigest,
    OAuth2,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OpenIdConnect,
    SecurityScopes,
)
from fasterapi.security.http import HTTPBase
from fasterapi.security.utils import get_authorization_scheme_param

pytestmark = pytest.mark.anyio


def request(header: str | None) -> Request:
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    return Request({"type": "http", "headers": headers})


def basic(text: bytes) -> str:
    return f"Basic {b64encode(text).decode()}"


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        (None, ("", "")),
        ("", ("", "")),
        (" ", ("", "")),
        (" Bearer x", ("", "Bearer x")),
        ("Bearer", ("Bearer", "")),
        ("Bearer   a b  ", ("Bearer", "a b")),
        ("Bearer\tx", ("Bearer\tx", "")),
    ],
)
async def test_header_is_cut_at_the_first_space(header: str | None, parts: Any) -> None:
    assert get_authorization_scheme_param(header) == parts


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic YQ==", "\xff x"])
@pytest.mark.parametrize("scheme", [HTTPBearer, HTTPDigest])
async def test_request_without_credentials_is_refused(scheme: Any, header: str | None) -> None:
    with pytest.raises(HTTPException) as caught:
        await scheme()(request(header))
    assert caught.value.status_code == 401
    assert caught.value.headers == {"WWW-Authenticate": scheme.__name__.removeprefix("HTTP")}
    assert await scheme(auto_error=False)(request(header)) is None


async def test_scheme_is_found_in_any_case() -> None:
    found = await HTTPBearer()(request("bEARER abc"))
    assert (found.scheme, found.credentials) == ("bEARER", "abc")
    assert (await HTTPDigest()(request("DIGEST a=b"))).credentials == "a=b"


async def test_base_takes_any_scheme_and_challenges_with_its_own() -> None:
    scheme = HTTPBase(scheme="other")
    assert (await scheme(request("Basic x"))).scheme == "Basic"
    with pytest.raises(HTTPException) as caught:
        await scheme(request(None))
    assert caught.value.headers == {"WWW-Authenticate": "Other"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"u:p", ("u", "p")), (b"u:p:q", ("u", "p:q")), (b":", ("", ""))],
)
async def test_basic_gives_name_and_password(text: bytes, expected: tuple[str, str]) -> None:
    found = await HTTPBasic()(request(basic(text)))
    assert (found.username, found.password) == expected


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic x", "Basic \xe4", "Basic ====", basic(b"no colon"), basic(b"\xff:\xff")],
)
@pytest.mark.parametrize("auto_error", [True, False])
async def test_basic_refuses_what_it_cannot_read(header: str, auto_error: bool) -> None:
    with pytest.raises(HTTPException) as caught:
        await HTTPBasic(realm="r", auto_error=auto_error)(request(header))
    assert caught.value.status_code == 401
    assert caught.value.headers == {"WWW-Authenticate": 'Basic realm="r"'}


@pytest.mark.parametrize("header", [None, "Bearer x"])
async def test_basic_without_its_header_is_optional_if_wanted(header: str | None) -> None:
    assert await HTTPBasic(auto_error=False)(request(header)) is None


@pytest.mark.parametrize(
    "scheme",
    [
        lambda **options: OAuth2PasswordBearer("t", **options),
        lambda **options: OAuth2AuthorizationCodeBearer("a", "t", **options),
    ],
)
async def test_oauth2_gives_the_token(scheme: Any) -> None:
    assert await scheme()(request("bearer  x ")) == "x"
    assert await scheme(auto_error=False)(request("Basic x")) is None
    with pytest.raises(HTTPException) as caught:
        await scheme()(request(None))
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize(
    "scheme",
    [
        lambda **options: OAuth2(flows={"password": {"tokenUrl": "t"}}, **options),
        lambda **options: OpenIdConnect(openIdConnectUrl="u", **options),
    ],
)
async def test_others_give_the_whole_header(scheme: Any) -> None:
    assert await scheme()(request("Other  x")) == "Other  x"
    assert await scheme(auto_error=False)(request(None)) is None
    with pytest.raises(Exception, match="401: Not authenticated"):
        await scheme()(request(None))


async def test_answer_can_be_replaced_by_a_subclass() -> None:
    class Hidden(HTTPBearer):
        def make_not_authenticated_error(self) -> HTTPException:
            return HTTPException(404)

    with pytest.raises(HTTPException) as caught:
        await Hidden()(request(None))
    assert caught.value.status_code == 404
    assert Hidden().scheme_name == "Hidden"


async def test_scopes_are_a_list_and_a_text() -> None:
    assert SecurityScopes(["a", "b"]).scope_str == "a b"
    assert SecurityScopes().scopes == []
