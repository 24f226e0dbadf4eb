"""OpenID Connect, described by the URL of its discovery document."""

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.status import HTTP_401_UNAUTHORIZED

from fasterapi.openapi.models import OpenIdConnect as OpenIdConnectModel
from fasterapi.security.base import SecurityBase, _Scheme

__all__ = (
    "OpenIdConnect",
    "SecurityBase",
)


class OpenIdConnect(_Scheme):
    """OpenID Connect for OpenAPI; as a dependency it gives the ``Authorization`` header.

    It neither fetches the discovery document nor checks a token: subclass it for that.

    Args:
        openIdConnectUrl: URL of the discovery document.
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        description: Description in OpenAPI.
        auto_error: Whether a request without the header is refused; otherwise the
            result is None.
    """

    def __init__(
        self,
        *,
        openIdConnectUrl: str,  # noqa: N803  # public name
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = OpenIdConnectModel(openIdConnectUrl=openIdConnectUrl, description=description)
        self._set_up(model, scheme_name, auto_error)

    def make_not_authenticated_error(self) -> HTTPException:
        """Return the 401 for a request without the header."""
        return HTTPException(
            HTTP_401_UNAUTHORIZED, "Not authenticated", {"WWW-Authenticate": "Bearer"}
        )

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the ``Authorization`` header of *request*."""
        header = request.headers.get("Authorization")
        if not header:
            self._refuse()
            return None
        return header
