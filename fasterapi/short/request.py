"""``req``: a request whose body has been read before the handler runs."""

import json
from typing import Any, NoReturn

from pydantic_core import from_json
from python_multipart.multipart import parse_options_header
from starlette.datastructures import URL, Address, FormData, Headers, QueryParams, State
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.requests import Request

from fasterapi._body_limit import get_body_limit_error
from fasterapi._compat import get_missing_field_error
from fasterapi.exceptions import (
    EndpointContext,
    HTTPException,
    RequestValidationError,
    UsageError,
)
from fasterapi.routing.body import _is_strict, _refuse_lone_surrogates
from fasterapi.routing.handler import endpoint_context
from fasterapi.routing.route import APIRoute
from fasterapi.routing.scope import _FASTAPI_SCOPE_KEY, _resolve_form_limits
from fasterapi.routing.strict_json import parse_strictly
from fasterapi.short.form import parse_form
from fasterapi.telemetry._api import _validation_failed

__all__ = ("ShortRequest", "has_no_body", "read_body", "short_request")

# Attributes of the request in which dependencies and handler share what was parsed.
_JSON, _FORM = "short_json", "short_form"
_NOT_READABLE = "There was an error parsing the body"  # COMPAT: FastAPI's words for a bad body
_FRAMING = (b"content-length", b"transfer-encoding")


