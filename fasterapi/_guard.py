"""The last look at what leaves the application: nothing goes out that breaks the protocol.

Servers differ in what they do with a header that has a line break in it, or with a body after
status 204: some send it, some drop the connection without any answer. Here the client gets a
500, or the answer without the body.
"""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fasterapi._speedups.head import check_headers
from fasterapi.exceptions import FastAPIError
from fasterapi.logger import logger

__all__ = ("GuardedSend", "ResponseGuard", "handler_exit")

# RFC 9110 sections 15.2, 15.3.5, 15.3.6 and 15.4.5
_BODILESS = frozenset((204, 205, 304))
_RESET_CONTENT = 205
_LAST_STATUS = 999  # three digits; over 599 is for proxies' own use
_WITH_HEADERS = frozenset(
    ("http.response.start", "websocket.accept", "websocket.http.response.start")
)


def handler_exit(error: BaseException) -> FastAPIError:
    """Return what is raised for a SystemExit or KeyboardInterrupt of the program's code.

    As it is, either would end the server and every other request with it.
    """
    return FastAPIError(f"{type(error).__name__} raised while a request was handled: {error}")


class GuardedSend:
    """ASGI ``send`` that refuses heads which cannot be sent, and drops forbidden bodies.

    Attributes:
        started: Whether a head has gone out.
        refused: Whether one was refused.
    """

    __slots__ = ("_drops_body", "_send", "refused", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._drops_body = False
        self.started = False
        self.refused = False

    async def __call__(self, message: Message) -> None:
        """Send *message*.

        Raises:
            ValueError: A header could end its line early, or the status is none.
        """
        kind = message["type"]
        if kind in _WITH_HEADERS:
            message = self._checked(message)
            self.started = True
        elif self._drops_body:
            message = self._without_body(message)
        await self._send(message)

    def _checked(self, message: Message) -> Message:
        headers = message.get("headers") or ()
        if not isinstance(headers, list):
            headers = list(headers)
            message = {**message, "headers": headers}
        status = message.get("status", 200)
        try:
            if not 100 <= status <= _LAST_STATUS:
                raise ValueError(f"status must be 100 to {_LAST_STATUS}, got {status!r}")
            check_headers(headers)
        except (TypeError, ValueError):
            self.refused = True
            raise
        if status < 200 or status in _BODILESS:
            self._drops_body = True
            return {**message, "headers": _without_length(headers, status)}
        return message

    def _without_body(self, message: Message) -> Message:
        kind = message["type"]
        if not kind.startswith("http.response.") or kind == "http.response.trailers":
            return message
        if message.get("body") or kind != "http.response.body":
            logger.warning("response body dropped: the status allows none")
        is_more = message.get("more_body", False)
        return {"type": "http.response.body", "body": b"", "more_body": is_more}


def _without_length(headers: list[tuple[bytes, bytes]], status: int) -> list[tuple[bytes, bytes]]:
    kept = [pair for pair in headers if pair[0].lower() != b"content-length"]
    if status == _RESET_CONTENT:
        kept.append((b"content-length", b"0"))
    return kept


class ResponseGuard:
    """ASGI application around the whole of another; a refused head becomes a plain 500."""

    __slots__ = ("app",)

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection; exceptions are raised again after the answer."""
        guarded = GuardedSend(send)
        try:
            await self.app(scope, receive, guarded)
        except (SystemExit, KeyboardInterrupt) as error:
            await self._fail(scope, receive, guarded)
            raise handler_exit(error) from error
        except Exception:
            if guarded.refused:
                await self._fail(scope, receive, guarded)
            raise

    async def _fail(self, scope: Scope, receive: Receive, guarded: GuardedSend) -> None:
        if scope["type"] == "http" and not guarded.started:
            answer = PlainTextResponse("Internal Server Error", status_code=500)
            await answer(scope, receive, guarded)
