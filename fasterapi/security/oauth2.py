"""OAuth2: bearer tokens, the form of the password flow, scopes."""

from typing import Annotated, Any, cast

from starlette.requests import HTTPConnection
from starlette.status import HTTP_401_UNAUTHORIZED

from fasterapi._security_scopes import SecurityScopes
from fasterapi.exceptions import HTTPException
from fasterapi.openapi.models import OAuth2 as OAuth2Model
from fasterapi.openapi.models import OAuthFlows as OAuthFlowsModel
from fasterapi.param_functions import Form
from fasterapi.security.base import SecurityBase, _Scheme
from fasterapi.security.utils import get_authorization_scheme_param

__all__ = (
    "OAuth2",
    "OAuth2AuthorizationCodeBearer",
    "OAuth2PasswordBearer",
    "OAuth2PasswordRequestForm",
    "OAuth2PasswordRequestFormStrict",
    "SecurityBase",
    "SecurityScopes",
)

_NO_FLOWS = OAuthFlowsModel()


class OAuth2PasswordRequestForm:
    """The form by which a client trades user name and password for a token.

    Use it as a dependency of the route that gives out tokens.

    Args:
        grant_type: ``password``, as the standard demands, or nothing.
        username: The name of the user.
        password: The password.
        scope: Scopes asked for, with spaces between; `scopes` has them as a list.
        client_id: The id of the client, if not sent by HTTP Basic.
        client_secret: The secret of the client, if not sent by HTTP Basic.

    Source: RFC 6749 section 4.3.2.
    """

    def __init__(
        self,
        *,
        grant_type: Annotated[str | None, Form(pattern="^password$")] = None,
        username: Annotated[str, Form()],
        password: Annotated[str, Form(json_schema_extra={"format": "password"})],
        scope: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form(json_schema_extra={"format": "password"})] = None,
    ) -> None:
        self.grant_type = grant_type
        self.username = username
        self.password = password
        self.scopes = scope.split()
        self.client_id = client_id
        self.client_secret = client_secret


class OAuth2PasswordRequestFormStrict(OAuth2PasswordRequestForm):
    """The same form, refused without ``grant_type=password``.

    Args:
        grant_type: ``password``.
        username: The name of the user.
        password: The password.
        scope: Scopes asked for, with spaces between; `scopes` has them as a list.
        client_id: The id of the client, if not sent by HTTP Basic.
        client_secret: The secret of the client, if not sent by HTTP Basic.

    Source: RFC 6749 section 4.3.2.
    """

    def __init__(
        self,
        grant_type: Annotated[str, Form(pattern="^password$")],
        username: Annotated[str, Form()],
        password: Annotated[str, Form()],
        scope: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form()] = None,
    ) -> None:
        super().__init__(
            grant_type=grant_type,
            username=username,
            password=password,
            scope=scope,
            client_id=client_id,
            client_secret=client_secret,
        )


class OAuth2(_Scheme):
    """Any OAuth2 flows; as a dependency it gives the whole ``Authorization`` header.

    Args:
        flows: The flows as OpenAPI describes them.
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        description: Description in OpenAPI.
        auto_error: Whether a request without credentials is refused; otherwise the
            result is None.
    """

    def __init__(
        self,
        *,
        flows: OAuthFlowsModel | dict[str, dict[str, Any]] = _NO_FLOWS,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = OAuth2Model(flows=cast(OAuthFlowsModel, flows), description=description)
        self._set_up(model, scheme_name, auto_error)

    def make_not_authenticated_error(self) -> HTTPException:
        """Return the 401 for a request without credentials.

        OAuth2 leaves the challenge open; nearly all of its tokens are bearer tokens.
        """
        return HTTPException(
            HTTP_401_UNAUTHORIZED, "Not authenticated", {"WWW-Authenticate": "Bearer"}
        )

    def _bearer_token(self, request: HTTPConnection) -> str | None:
        header = request.headers.get("Authorization")
        scheme, token = get_authorization_scheme_param(header)
        if scheme.lower() != "bearer":
            self._refuse()
            return None
        return token

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the ``Authorization`` header of *request*."""
        header = request.headers.get("Authorization")
        if not header:
            self._refuse()
            return None
        return header


class OAuth2PasswordBearer(OAuth2):
    """A token got by the password flow; as a dependency it gives the token.

    Args:
        tokenUrl: URL of the route with `OAuth2PasswordRequestForm`.
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        scopes: Description of each scope.
        description: Description in OpenAPI.
        auto_error: Whether a request without a token is refused; otherwise the result
            is None.
        refreshUrl: URL for a new token.
    """

    def __init__(
        self,
        tokenUrl: str,  # noqa: N803  # public name
        scheme_name: str | None = None,
        scopes: dict[str, str] | None = None,
        description: str | None = None,
        auto_error: bool = True,
        refreshUrl: str | None = None,  # noqa: N803  # public name
    ) -> None:
        flow = {"tokenUrl": tokenUrl, "refreshUrl": refreshUrl, "scopes": scopes or {}}
        super().__init__(
            flows=OAuthFlowsModel.model_validate({"password": flow}),
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the token of *request*."""
        return self._bearer_token(request)


class OAuth2AuthorizationCodeBearer(OAuth2):
    """A token got by the authorization code flow; as a dependency it gives the token.

    Args:
        authorizationUrl: URL where the user agrees.
        tokenUrl: URL that trades the code for a token.
        refreshUrl: URL for a new token.
        scheme_name: Key of the scheme in OpenAPI; None means the name of the class.
        scopes: Description of each scope.
        description: Description in OpenAPI.
        auto_error: Whether a request without a token is refused; otherwise the result
            is None.
    """

    def __init__(
        self,
        authorizationUrl: str,  # noqa: N803  # public name
        tokenUrl: str,  # noqa: N803  # public name
        refreshUrl: str | None = None,  # noqa: N803  # public name
        scheme_name: str | None = None,
        scopes: dict[str, str] | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        flow = {
            "authorizationUrl": authorizationUrl,
            "tokenUrl": tokenUrl,
            "refreshUrl": refreshUrl,
            "scopes": scopes or {},
        }
        super().__init__(
            flows=OAuthFlowsModel.model_validate({"authorizationCode": flow}),
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the token of *request*."""
        return self._bearer_token(request)
