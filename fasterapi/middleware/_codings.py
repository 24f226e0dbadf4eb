"""Content codings of responses: which one a client accepts, and how each is made.

`choose_coding` reads ``Accept-Encoding`` by RFC 9110 section 12.5.3. `encode_whole` makes a
body in one go, `new_encoder` an encoder for a streamed one. zstandard and brotli are used
when they can be imported; gzip always works.
"""

import re
import threading
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

try:
    import brotli
except ImportError:  # pragma: no cover - a declared dependency, absent only on odd platforms
    brotli = None
try:
    import zstandard
except ImportError:  # pragma: no cover - as above
    zstandard = None  # type: ignore[assignment]

__all__ = (
    "CODINGS",
    "Encoder",
    "Levels",
    "choose_coding",
    "encode_whole",
    "new_encoder",
)

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
    if coding == "gzip":
        return zlib.compress(body, levels.gzip, _GZIP_WINDOW_BITS)
    if coding == "br":
        encoded: bytes = brotli.compress(body, quality=levels.br)
        return encoded
    return _zstd_compressor(levels.zstd).compress(body)


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
        return self._stream.compress(chunk) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def finish(self, chunk: bytes) -> bytes:
        return self._stream.compress(chunk) + self._stream.flush()
