"""The answer of a route, made without a request and kept as bytes."""

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from hashlib import blake2b
from typing import Any, Final, NamedTuple, NoReturn

from anyio import sleep_forever
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Scope

from fasterapi._speedups.frozen import Frozen
from fasterapi.concurrency import run_in_threadpool
from fasterapi.exceptions import UsageError

__all__ = ("StartRequest", "make_frozen")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
RawHeaders = list[tuple[bytes, bytes]]

# The connection's own business (RFC 9110 section 7.6.1); the server writes its length too.
_HOP_BY_HOP: Final = frozenset((b"connection", b"keep-alive", b"transfer-encoding"))
_WITHOUT_CONTENT: Final = frozenset((204, 205, 304))
_TAG_BYTES: Final = 12
_LEAST_COMPRESSED_BYTES: Final = 500  # as CompressionMiddleware has it


class StartRequest(Request):
    """What a native handler sees in the place of a request: the application and its state.

    Everything that a client would have sent raises UsageError: it would be frozen for all.
    """

    def _refuse(self, what: str) -> NoReturn:
        raise UsageError(
            f"route {self.scope['path']!r}: a native handler is called at start-up, without a "
            f"request, and has no {what}; use app and state, or an ordinary route"
        )

    @property
    def headers(self) -> Any:
        """Refuse."""
        self._refuse("headers")

    @property
    def query_params(self) -> Any:
        """Refuse."""
        self._refuse("query parameters")

    @property
    def cookies(self) -> Any:
        """Refuse."""
        self._refuse("cookies")

    @property
    def client(self) -> Any:
        """Refuse."""
        self._refuse("client")

    @property
    def url(self) -> Any:
        """Refuse: its host is what the client asked for."""
        self._refuse("url")

    @property
    def base_url(self) -> Any:
        """Refuse: its host is what the client asked for."""
        self._refuse("url")


class _Made(NamedTuple):
    """What a handler has answered."""

    status: int
    fields: RawHeaders
    body: bytes


async def make_frozen(
    handler: Handler, *, path: str, app: Any, state: Any, is_made_often: bool
) -> Frozen:
    """Return the answer of *handler* in every form that requests can ask for.

    Args:
        handler: What answers ordinary requests of the route.
        path: The route's path.
        app: The application, for ``request.app``.
        state: What the lifespan has yielded, for ``request.state``.
        is_made_often: Whether to compress fast rather than well.

    Raises:
        UsageError: The answer cannot be the same for everybody.
    """
    made = await _call(handler, _start_scope(path, app, state))
    fields = made.fields
    own_tag = next((value for name, value in fields if name.lower() == b"etag"), None)
    if made.status != 200:
        return Frozen(made.status, fields, made.body)
    if own_tag is None:
        own_tag = b'"%s"' % blake2b(made.body, digest_size=_TAG_BYTES).hexdigest().encode()
        fields = [*fields, (b"etag", own_tag)]
    encoded: dict[str, tuple[RawHeaders, bytes]] = {}
    if len(made.body) >= _LEAST_COMPRESSED_BYTES:
        # In a thread: compressing well takes a millisecond for each kilobyte or so.
        fields, encoded = await run_in_threadpool(
            _compressed, fields, made.body, is_made_often=is_made_often
        )
    return Frozen(
        made.status, fields, made.body, opaque=own_tag.removeprefix(b"W/"), encoded=encoded
    )


def _start_scope(path: str, app: Any, state: Any) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "path_params": {},
        "app": app,
        "state": dict(state or {}),
    }


async def _call(handler: Handler, scope: Scope) -> _Made:
    """Return the whole answer of *handler*."""
    body: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
    messages: list[Message] = []

    async def receive() -> Message:
        if body:
            return body.pop()
        await sleep_forever()  # streams wait here for the client to go; it never does
        raise AssertionError("nothing comes after forever")

    async def send(message: Message) -> None:
        messages.append(message)

    request = StartRequest(scope, receive, send)
    async with AsyncExitStack() as outer, AsyncExitStack() as inner:
        scope["fastapi_middleware_astack"] = outer
        scope["fastapi_inner_astack"] = inner
        async with AsyncExitStack() as function:
            scope["fastapi_function_astack"] = function
            response = await handler(request)
        if getattr(response, "background", None) is not None:
            _refuse(scope, "has a background task, which would run once")
        await response(scope, receive, send)
    return _joined(scope, messages)


def _joined(scope: Scope, messages: list[Message]) -> _Made:
    starts = [message for message in messages if message["type"] == "http.response.start"]
    if not starts:
        _refuse(scope, "is empty")
    body = b"".join(
        bytes(message.get("body", b""))
        for message in messages
        if message["type"] == "http.response.body"
    )
    status = starts[0]["status"]
    fields = [(bytes(name), bytes(value)) for name, value in starts[0].get("headers", ())]
    if any(name.lower() == b"set-cookie" for name, _ in fields):
        _refuse(scope, "sets a cookie, which every client would share")
    fields = [(name, value) for name, value in fields if name.lower() not in _HOP_BY_HOP]
    if status in _WITHOUT_CONTENT:
        body = b""
    elif not any(name.lower() == b"content-length" for name, _ in fields):
        fields.append((b"content-length", b"%d" % len(body)))
    return _Made(status, fields, body)


def _refuse(scope: Scope, reason: str) -> NoReturn:
    raise UsageError(
        f"route {scope['path']!r}: the answer of a native handler is kept for all requests, and "
        f"this one {reason}"
    )


def _compressed(
    fields: RawHeaders, body: bytes, *, is_made_often: bool
) -> tuple[RawHeaders, dict[str, tuple[RawHeaders, bytes]]]:
    """Return the fields of the plain answer, and the encoded answers, the smallest first."""
    # A layer above; what is compressed there and here must be the same.
    from fasterapi.middleware import compression  # noqa: PLC0415
    from fasterapi.middleware._codings import Levels, encode_whole  # noqa: PLC0415

    rules = compression.CompressionRules()
    if not rules.allows(200, fields):
        return fields, {}
    levels = rules.levels if is_made_often else Levels(zstd=19, br=11, gzip=9)
    made = {coding: encode_whole(body, coding, levels) for coding in rules.codings}
    smaller = sorted((len(content), coding) for coding, content in made.items())
    encoded = {
        coding: (compression.encoded_headers(fields, coding, size), made[coding])
        for size, coding in smaller
        if size < len(body)
    }
    return (compression.varying_headers(fields) if encoded else fields), encoded
