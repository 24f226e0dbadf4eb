"""Every exception and warning of the package.

Errors that are ours descend from `FasterAPIError`: `UsageError` is the
developer's mistake, `RequestError` the client's, `BackendError` a service's
behind us, `InternalError` our own. The names that FastAPI's users catch stand
beside that tree with the base classes they have in FastAPI.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.exceptions import WebSocketException as StarletteWebSocketException
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = (
    "BackendError",
    "DependencyScopeError",
    "EndpointContext",
    "FastAPIDeprecationWarning",
    "FastAPIError",
    "FasterAPIError",
    "HTTPException",
    "InternalError",
    "PydanticV1NotSupportedError",
    "RequestError",
    "RequestErrorModel",
    "RequestValidationError",
    "ResponseValidationError",
    "UsageError",
    "ValidationException",
    "WebSocketErrorModel",
    "WebSocketException",
    "WebSocketRequestValidationError",
)


class FasterAPIError(RuntimeError):
    """Base of the package's own errors."""


class FastAPIError(FasterAPIError):
    """FastAPI's own kind of error; the name shows in tracebacks, logs and reports."""


class UsageError(FastAPIError):
    """A mistake in the program, raised at start-up whenever possible."""


class RequestError(FasterAPIError):
    """A request that cannot be accepted, for a reason the client can mend.

    Args:
        message: What is wrong and what is allowed.
        status_code: Status of the answer, 400 to 499.
        headers: Headers of the answer.
    """

    def __init__(
        self, message: str, *, status_code: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.headers = headers


class BackendError(FasterAPIError):
    """A database, cache or other service behind the application failed.

    Args:
        message: What failed, without secrets.
        status_code: Status of the answer; 503 asks the client to try again.
        headers: Headers of the answer, such as ``Retry-After``.
    """

    def __init__(
        self, message: str, *, status_code: int = 503, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.headers = headers


class InternalError(FastAPIError):
    """A defect of the package itself; the message asks for a report."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}; this is a defect of FasterAPI, please report it")


class DependencyScopeError(UsageError):
    """A dependency needs another one that ends before it does."""


class PydanticV1NotSupportedError(UsageError):
    """A ``pydantic.v1`` model where only models of Pydantic 2 can work."""


class FastAPIDeprecationWarning(UserWarning):
    """A deprecated feature; not a `DeprecationWarning`, which Python hides by default."""


class HTTPException(StarletteHTTPException):
    """An error answer: raise it anywhere to send it to the client.

    Args:
        status_code: Status of the answer.
        detail: Any value JSON can express, sent as ``detail``; None means the
            status code's standard phrase.
        headers: Headers of the answer.
    """

    def __init__(
        self, status_code: int, detail: Any = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status_code, detail, headers)


class WebSocketException(StarletteWebSocketException):
    """Close the WebSocket with a code: raise it anywhere while handling one.

    Args:
        code: Close code of RFC 6455, section 7.4.
        reason: Text for the peer, at most 123 bytes in UTF-8.
    """

    def __init__(self, code: int, reason: str | None = None) -> None:
        super().__init__(code, reason)


class EndpointContext(TypedDict, total=False):
    """Where the endpoint that failed is defined."""

    function: str
    path: str
    file: str
    line: int


class ValidationException(Exception):  # noqa: N818  # public name
    """Data that its declaration does not allow.

    Args:
        errors: One mapping for each finding: ``type``, ``loc``, ``msg``, ``input``.
        endpoint_ctx: The endpoint concerned, for the text of the exception.
    """

    def __init__(
        self, errors: Sequence[Any], *, endpoint_ctx: EndpointContext | None = None
    ) -> None:
        super().__init__(errors)
        endpoint = endpoint_ctx or {}
        self._errors = errors
        self.endpoint_ctx = endpoint_ctx
        self.endpoint_function = endpoint.get("function")
        self.endpoint_path = endpoint.get("path")
        self.endpoint_file = endpoint.get("file")
        self.endpoint_line = endpoint.get("line")

    def errors(self) -> Sequence[Any]:
        """Return the findings."""
        return self._errors

    def _format_endpoint_context(self) -> str:
        path = self.endpoint_path
        if self.endpoint_file and self.endpoint_line and self.endpoint_function:
            # The form of a traceback entry, which editors and terminals turn into a link.
            place = (
                f'\n  File "{self.endpoint_file}", line {self.endpoint_line}, '
                f"in {self.endpoint_function}"
            )
            return f"{place}\n    {path}" if path else place
        return f"\n  Endpoint: {path}" if path else ""

    def __str__(self) -> str:
        count = len(self._errors)
        plural = "" if count == 1 else "s"
        findings = "".join(f"  {finding}\n" for finding in self._errors)
        text = f"{count} validation error{plural}:\n{findings}{self._format_endpoint_context()}"
        return text.rstrip()


class RequestValidationError(ValidationException):
    """A request that its declaration does not allow; answered with 422.

    Args:
        errors: One mapping for each finding.
        body: The body as received, where there was one.
        endpoint_ctx: The endpoint concerned.
    """

    def __init__(
        self,
        errors: Sequence[Any],
        *,
        body: Any = None,
        endpoint_ctx: EndpointContext | None = None,
    ) -> None:
        super().__init__(errors, endpoint_ctx=endpoint_ctx)
        self.body = body


class WebSocketRequestValidationError(ValidationException):
    """A WebSocket's opening request that its declaration does not allow."""


class ResponseValidationError(ValidationException):
    """A handler's result that its response model does not allow.

    Args:
        errors: One mapping for each finding.
        body: What the handler returned.
        endpoint_ctx: The endpoint concerned.
    """

    def __init__(
        self,
        errors: Sequence[Any],
        *,
        body: Any = None,
        endpoint_ctx: EndpointContext | None = None,
    ) -> None:
        super().__init__(errors, endpoint_ctx=endpoint_ctx)
        self.body = body


RequestErrorModel: "type[BaseModel]"
"""Stands for the request as a whole where an error needs a model."""

WebSocketErrorModel: "type[BaseModel]"
"""Stands for the opening request as a whole where an error needs a model."""

_MODEL_NAMES = {"RequestErrorModel": "Request", "WebSocketErrorModel": "WebSocket"}


def __getattr__(name: str) -> Any:
    # PERF: making the two takes a twentieth of importing the package, and few ever use them.
    if name not in _MODEL_NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pydantic import create_model  # noqa: PLC0415

    model = globals()[name] = create_model(_MODEL_NAMES[name], __module__=__name__)
    return model
