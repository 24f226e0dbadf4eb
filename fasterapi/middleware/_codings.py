"""Content codings of responses: which one a client accepts, how each is made and declared.

`choose_coding` reads ``Accept-Encoding`` by RFC 9110 section 12.5.3. `encode_whole` makes a
body in one go, `new_encoder` an encoder for a streamed one; `encoded_headers` and
`varying_headers` are the header fields to go with it. brotli is used when it can be
imported: it is an extra, because HTTP clients announce it to every server once it is there.
"""

import re
import threading
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple, Protocol

__all__ = (
    "CODINGS",
    "Encoder",
    "Levels",
    "RawHeaders",
    "choose_coding",
    "encode_whole",
    "encoded_headers",
    "new_encoder",
    "varying_headers",
)


def _load(name: str) -> Any:
    """Return a module; None where it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        return None


brotli: Any = _load("brotli")
zstandard: Any = _load("zstandard")

CODINGS: tuple[str, ...] = tuple(
    name
    for name, is_available in (
        ("zstd", zstandard is not None),
        ("br", brotli is not None),
        ("gzip", True),
    )
    if is_available
)
"""Codings that can be made here, the preferred one first."""

# 16 + 15: a gzip frame (RFC 1952) with the largest window. zlib writes mtime 0 into the frame,
# so equal bodies give equal bytes and a digest or weak ETag of the encoded form stays stable.
_GZIP_WINDOW_BITS = 31
RawHeaders = list[tuple[bytes, bytes]]

_ACCEPT_ENCODING = b"accept-encoding"
_ALIASES = {"x-gzip": "gzip"}  # RFC 9110 8.4.1.3
_QVALUE = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")  # RFC 9110 12.4.2
_LONGEST_CACHED_HEADER = 200  # browsers send 25 to 40 bytes; longer ones are not worth keeping
_per_thread = threading.local()


class Levels(NamedTuple):
    """How hard each coding tries; the defaults suit answers made on the fly."""

    zstd: int = 3
    br: int = 4
    gzip: int = 6


class Encoder(Protocol):
    """Encodes one streamed body."""

    def push(self, chunk: bytes) -> bytes:
        """Return all of *chunk* encoded, so that the receiver can decode it at once."""

    def finish(self, chunk: bytes) -> bytes:
        """Return *chunk* encoded, followed by the end of the stream."""


def choose_coding(accept_encoding: bytes | None, offered: tuple[str, ...] = CODINGS) -> str | None:
    """Return the coding to answer with, or None for the plain body.

    The highest weight wins, equal weights are decided by the order of *offered*. The plain
    body is kept when the client did not send the header, accepts none of *offered*, or
    weighs ``identity`` explicitly above all of them.

    Args:
        accept_encoding: The field value; several header lines joined with ``,``.
        offered: Codings that may be used, the preferred one first.

    Source: RFC 9110 section 12.5.3.
    """
    if not accept_encoding:
        return None
    if len(accept_encoding) > _LONGEST_CACHED_HEADER:
        return _choose(accept_encoding, offered)
    return _choose_cached(accept_encoding, offered)


def _choose(accept_encoding: bytes, offered: tuple[str, ...]) -> str | None:
    weights = _read_weights(accept_encoding.decode("latin-1").lower())
    wildcard = weights.get("*", 0.0)
    best, best_weight = None, 0.0
    for coding in offered:
        weight = weights.get(coding, wildcard)
        if weight > best_weight:
            best, best_weight = coding, weight
    return best if best_weight >= weights.get("identity", 0.0) else None


_choose_cached: Callable[[bytes, tuple[str, ...]], str | None] = lru_cache(maxsize=256)(_choose)


def _read_weights(field: str) -> dict[str, float]:
    """Return coding -> weight; an element with a malformed weight counts as not sent."""
    weights: dict[str, float] = {}
    for element in field.split(","):
        coding, *parameters = (part.strip() for part in element.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                value = value.strip()
                weight = float(value) if _QVALUE.match(value) else -1.0
        if coding and weight >= 0.0:
            weights[_ALIASES.get(coding, coding)] = weight
    return weights


def encode_whole(body: bytes, coding: str, levels: Levels) -> bytes:
    """Return *body* encoded as one complete stream of *coding*."""
    encoded: bytes
    if coding == "gzip":
        return zlib.compress(body, levels.gzip, _GZIP_WINDOW_BITS)
    if coding == "br":
        encoded = brotli.compress(body, quality=levels.br)
        return encoded
    encoded = _zstd_compressor(levels.zstd).compress(body)
    return encoded


def _zstd_compressor(level: int) -> Any:
    """Return this thread's compressor of *level*.

    A context costs more than most bodies take to compress, so it is kept; it must not be
    used by two threads at once, hence one per thread.
    """
    kept: dict[int, Any] = _per_thread.__dict__.setdefault("zstd", {})
    compressor = kept.get(level)
    if compressor is None:
        compressor = kept[level] = zstandard.ZstdCompressor(level=level)
    return compressor


def new_encoder(coding: str, levels: Levels) -> Encoder:
    """Return an encoder for one streamed body."""
    if coding == "gzip":
        return _GzipEncoder(levels.gzip)
    if coding == "br":
        return _BrotliEncoder(levels.br)
    return _ZstdEncoder(levels.zstd)


def varying_headers(headers: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """Return *headers* with ``Accept-Encoding`` in ``Vary``, merged into an existing field."""
    changed = list(headers)
    listed = [value for name, value in changed if name.lower() == b"vary"]
    members = [member.strip().lower() for value in listed for member in value.split(b",")]
    if b"*" in members or _ACCEPT_ENCODING in members:
        return changed
    changed = [(name, value) for name, value in changed if name.lower() != b"vary"]
    changed.append(
        (b"vary", b", ".join([*(value for value in listed if value), b"Accept-Encoding"]))
    )
    return changed


def encoded_headers(
    headers: Iterable[tuple[bytes, bytes]], coding: str | None, length: int | None
) -> RawHeaders:
    """Return the header fields of the encoded answer.

    A strong ETag becomes weak, because the bytes differ from the plain answer's (RFC 9110
    8.8.3); ``Accept-Ranges`` goes, because a range would count bytes of the plain one.

    Args:
        headers: Fields of the plain answer.
        coding: The coding; None leaves ``Content-Encoding`` out (the head of a HEAD answer).
        length: Encoded size in bytes; None for a streamed body.
    """
    changed: RawHeaders = []
    for name, value in varying_headers(headers):
        field = name.lower()
        if field in (b"content-length", b"accept-ranges"):
            continue
        if field == b"etag" and not value.startswith(b"W/"):
            value = b"W/" + value
        changed.append((name, value))
    if coding is not None:
        changed.append((b"content-encoding", coding.encode()))
    if length is not None:
        changed.append((b"content-length", b"%d" % length))
    return changed


class _GzipEncoder:
    __slots__ = ("_stream",)

    def __init__(self, level: int) -> None:
        self._stream = zlib.compressobj(level, zlib.DEFLATED, _GZIP_WINDOW_BITS)

    def push(self, chunk: bytes) -> bytes:
        return self._stream.compress(chunk) + self._stream.flush(zlib.Z_SYNC_FLUSH)

    def finish(self, chunk: bytes) -> bytes:
        return self._stream.compress(chunk) + self._stream.flush()


class _BrotliEncoder:
    __slots__ = ("_stream",)

    def __init__(self, level: int) -> None:
        self._stream = brotli.Compressor(quality=level)

    def push(self, chunk: bytes) -> bytes:
        encoded: bytes = self._stream.process(chunk) + self._stream.flush()
        return encoded

    def finish(self, chunk: bytes) -> bytes:
        encoded: bytes = (self._stream.process(chunk) if chunk else b"") + self._stream.finish()
        return encoded


class _ZstdEncoder:
    __slots__ = ("_stream",)

    def __init__(self, level: int) -> None:
        # A context of its own: the stream lives across awaits, the kept one may be reused.
        self._stream = zstandard.ZstdCompressor(level=level).compressobj()

    def push(self, chunk: bytes) -> bytes:
        block: int = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        encoded: bytes = self._stream.compress(chunk) + self._stream.flush(block)
        return encoded

    def finish(self, chunk: bytes) -> bytes:
        encoded: bytes = self._stream.compress(chunk) + self._stream.flush()
        return encoded
