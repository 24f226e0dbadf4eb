"""``res``: the answer as the handler fills it in, and how that joins what it returns."""

import re
from copy import copy
from datetime import datetime
from http.cookies import CookieError
from typing import Any, Literal, Self

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response

from fasterapi._speedups.body import encode_json
from fasterapi._speedups.head import check_header
from fasterapi.encoded import CheckedHeaders
from fasterapi.encoders import jsonable_encoder
from fasterapi.utils import is_body_allowed_for_status_code

__all__ = ("ShortResponse", "encode", "merged", "short_response")

SameSite = Literal["lax", "strict", "none"]

# Attributes of the response that is written to.
_CONTENT, _TOUCHED = "short_content", "short_is_touched"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Only the server knows them; a wrong one would let the connection lose count (RFC 9112 6.3).
_FRAMING = frozenset((b"connection", b"content-length", b"transfer-encoding"))
# Fields that may stand several times; any other one replaces the one that was there.
_LISTS = frozenset((b"link", b"set-cookie", b"vary", b"www-authenticate"))


class ShortResponse:
    """The answer to one request: status, headers, cookies, and a body if it has its own.

    Every method returns the object, so that calls chain: ``res.status(201).json(item)``. It is a
    view: what a dependency's ``res`` has set is in the handler's too.

    Args:
        response: Holds everything; ``response: Response`` parameters get the same one.
    """

    __slots__ = ("_kept", "response")

    def __init__(self, response: Response) -> None:
        self.response = response
        self._kept = response.__dict__

    @property
    def status_code(self) -> int | None:
        """The status that was set, None if none was."""
        return self.response.status_code

    @property
    def headers(self) -> MutableHeaders:
        """The header fields set so far; a bad name or value raises ValueError when it is set."""
        self._kept[_TOUCHED] = True
        return CheckedHeaders(raw=self.response.raw_headers)

    @property
    def has_content(self) -> bool:
        """Whether a body or a redirect was set."""
        return _CONTENT in self._kept

    @property
    def is_touched(self) -> bool:
        """Whether anything was set at all."""
        return _TOUCHED in self._kept

    def status(self, code: int) -> Self:
        """Set the status.

        Args:
            code: 200 to 599.

        Raises:
            ValueError: *code* is out of range.
        """
        if not isinstance(code, int) or isinstance(code, bool) or not 200 <= code <= 599:
            raise ValueError(f"status must be 200 to 599, got {code!r}")
        self._kept[_TOUCHED] = True
        self.response.status_code = int(code)
        return self

    def set_header(self, name: str, value: str | int) -> Self:
        """Set a header field, in place of any of that name.

        Args:
            name: Letters, digits and ``-``, in any case.
            value: Text without control characters, all of it Latin-1.

        Raises:
            ValueError: Name or value could break out of the line, or the field is one that
                only the server may set.
        """
        field, text = check_header(name, str(value) if isinstance(value, int) else value)
        field = field.lower()
        if field in _FRAMING:
            raise ValueError(f"header {name!r} is set by the server")
        raw_headers = self.response.raw_headers
        if raw_headers and field != b"set-cookie":  # each is a cookie of its own
            raw_headers[:] = [other for other in raw_headers if other[0] != field]
        raw_headers.append((field, text))
        self._kept[_TOUCHED] = True
        return self

    def set_cookie(
        self,
        key: str,
        value: str = "",
        *,
        max_age: int | None = None,
        expires: datetime | str | int | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: SameSite | None = "lax",
    ) -> Self:
        """Add a cookie.

        Args:
            key: Its name.
            value: Its value.
            max_age: Seconds it lives; without *max_age* and *expires*, as long as the browser.
            expires: Moment it ends, or seconds from now.
            path: Path below which it is sent.
            domain: Domain to whose hosts it is sent; this host only, if None.
            secure: Whether it is sent over TLS only.
            httponly: Whether scripts cannot read it.
            samesite: Whether requests from other sites carry it.

        Raises:
            ValueError: A part of it is not allowed in a cookie.
        """
        _check_cookie(expires=expires, path=path, domain=domain)
        if _CONTROL.search(key + value):
            raise ValueError(f"cookie {key[:200]!r} must not have control characters")
        if samesite is not None and samesite.lower() not in ("lax", "strict", "none"):
            raise ValueError(f"samesite must be 'lax', 'strict' or 'none', got {samesite!r}")
        raw_headers = self.response.raw_headers
        before = len(raw_headers)
        try:
            self.response.set_cookie(
                key,
                value,
                max_age=max_age,
                expires=expires,
                path=path,
                domain=domain,
                secure=secure,
                httponly=httponly,
                samesite=samesite,
            )
            check_header(*raw_headers[-1])
        except (CookieError, ValueError) as error:
            del raw_headers[before:]
            raise ValueError(f"cookie {key!r}: {error}") from error
        self._kept[_TOUCHED] = True
        return self

    def delete_cookie(
        self,
        key: str,
        *,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: SameSite | None = "lax",
    ) -> Self:
        """Make the browser drop a cookie; arguments as it was set with.

        Raises:
            ValueError: A part of it is not allowed in a cookie.
        """
        return self.set_cookie(
            key,
            max_age=0,
            expires=0,
            path=path,
            domain=domain,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
        )

    def json(self, content: Any) -> Self:
        """Answer with *content* as JSON; models, dates and the like as FastAPI encodes them."""
        return self._fill(encode(content), "application/json")

    def text(self, content: str) -> Self:
        """Answer with plain text in UTF-8."""
        return self._fill(content.encode(), "text/plain")

    def html(self, content: str) -> Self:
        """Answer with an HTML page in UTF-8; text from elsewhere must be escaped already."""
        return self._fill(content.encode(), "text/html")

    def redirect(self, url: str, status: int | None = None) -> Self:
        """Answer with a redirect.

        SECURITY: a URL from the request may lead anywhere; check its host before.

        Args:
            url: Where to; characters that URLs do not have are percent-encoded.
            status: 300 to 399; if not given, one of these set before, else 307.

        Raises:
            ValueError: *url* has control characters, or *status* is not one of a redirect.
        """
        if _CONTROL.search(url):
            raise ValueError(f"redirect URL must not have control characters, got {url[:200]!r}")
        current = self.status_code
        is_chosen = current is not None and 300 <= current <= 399
        code = status if status is not None else current if is_chosen else 307
        if code is None or not 300 <= code <= 399:
            raise ValueError(f"status of a redirect must be 300 to 399, got {code!r}")
        self.set_header("location", RedirectResponse(url).headers["location"])
        self.status(code)
        return self._fill(b"", None)

    def to_response(self, status_code: int | None) -> Response:
        """Return the body as a response, still without what `merged` adds.

        Args:
            status_code: The route's status, None for 200.
        """
        content, media_type = self._kept.get(_CONTENT, (b"", None))
        return Response(content, status_code=status_code or 200, media_type=media_type)

    def _fill(self, content: bytes, media_type: str | None) -> Self:
        self._kept[_CONTENT] = (content, media_type)
        self._kept[_TOUCHED] = True
        return self


