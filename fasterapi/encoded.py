"""Responses that the framework makes itself: injected into handlers, or shown to middleware."""

import types
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    MutableMapping,
)
from copy import copy
from inspect import signature
from typing import Any

from starlette.background import BackgroundTask
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fasterapi import _starlette_responses
from fasterapi._speedups.cookies import has_semicolon
from fasterapi._speedups.fields import append_field, set_field
from fasterapi._speedups.head import check_headers
from fasterapi._speedups.ranges import file_scope

__all__ = ("EncodedResponse", "InjectedResponse", "collect_response")

_starlette_responses.install()


class CheckedHeaders(MutableHeaders):
    """Headers that refuse, where they are set, what could not be sent (RFC 9110 section 5.5)."""

    def __repr__(self) -> str:
        return repr(MutableHeaders(raw=self._list))

    def __setitem__(self, key: str, value: str) -> None:
        set_field(self._list, key, value)

    def setdefault(self, key: str, value: str) -> str:
        """Return the value of *key*; set it to *value* first if there is none.

        Raises:
            ValueError: Name or value has a control character, or a character over U+00FF.
        """
        if key not in self:
            append_field(self._list, key, value)
        return self[key]

    def append(self, key: str, value: str) -> None:
        """Add a field beside those of the same name.

        Raises:
            ValueError: Name or value has a control character, or a character over U+00FF.
        """
        append_field(self._list, key, value)


def _checked_headers(raw: list[tuple[bytes, bytes]]) -> CheckedHeaders:
    # PERF: `__init__` would find out which of three ways it was given the fields.
    headers = CheckedHeaders.__new__(CheckedHeaders)
    headers._list = raw  # noqa: SLF001
    return headers


class _CheckedResponse(Response):
    """A response whose headers and cookies are checked when they are set."""

    _headers: MutableHeaders | None = None  # type: ignore[assignment]

    @property
    def headers(self) -> MutableHeaders:
        """The header fields; changes go straight to what is sent."""
        if self._headers is None:
            self._headers = _checked_headers(self.raw_headers)
        return self._headers

    def set_cookie(self, *args: Any, **kwargs: Any) -> None:
        """Add a cookie; arguments as Starlette's ``Response.set_cookie`` takes them.

        Raises:
            ValueError: A part of it could end the header line (RFC 6265 section 4.1.1).
        """
        if has_semicolon(args, kwargs):
            _refuse_semicolon(signature(Response.set_cookie).bind(self, *args, **kwargs).arguments)
        super().set_cookie(*args, **kwargs)
        try:
            check_headers(self.raw_headers[-1:])
        except ValueError:
            self.raw_headers.pop()
            raise


def _refuse_semicolon(given: dict[str, Any]) -> None:
    for part in ("key", "path", "domain"):
        if ";" in (given.get(part) or ""):
            raise ValueError(f"cookie {part} must not contain ';', got {given[part]!r}")


class InjectedResponse(_CheckedResponse):
    """What a ``response: Response`` parameter receives: headers, cookies and a status to merge.

    COMPAT: like FastAPI's, it has no Content-Length, its status is None until it is set, and its
    headers are those that are merged, even if the program puts another list at `raw_headers`.
    """

    status_code: int | None  # type: ignore[assignment]

    def __init__(self) -> None:
        """Start without status, headers and body."""
        self.status_code = None
        self.background = None
        self.body = b""
        self.raw_headers = []
        self._headers = _checked_headers(self.raw_headers)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are Starlette's."""
        return Response.__new__, (Response,), dict(vars(self))


# COMPAT: programs log the name; it is a subclass all the same.
InjectedResponse.__name__ = InjectedResponse.__qualname__ = Response.__name__
InjectedResponse.__module__ = Response.__module__


