"""Response compression: zstd, brotli or gzip, as the client's ``Accept-Encoding`` asks.

Three questions are answered apart from each other: may this answer be encoded at all
(`CompressionRules.allows`), with which coding (`choose_coding`), and which header fields
change (`encoded_headers`). `CompressionMiddleware` asks them at the ASGI door;
`compress_body` is the plain function for code that has a whole body in hand.

SECURITY: a body that holds a secret next to text chosen by an attacker leaks the secret
through its compressed length (BREACH). The attack needs the victim's browser to send many
requests with its cookies from a foreign page, so such requests get the plain body
(`CompressionMiddleware(guard_cross_site=False)` switches that off).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fasterapi.concurrency import run_in_threadpool
from fasterapi.middleware._codings import (
    CODINGS,
    Encoder,
    Levels,
    RawHeaders,
    choose_coding,
    encode_whole,
    encoded_headers,
    new_encoder,
    varying_headers,
)

__all__ = (
    "DEFAULT_EXCLUDED_CONTENT_TYPES",
    "CompressionMiddleware",
    "CompressionRules",
    "compress_body",
    "encoded_headers",
    "varying_headers",
)

DEFAULT_EXCLUDED_CONTENT_TYPES: tuple[str, ...] = (
    "application/gzip",
    "application/grpc",
    "application/pdf",
    "application/vnd.rar",
    "application/x-7z-compressed",
    "application/x-bzip2",
    "application/x-gzip",
    "application/x-rar-compressed",
    "application/x-xz",
    "application/zip",
    "application/zstd",
    "audio/*",
    "font/woff",
    "font/woff2",
    "image/*",
    "text/event-stream",
    "video/*",
)
"""Media types that are compressed already, or (events) must reach the client untouched."""

# Text or raw pixels in spite of their family; only naming one of them exactly excludes it.
_COMPRESSIBLE_IMAGES = frozenset(
    ("image/svg+xml", "image/bmp", "image/x-icon", "image/vnd.microsoft.icon")
)
# 204, 205 and 304 have no content, 206 is a slice of the plain representation.
_UNTOUCHED_STATUSES = frozenset((204, 205, 206, 304))
# A field of this list promises something about the exact bytes of the body.
_BYTE_BOUND_FIELDS = frozenset(
    (b"content-encoding", b"content-range", b"content-digest", b"repr-digest", b"digest")
)
_IN_THREAD_FROM_BYTES = 128 * 1024  # zstd needs about 1 ms for it; smaller is not worth the hop
_DEFAULT_LEVELS = Levels()
_MAX_ZSTD_LEVEL = 19  # higher levels need windows above the 8 MiB that RFC 9659 allows


@dataclass(frozen=True, slots=True)
class CompressionRules:
    """What may be compressed and how; immutable, so one object serves all requests.

    Attributes:
        minimum_size: Bodies with fewer bytes stay as they are.
        codings: Codings to offer, the preferred one first.
        levels: Effort of each coding.
        excluded_types: Media types that stay as they are; ``image/*`` names a family.
    """

    minimum_size: int = 500
    codings: tuple[str, ...] = CODINGS
    levels: Levels = _DEFAULT_LEVELS
    excluded_types: frozenset[str] = frozenset(DEFAULT_EXCLUDED_CONTENT_TYPES)

    def __post_init__(self) -> None:
        unknown = [coding for coding in self.codings if coding not in CODINGS]
        if unknown:
            hint = "; br needs the package brotli" if unknown[0] == "br" else ""
            available = ", ".join(CODINGS)
            raise ValueError(f"unknown coding {unknown[0]!r}, available are {available}{hint}")
        _check_level("zstd_level", self.levels.zstd, 1, _MAX_ZSTD_LEVEL)
        _check_level("brotli_level", self.levels.br, 0, 11)
        _check_level("gzip_level", self.levels.gzip, 1, 9)

    def allows(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether an answer with this head may be encoded, its size aside."""
        if status < 200 or status in _UNTOUCHED_STATUSES:
            return False
        for name, value in headers:
            field = name.lower()
            if field == b"content-type":
                if self._excludes(value):
                    return False
            elif field in _BYTE_BOUND_FIELDS:
                return False
            elif field == b"cache-control" and b"no-transform" in value.lower():
                return False  # RFC 9111 5.2.2.6
        return True

    def _excludes(self, content_type: bytes) -> bool:
        media_type = content_type.partition(b";")[0].strip().lower().decode("latin-1")
        if media_type in self.excluded_types:
            return True
        if media_type.startswith("application/grpc+"):
            return "application/grpc" in self.excluded_types
        family = media_type.partition("/")[0] + "/*"
        return family in self.excluded_types and media_type not in _COMPRESSIBLE_IMAGES


def _check_level(name: str, level: int, lowest: int, highest: int) -> None:
    if not lowest <= level <= highest:
        raise ValueError(f"{name} must be {lowest} to {highest}, got {level!r}")


_DEFAULT_RULES = CompressionRules()


def compress_body(
    body: bytes,
    accept_encoding: bytes | None,
    *,
    rules: CompressionRules = _DEFAULT_RULES,
) -> tuple[bytes, str | None]:
    """Return the body to send and its coding; the body unchanged and None if that is better.

    The caller has asked ``rules.allows(status, headers)`` before, and passes the headers
    through `encoded_headers` (coding given) or `varying_headers` (None) afterwards.

    Args:
        body: The whole plain body.
        accept_encoding: Value of the request's ``Accept-Encoding``; None if not sent.
        rules: Sizes, codings and levels.
    """
    if len(body) < rules.minimum_size:
        return body, None
    coding = choose_coding(accept_encoding, rules.codings)
    if coding is None:
        return body, None
    encoded = encode_whole(body, coding, rules.levels)
    return (encoded, coding) if len(encoded) < len(body) else (body, None)


class CompressionMiddleware:
    """ASGI middleware that compresses answers with zstd, brotli or gzip."""

    def __init__(
        self,
        app: ASGIApp,
        minimum_size: int = 500,
        *,
        codings: Sequence[str] = CODINGS,
        zstd_level: int = 3,
        brotli_level: int = 4,
        gzip_level: int = 6,
        exclude_content_types: Iterable[str] = DEFAULT_EXCLUDED_CONTENT_TYPES,
        guard_cross_site: bool = True,
    ) -> None:
        """Wrap *app*.

        Args:
            app: The application to wrap.
            minimum_size: Bodies with fewer bytes stay as they are; a streamed body of
                unknown size is always compressed.
            codings: Codings to offer, the preferred one first; the client's weights decide
                before this order does.
            zstd_level: 1 to 19.
            brotli_level: 0 to 11; 11 is for files made once, not for answers.
            gzip_level: 1 to 9.
            exclude_content_types: Media types to leave alone; ``image/*`` names a family
                (SVG and bitmaps of it are compressed all the same).
            guard_cross_site: Whether requests that carry cookies from another site, which
                is what a BREACH attack sends, get the plain body.
        """
        self.app = app
        self.rules = CompressionRules(
            minimum_size=minimum_size,
            codings=tuple(codings),
            levels=Levels(zstd_level, brotli_level, gzip_level),
            excluded_types=frozenset(
                name.partition(";")[0].strip().lower() for name in exclude_content_types
            ),
        )
        self.guard_cross_site = guard_cross_site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection; other than HTTP ones pass unchanged."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        responder = _Responder(self.rules, self._choose(scope), scope["method"] == "HEAD", send)
        await self.app(scope, receive, responder.send)

    def _choose(self, scope: Scope) -> str | None:
        accepted: list[bytes] = []
        is_cross_site = has_cookie = False
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accepted.append(value)
            elif name == b"sec-fetch-site":
                is_cross_site = value == b"cross-site"
            elif name == b"cookie":
                has_cookie = True
        if self.guard_cross_site and is_cross_site and has_cookie:
            return None
        return choose_coding(b",".join(accepted), self.rules.codings)


class _Responder:
    """The send side of one answer: holds the head back until the first piece of the body."""

    __slots__ = (
        "_coding",
        "_encoder",
        "_has_trailers",
        "_is_head_request",
        "_rules",
        "_send",
        "_start",
    )

    def __init__(
        self, rules: CompressionRules, coding: str | None, is_head_request: bool, send: Send
    ) -> None:
        self._rules = rules
        self._coding = coding
        self._is_head_request = is_head_request
        self._send = send
        self._start: Message | None = None  # the head, while it is held back
        self._has_trailers = False
        self._encoder: Encoder | None = None  # set while a body is being streamed

    async def send(self, message: Message) -> None:
        """Forward *message*, encoded where that is allowed."""
        kind = message["type"]
        if kind == "http.response.start":
            await self._on_start(message)
        elif kind == "http.response.body":
            await self._on_body(message)
        else:
            # A server extension that sends a file by itself needs the head first; hints and
            # debug messages come before the head and trailers after it.
            if kind in ("http.response.pathsend", "http.response.zerocopysend"):
                await self._release_head()
            await self._send(message)

    async def _on_start(self, message: Message) -> None:
        headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
        if self._rules.allows(message["status"], headers):
            self._start = {**message, "headers": headers}
            self._has_trailers = message.get("trailers", False)
        else:
            await self._send(message)

    async def _on_body(self, message: Message) -> None:
        if self._encoder is not None:
            await self._send_chunk(message)
        elif self._start is None:
            await self._send(message)
        elif self._is_head_request:
            await self._answer_head_request(message)
        elif message.get("more_body", False):
            await self._begin_stream(message)
        else:
            await self._answer_whole(message)

    async def _release_head(self, headers: RawHeaders | None = None) -> None:
        start, self._start = self._start, None
        if start is not None:
            await self._send(start if headers is None else {**start, "headers": headers})

    async def _answer_head_request(self, message: Message) -> None:
        """Send the head only, without the length that the GET answer would not have."""
        headers = self._held_headers()
        length = _content_length(headers)
        if length is not None and length < self._rules.minimum_size:
            await self._release_head()
        elif self._coding is None:
            await self._release_head(varying_headers(headers))
        else:  # RFC 9110 8.6: a wrong Content-Length is not allowed here, none is
            await self._release_head(encoded_headers(headers, None, None))
        await self._send(message)

    async def _answer_whole(self, message: Message) -> None:
        body = bytes(message.get("body", b""))
        if len(body) < self._rules.minimum_size:
            await self._release_head()
            await self._send(message)
            return
        headers = self._held_headers()
        coding = self._coding
        if coding is not None:
            encoded = await self._encode_whole(body, coding)
            if len(encoded) < len(body):
                # Trailers need chunked framing, which a length would switch off.
                length = None if self._has_trailers else len(encoded)
                await self._release_head(encoded_headers(headers, coding, length))
                await self._send({**message, "body": encoded})
                return
        await self._release_head(varying_headers(headers))
        await self._send(message)

    async def _encode_whole(self, body: bytes, coding: str) -> bytes:
        levels = self._rules.levels
        if len(body) < _IN_THREAD_FROM_BYTES:
            return encode_whole(body, coding, levels)
        return await run_in_threadpool(encode_whole, body, coding, levels)

    async def _begin_stream(self, message: Message) -> None:
        headers = self._held_headers()
        length = _content_length(headers)
        if length is not None and length < self._rules.minimum_size:
            await self._release_head()
            await self._send(message)
        elif self._coding is None:
            await self._release_head(varying_headers(headers))
            await self._send(message)
        else:
            self._encoder = new_encoder(self._coding, self._rules.levels)
            await self._release_head(encoded_headers(headers, self._coding, None))
            await self._send_chunk(message)

    async def _send_chunk(self, message: Message) -> None:
        encoder = self._encoder
        chunk = bytes(message.get("body", b""))
        is_last = not message.get("more_body", False)
        if encoder is None or not (chunk or is_last):
            await self._send(message)  # an empty piece: a flush would only add bytes
            return
        encode = encoder.finish if is_last else encoder.push
        if len(chunk) < _IN_THREAD_FROM_BYTES:
            encoded = encode(chunk)
        else:
            encoded = await run_in_threadpool(encode, chunk)
        await self._send({**message, "body": encoded})

    def _held_headers(self) -> RawHeaders:
        return [] if self._start is None else list(self._start["headers"])


def _content_length(headers: RawHeaders) -> int | None:
    for name, value in headers:
        if name.lower() == b"content-length" and value.isdigit():
            return int(value)
    return None