class ShortRequest:
    """One request, its body included; everything is an attribute, nothing is awaited.

    Args:
        request: The request as Starlette shows it.
        body: Its whole body; None if parameters declared as form fields have used it up.

    Attributes:
        request: The same request in Starlette's form, for what is not an attribute here.
    """

    __slots__ = ("_body", "request")

    def __init__(self, request: Request, body: bytes | None) -> None:
        self.request = request
        self._body = body

    @property
    def method(self) -> str:
        """The method, in upper case."""
        return self.request.method

    @property
    def url(self) -> URL:
        """The whole URL, with parts such as ``url.hostname``."""
        return self.request.url

    @property
    def path(self) -> str:
        """The path of the URL, percent-decoded."""
        path: str = self.request.scope["path"]
        return path

    @property
    def path_params(self) -> dict[str, Any]:
        """Captured parts of the path; text, unless the path has a converter as in ``{n:int}``."""
        return self.request.path_params

    @property
    def query_params(self) -> QueryParams:
        """Parameters of the query string; ``getlist`` gives all values of a name."""
        return self.request.query_params

    @property
    def headers(self) -> Headers:
        """Header fields; names in any case."""
        return self.request.headers

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name."""
        return self.request.cookies

    @property
    def client(self) -> Address | None:
        """Host and port of the peer, if the server knows them."""
        return self.request.client

    @property
    def app(self) -> Any:
        """The application."""
        return self.request.app

    @property
    def state(self) -> State:
        """Values that middleware and dependencies leave for this request."""
        return self.request.state

    @property
    def body(self) -> bytes:
        """The body as it came.

        Raises:
            UsageError: The route declares form fields, which have used the body up.
        """
        if self._body is None:
            raise UsageError(
                "req.body is gone: the route's Form() or File() parameters have read it; "
                "use req.form, or drop those parameters"
            )
        return self._body

    @property
    def text(self) -> str:
        """The body as text, by the charset of its content type, else UTF-8.

        Raises:
            HTTPException: 400, the body is not in that charset, or nobody knows the charset.
        """
        _, parameters = parse_options_header(self.headers.get("content-type"))
        charset = parameters.get(b"charset", b"utf-8").decode("latin-1")
        try:
            return self.body.decode(charset)
        except (LookupError, ValueError) as error:
            raise HTTPException(400, _NOT_READABLE) from error

    @property
    def json(self) -> Any:
        """The body parsed as JSON, whatever its content type says; parsed on first use.

        Raises:
            RequestValidationError: There is no body, or it is no JSON; answered with 422.
            HTTPException: 400, it is not even text, or is nested too deeply.
        """
        kept = self.request.__dict__
        if _JSON not in kept:
            kept[_JSON] = self._parse_json()
        return kept[_JSON]

    @property
    def form(self) -> FormData:
        """Fields and files of a form, empty for other bodies; parsed on first use.

        Files are in memory: ``req.form["picture"].file.read()``.

        Raises:
            HTTPException: 400, the form is malformed or exceeds the form limits.
        """
        kept = self.request.__dict__
        if _FORM not in kept:
            kept[_FORM] = self._parse_form()
        form: FormData = kept[_FORM]
        return form

    def _parse_json(self) -> Any:
        body = self.body
        if not body:
            self._refuse(get_missing_field_error(("body",)), None)
        try:
            return _parsed(body, is_strict=_is_strict(self.request))
        except json.JSONDecodeError as error:
            report = {
                "type": "json_invalid",
                "loc": ("body", error.pos),
                "msg": "JSON decode error",
                "input": {},
                "ctx": {"error": error.msg},
            }
            self._refuse(report, error.doc)
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, _NOT_READABLE) from error

    def _refuse(self, report: dict[str, Any], body: Any) -> NoReturn:
        """Raise the exception that FastAPI raises for a bad body."""
        invalid = RequestValidationError([report], body=body, endpoint_ctx=self._where())
        _validation_failed(invalid)
        raise invalid

    def _where(self) -> EndpointContext:
        route = self.request.scope.get("route")
        if not isinstance(route, APIRoute):
            return EndpointContext()
        found: EndpointContext = endpoint_context(route.dependant, self.request, self.method)
        return found

    def _parse_form(self) -> FormData:
        scope = self.request.scope
        parsed: FormData | None = getattr(self.request, "_form", None)
        if parsed is not None:  # by form parameters of the route
            return parsed
        route_limits = getattr(scope.get("route"), "form_limits", None)
        limits = _resolve_form_limits(scope.get(_FASTAPI_SCOPE_KEY, {}), route_limits)
        return parse_form(self.headers, self.body, limits)


def _parsed(body: bytes, *, is_strict: bool) -> Any:
    """Return the value of a JSON text, as a declared body of the same app is parsed.

    Raises:
        JSONDecodeError: It is none.
        ValueError, RecursionError: It is no text, or more than Python takes.
    """
    if is_strict:
        value = parse_strictly(body)
    else:
        try:
            # PERF: a third of json.loads' time for small bodies. It accepts nothing that
            # json.loads does not, and gives the same values; what it refuses, lone surrogates
            # among it, is looked at again.
            return from_json(body)
        except ValueError:
            value = json.loads(body)
    _refuse_lone_surrogates(value, body)
    return value


async def short_request(request: Request) -> ShortRequest:
    """Return the request with its body, the dependency behind ``req``."""
    return ShortRequest(request, b"" if has_no_body(request) else await read_body(request))


def has_no_body(request: Request) -> bool:
    """Return whether nothing can come, so that nobody need wait for it (RFC 9112 section 6.3).

    HTTP/2 has bodies without these fields. Other methods are left to the server.
    """
    scope = request.scope
    if scope["method"] not in ("GET", "HEAD") or scope.get("http_version") != "1.1":
        return False
    for name, _ in scope["headers"]:  # noqa: SIM110  half the time of all()
        if name in _FRAMING:
            return False
    return True


async def read_body(request: Request) -> bytes | None:
    """Return the whole body; None if a form parser has used it up.

    Raises:
        HTTPException: 413, it is too large; 400, the client went away.
    """
    if getattr(request, "_form", None) is not None and not hasattr(request, "_body"):
        return None
    try:
        return await request.body()
    except StarletteHTTPException:  # 413, by the limit of the body's size
        raise
    except Exception as error:
        if MAX_BODY_SIZE_SCOPE_KEY in request.scope and (limit := get_body_limit_error(error)):
            raise limit from error
        raise HTTPException(400, _NOT_READABLE) from error