async def short_response(response: Response) -> ShortResponse:
    """Return the answer to fill in, the dependency behind ``res``."""
    return ShortResponse(response)


def encode(content: Any) -> bytes:
    """Return *content* as JSON, the bytes that returning it would give."""
    encoded = encode_json(content)
    return JSONResponse(jsonable_encoder(content)).body if encoded is None else bytes(encoded)  # type: ignore[return-value]


def merged(returned: Response, injected: Response | None) -> Response:
    """Return *returned* with status, headers and cookies of *injected* put in.

    Returns:
        *returned* itself if there is nothing to put in, else a copy: the program may keep the
        original and return it to somebody else, who must not get this one's cookies.
    """
    if injected is None or not (injected.raw_headers or injected.status_code):
        return returned
    response = copy(returned)
    response.__dict__.pop("_headers", None)  # a view of the original's list
    added = [field for field in injected.raw_headers if field[0] not in _FRAMING]
    replaced = {name for name, _ in added} - _LISTS
    kept = [field for field in returned.raw_headers if field[0].lower() not in replaced]
    response.raw_headers = kept + added
    if injected.status_code:
        response.status_code = injected.status_code
        if not is_body_allowed_for_status_code(injected.status_code):
            return _without_body(response)
    return response


def _without_body(response: Response) -> Response:
    """Return *response* as its status wants it, whatever would have been the body."""
    empty = Response(status_code=response.status_code, background=response.background)
    dropped = (b"content-length", b"content-type", b"transfer-encoding")
    empty.raw_headers = [f for f in response.raw_headers if f[0].lower() not in dropped]
    if response.status_code == 205:  # RFC 9110 15.3.6: it says that there is nothing
        empty.raw_headers.append((b"content-length", b"0"))
    return empty


def _check_cookie(**attributes: Any) -> None:
    for name, text in attributes.items():
        # A semicolon would begin another attribute.
        if isinstance(text, str) and (_CONTROL.search(text) or ";" in text):
            raise ValueError(
                f"{name} of a cookie must not have control characters or ';', got {text[:200]!r}"
            )