class EncodedResponse(_CheckedResponse):
    """An answer that is encoded already, on its way out through function middleware.

    Attributes:
        body: The payload as bytes; replacing it means mending Content-Length too.
        body_iterator: The same as an async iterator. COMPAT: under Starlette this is all that
            a middleware gets; assigning to it streams the new iterator instead of `body`.
    """

    _iterator: AsyncIterable[Any] | None = None

    def __init__(
        self,
        status_code: int,
        raw_headers: list[tuple[bytes, bytes]],
        body: bytes,
        background: BackgroundTask | None,
    ) -> None:
        """Take everything as it is; nothing is rendered."""
        self.status_code = status_code
        self.raw_headers = raw_headers
        self.body = body
        self.background = background

    @classmethod
    async def begun(cls, response: Response, scope: Scope, receive: Receive) -> "EncodedResponse":
        """Return the answer of a response that sends itself, stopped where its body begins.

        Args:
            response: A copy of it runs on while `body_iterator` is read; the background task
                of the result runs it to its end, and then its background task.
            scope: For the response.
            receive: For the response.

        Raises:
            RuntimeError: It has sent nothing.
        """
        sending = _Sending(response, scope, receive)
        start = await sending.next_message()
        if start is None:
            raise RuntimeError("No response returned.")
        headers = list(start.get("headers", ()))
        made = cls(start["status"], headers, b"", BackgroundTask(sending.finish))
        made.body_iterator = sending.rest()
        return made

    @property
    def body_iterator(self) -> AsyncIterable[Any]:
        """The payload in chunks."""
        if self._iterator is None:
            self._iterator = _once(bytes(self.body))
        return self._iterator

    @body_iterator.setter
    def body_iterator(self, chunks: AsyncIterable[Any]) -> None:
        self._iterator = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, by chunks if somebody has touched `body_iterator`."""
        if self._iterator is None:
            await super().__call__(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        is_closed = False
        async for chunk in self._iterator:
            if isinstance(chunk, MutableMapping):
                # Of an extension: a path instead of the body, for example.
                is_closed = True
                await send(chunk)
            else:
                data = chunk.encode(self.charset) if isinstance(chunk, str) else chunk
                await send({"type": "http.response.body", "body": data, "more_body": True})
        if not is_closed:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        if self.background is not None:
            await self.background()


class _Pause:
    """Awaited inside of a coroutine, it hands a message to whoever steps that coroutine."""

    def __init__(self, message: Message) -> None:
        self.message = message

    def __await__(self) -> Generator["_Pause", None, None]:
        yield self


async def _pause(message: Message) -> None:
    await _Pause(message)


class _Sending:
    """A response that is sending itself, stepped from one message to the next.

    In the task of whoever awaits `next_message`: a second task would need a queue between both,
    and somebody to wait for its end.
    """

    def __init__(self, response: Response, scope: Scope, receive: Receive) -> None:
        response = copy(response)
        self._background = response.background
        self._is_over = self._is_background_due = False
        if response.background is not None:
            response.background = BackgroundTask(self._note_background)
        # Servers of older versions are listened to by a second task; here only one is stepped.
        scope = {**scope, "asgi": {**scope.get("asgi", {}), "spec_version": "2.4"}}
        scope = file_scope(response, scope)
        self._coroutine: Coroutine[Any, Any, None] = response(scope, receive, _pause)

    async def _note_background(self) -> None:
        self._is_background_due = True

    async def finish(self) -> None:
        """Run to the end, whether somebody wants the messages or not."""
        async for _ in self.rest():
            pass
        if self._background is not None and self._is_background_due:
            await self._background()

    @types.coroutine
    def next_message(self) -> Generator[Any, Any, Message | None]:
        """Return the next message, None after the last."""
        step: Callable[..., Any] = self._coroutine.send
        argument: Any = None
        while not self._is_over:
            try:
                awaited = step(argument)
            except StopIteration:
                self._is_over = True
                break
            if isinstance(awaited, _Pause):
                return awaited.message
            try:
                argument = yield awaited
                step = self._coroutine.send
            except BaseException as error:
                argument = error
                step = self._coroutine.throw
        return None

    async def rest(self) -> AsyncIterator[Any]:
        """Yield the body's chunks; messages of extensions as they are."""
        while (message := await self.next_message()) is not None:
            if message["type"] != "http.response.body":
                yield message
            elif message.get("body"):
                yield message["body"]


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def collect_response(app: ASGIApp, scope: Scope, receive: Receive) -> EncodedResponse:
    """Return the whole answer of an ASGI application, its background tasks done.

    Raises:
        RuntimeError: It has not answered at all.
    """
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        if message["type"] in ("http.response.start", "http.response.body"):
            messages.append(message)

    await app(scope, receive, keep)
    if not messages:
        raise RuntimeError("No response returned.")
    start, *parts = messages
    body = b"".join([bytes(part.get("body", b"")) for part in parts])
    return EncodedResponse(start["status"], list(start.get("headers", ())), body, None)
