"""The limit on the size of a request's body: where it is set, and what happens above it."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware import body_limit
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY, RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Starlette signals with two exceptions that it has no public names for. Without them nothing is
# taken for such a signal, and every exception keeps its ordinary way.
_too_large = getattr(body_limit, "_RequestBodyTooLarge", None)
_response_sent = getattr(body_limit, "_RequestBodyLimitResponseSent", None)
_SENT_ERRORS: tuple[type[Exception], ...] = (_response_sent,) if _response_sent else ()
_body_limit_errors: tuple[type[Exception], ...] = (
    (_too_large, *_SENT_ERRORS) if _too_large else _SENT_ERRORS
)


def validate_max_body_size(max_body_size: int | None) -> None:
    """Refuse what is not a size.

    Raises:
        ValueError: neither None nor an integer of at least 0.
    """
    if max_body_size is None:
        return
    is_size = isinstance(max_body_size, int) and not isinstance(max_body_size, bool)
    if not is_size or max_body_size < 0:
        raise ValueError("max_body_size must be a non-negative integer or None")


def get_body_size_limit(*limits: int | None) -> int | None:
    """The first of *limits* that is set; the most specific comes first."""
    return next((limit for limit in limits if limit is not None), None)


def get_body_limit_error(exc: Exception) -> Exception | None:
    """The signal of the body limiter that *exc* is, or that is all there is in the group *exc*."""
    if not isinstance(exc, ExceptionGroup):
        return exc if isinstance(exc, _body_limit_errors) else None
    # A middleware may read the body in one task and begin the response in another, so that both
    # signals arrive together. An error of any other kind in the group must not be hidden.
    _, foreign = exc.split(_body_limit_errors)
    if foreign is not None:
        return None
    # Where a 413 has been sent already, nobody may send another.
    error: Exception = (exc.subgroup(_SENT_ERRORS) if _SENT_ERRORS else None) or exc
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, _body_limit_errors) else None


def wrap_app_with_body_limit(app: ASGIApp, max_body_size: int | None) -> ASGIApp:
    """*app* with a limit of *max_body_size* bytes, or *app* itself for None."""
    if max_body_size is None:
        return app
    return RequestBodyLimitMiddleware(
        _BodyLimitExceptionMiddleware(app), max_body_size=max_body_size
    )


class _BodyLimitExceptionMiddleware:
    """Takes the limiter's signal out of the exception group that a task group makes of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except ExceptionGroup as group:
            error = get_body_limit_error(group) if scope["type"] == "http" else None
            if error is None:
                raise
            raise error from group


class AppBodyLimitMiddleware:
    """The limit of a whole app, which may be mounted inside of another with a limit."""

    def __init__(self, app: ASGIApp, max_body_size: int | None) -> None:
        self.app = wrap_app_with_body_limit(app, max_body_size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if MAX_BODY_SIZE_SCOPE_KEY not in scope:
            await self.app(scope, receive, send)
            return
        # Inside of another app the limiter leaves its signal to that app's limiter, but this app's
        # own error page would come first.
        await _answer_body_limit(self.app, scope, receive, send)


async def _answer_body_limit(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    # A layer above this one.
    from fasterapi.exception_handlers import http_exception_handler  # noqa: PLC0415

    is_started = False

    async def watch_start(message: Message) -> None:
        nonlocal is_started
        is_started = is_started or message["type"] == "http.response.start"
        await send(message)

    try:
        await app(scope, receive, watch_start)
    except Exception as exc:
        error: Any = get_body_limit_error(exc)
        if is_started or not isinstance(error, HTTPException):
            raise
        response = await http_exception_handler(Request(scope, receive), error)
        await response(scope, receive, send)
