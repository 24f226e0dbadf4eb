"""Schemes of the ``Authorization`` header: Basic, Bearer, Digest and any other.

They take the header apart; whether the credentials are right is for the program to decide.
"""

from base64 import b64decode

from pydantic import BaseModel
from starlette.requests import HTTPConnection
from starlette.status import HTTP_401_UNAUTHORIZED

from fasterapi.exceptions import HTTPException
from fasterapi.openapi.models import HTTPBase as HTTPBaseModel
from fasterapi.openapi.models import HTTPBearer as HTTPBearerModel
from fasterapi.security.base import SecurityBase, _Scheme
from fasterapi.security.utils import get_authorization_scheme_param

__all__ = (
    "HTTPAuthorizationCredentials",
    "HTTPBase",
    "HTTPBasic",
    "HTTPBasicCredentials",
    "HTTPBearer",
    "HTTPDigest",
    "SecurityBase",
)


class HTTPBasicCredentials(BaseModel):
    """What `HTTPBasic` gives.

    Compare with `secrets.compare_digest`: ``==`` takes longer the more is right, which
    tells a patient attacker how far a guess was.
    """

    username: str
    password: str


class HTTPAuthorizationCredentials(BaseModel):
    """What `HTTPBearer`, `HTTPDigest` and `HTTPBase` give."""

    scheme: str
    """The scheme as the client wrote it, ``Bearer`` for example."""
    credentials: str
    """What follows the scheme."""


class HTTPBase(_Scheme):
    """Any scheme; as a dependency it gives scheme and credentials.

    Args:
        scheme: Name of the scheme, from IANA's registry.
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        description: Description in OpenAPI.
        auto_error: Whether a request without credentials is refused; otherwise the
            result is None.
    """

    model: HTTPBaseModel

    def __init__(
        self,
        *,
        scheme: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = HTTPBaseModel(scheme=scheme, description=description)
        self._set_up(model, scheme_name, auto_error)

    def make_authenticate_headers(self) -> dict[str, str]:
        """Return the challenge that goes with a 401."""
        return {"WWW-Authenticate": self.model.scheme.title()}

    def make_not_authenticated_error(self) -> HTTPException:
        """Return the 401 for a request without credentials of this scheme."""
        return HTTPException(
            HTTP_401_UNAUTHORIZED, "Not authenticated", self.make_authenticate_headers()
        )

    def _credentials(
        self, request: HTTPConnection, scheme_required: str | None
    ) -> HTTPAuthorizationCredentials | None:
        header = request.headers.get("Authorization")
        scheme, credentials = get_authorization_scheme_param(header)
        is_other = scheme_required is not None and scheme.lower() != scheme_required
        if not scheme or not credentials or is_other:
            self._refuse()
            return None
        return HTTPAuthorizationCredentials(scheme=scheme, credentials=credentials)

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Return scheme and credentials of *request*."""
        # COMPAT: takes any scheme, not only the one it was made with.
        return self._credentials(request, None)


class HTTPBasic(HTTPBase):
    """Basic: user name and password; as a dependency it gives both.

    Args:
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        realm: What the password is for; browsers show it.
        description: Description in OpenAPI.
        auto_error: Whether a request without credentials is refused; otherwise the
            result is None. Credentials that cannot be read are refused always.

    Source: RFC 7617.
    """

    def __init__(
        self,
        *,
        scheme_name: str | None = None,
        realm: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(
            scheme="basic",
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )
        self.realm = realm

    def make_authenticate_headers(self) -> dict[str, str]:
        """Return the challenge that goes with a 401."""
        realm = f' realm="{self.realm}"' if self.realm else ""
        return {"WWW-Authenticate": f"Basic{realm}"}

    async def __call__(  # type: ignore[override]
        self, request: HTTPConnection
    ) -> HTTPBasicCredentials | None:
        """Return user name and password of *request*."""
        header = request.headers.get("Authorization")
        scheme, encoded = get_authorization_scheme_param(header)
        if scheme.lower() != "basic":
            self._refuse()
            return None
        try:
            decoded = b64decode(encoded).decode("ascii")
        except ValueError as error:  # of both: bad base64 and other than ASCII
            raise self.make_not_authenticated_error() from error
        username, colon, password = decoded.partition(":")
        if not colon:
            raise self.make_not_authenticated_error()
        return HTTPBasicCredentials(username=username, password=password)


class HTTPBearer(HTTPBase):
    """Bearer: a token; as a dependency it gives scheme and token.

    Args:
        bearerFormat: What the token is, for OpenAPI: ``JWT`` for example.
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        description: Description in OpenAPI.
        auto_error: Whether a request without a token is refused; otherwise the result
            is None.

    Source: RFC 6750 section 2.1.
    """

    def __init__(
        self,
        *,
        bearerFormat: str | None = None,  # noqa: N803  # public name
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = HTTPBearerModel(bearerFormat=bearerFormat, description=description)
        self._set_up(model, scheme_name, auto_error)

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Return scheme and token of *request*."""
        return self._credentials(request, "bearer")


class HTTPDigest(HTTPBase):
    """Digest; as a dependency it gives scheme and credentials, which it does not check.

    Args:
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        description: Description in OpenAPI.
        auto_error: Whether a request without credentials is refused; otherwise the
            result is None.

    Source: RFC 7616.
    """

    def __init__(
        self,
        *,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(
            scheme="digest",
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Return scheme and credentials of *request*."""
        return self._credentials(request, "digest")
