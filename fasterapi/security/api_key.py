"""API keys: a secret in the query, a header or a cookie."""

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.status import HTTP_401_UNAUTHORIZED

from fasterapi.openapi.models import APIKey, APIKeyIn
from fasterapi.security.base import SecurityBase, _Scheme

__all__ = (
    "APIKeyBase",
    "APIKeyCookie",
    "APIKeyHeader",
    "APIKeyQuery",
    "SecurityBase",
)


class APIKeyBase(_Scheme):
    """Base of the three places a key can be in.

    Args:
        location: The place.
        name: Name of the query parameter, header or cookie.
        description: Description in OpenAPI.
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        auto_error: Whether a request without a key is refused; otherwise the result is None.
    """

    model: APIKey

    def __init__(
        self,
        location: APIKeyIn,
        name: str,
        description: str | None,
        scheme_name: str | None,
        auto_error: bool,
    ) -> None:
        model = APIKey.model_validate({"in": location, "name": name, "description": description})
        self._set_up(model, scheme_name, auto_error)

    def make_not_authenticated_error(self) -> HTTPException:
        """Return the 401 for a request without a key.

        No standard has a challenge for API keys, and a 401 must have one (RFC 9110
        section 15.5.2), hence an invented one that no browser reacts to.
        """
        return HTTPException(
            HTTP_401_UNAUTHORIZED, "Not authenticated", {"WWW-Authenticate": "APIKey"}
        )

    def check_api_key(self, api_key: str | None) -> str | None:
        """Return *api_key*, or None where it is missing or empty and that is allowed."""
        if not api_key:
            self._refuse()
            return None
        return api_key


class APIKeyQuery(APIKeyBase):
    """A key in the query string; as a dependency it gives the key.

    Args:
        name: Name of the query parameter.
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        description: Description in OpenAPI.
        auto_error: Whether a request without a key is refused; otherwise the result is None.
    """

    def __init__(
        self,
        *,
        name: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(APIKeyIn.query, name, description, scheme_name, auto_error)

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the key from the query of *request*."""
        return self.check_api_key(request.query_params.get(self.model.name))


class APIKeyHeader(APIKeyBase):
    """A key in a header; as a dependency it gives the key.

    Args:
        name: Name of the header.
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        description: Description in OpenAPI.
        auto_error: Whether a request without a key is refused; otherwise the result is None.
    """

    def __init__(
        self,
        *,
        name: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(APIKeyIn.header, name, description, scheme_name, auto_error)

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the key from the headers of *request*."""
        return self.check_api_key(request.headers.get(self.model.name))


class APIKeyCookie(APIKeyBase):
    """A key in a cookie; as a dependency it gives the key.

    Args:
        name: Name of the cookie.
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        description: Description in OpenAPI.
        auto_error: Whether a request without a key is refused; otherwise the result is None.
    """

    def __init__(
        self,
        *,
        name: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(APIKeyIn.cookie, name, description, scheme_name, auto_error)

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the key from the cookies of *request*."""
        return self.check_api_key(request.cookies.get(self.model.name))
