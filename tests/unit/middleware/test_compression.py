"""Response compression: RFC 9110 sections 8.8.3, 12.5.3 and 12.5.5."""

import asyncio
import gzip
import random
import subprocess
import sys
import zlib
from typing import Any

import brotli
import pytest
import zstandard

from fasterapi.middleware._codings import choose_coding
from fasterapi.middleware.compression import (
    CompressionMiddleware,
    CompressionRules,
    compress_body,
    varying_headers,
)

TEXT = b"a text that repeats itself, " * 60
JSON = (b"content-type", b"application/json")


def answer(
    *chunks: bytes,
    accept: bytes | None = b"gzip",
    status: int = 200,
    headers: tuple[tuple[bytes, bytes], ...] = (JSON,),
    method: str = "GET",
    request_headers: tuple[tuple[bytes, bytes], ...] = (),
    start: dict[str, Any] | None = None,
    **options: Any,
) -> list[dict[str, Any]]:
    """Return what the middleware sends for an app that sends *chunks*."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(
            {"type": "http.response.start", "status": status, "headers": headers, **(start or {})}
        )
        for index, chunk in enumerate(chunks):
            more = index < len(chunks) - 1
            await send({"type": "http.response.body", "body": chunk, "more_body": more})

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    fields = list(request_headers)
    if accept is not None:
        fields.append((b"accept-encoding", accept))
    scope = {"type": "http", "method": method, "headers": fields}
    asyncio.run(CompressionMiddleware(app, **options)(scope, None, send))  # type: ignore[arg-type]
    return sent


def head_of(sent: list[dict[str, Any]]) -> dict[bytes, bytes]:
    fields = sent[0]["headers"]
    assert len({name for name, _ in fields}) == len(fields), f"a field is sent twice: {fields}"
    return dict(fields)


def body_of(sent: list[dict[str, Any]]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent[1:])


def decode(coding: bytes, body: bytes) -> bytes:
    if coding == b"gzip":
        return gzip.decompress(body)
    if coding == b"br":
        return brotli.decompress(body)
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, None),
        (b"", None),
        (b"identity", None),
        (b"gzip", "gzip"),
        (b"x-gzip", "gzip"),
        (b"GZip", "gzip"),
        (b"gzip, deflate, br, zstd", "zstd"),
        (b"gzip, deflate, br", "br"),
        (b"*", "zstd"),
        (b"*;q=0", None),
        (b"zstd;q=0, *", "br"),
        (b"gzip;q=0", None),
        (b"gzip;q=0.000", None),
        (b"gzip;q=0.001", "gzip"),
        (b"zstd;q=0.5, br;q=0.6, gzip;q=0.4", "br"),
        (b"gzip;q=1.0, zstd;q=0.9", "gzip"),
        (b"gzip ; Q=0.5 , br ; q=0.8", "br"),
        (b"identity;q=1, gzip;q=0.5", None),
        (b"identity;q=0.5, gzip;q=0.5", "gzip"),
        (b"identity;q=0, gzip;q=0.1", "gzip"),
        (b"gzip;q=2", None),
        (b"gzip;q=-1", None),
        (b"gzip;q=nan", None),
        (b"gzip;q=0.1234", None),
        ("gzip;q=\u00b2".encode("latin-1"), None),
        (b"gzipped", None),
        (b";q=1,,gzip", "gzip"),
        (b"br;q=0, " + b"x, " * 100 + b"gzip", "gzip"),
    ],
)
def test_weights_decide_then_the_servers_order(accept: bytes | None, expected: str | None) -> None:
    assert choose_coding(accept) == expected


@pytest.mark.parametrize("coding", [b"zstd", b"br", b"gzip"])
def test_whole_body_is_encoded_with_its_length(coding: bytes) -> None:
    sent = answer(TEXT, accept=coding, headers=(JSON, (b"Content-Length", b"1680")))
    head = head_of(sent)
    assert head[b"content-encoding"] == coding
    assert head[b"vary"] == b"Accept-Encoding"
    assert int(head[b"content-length"]) == len(body_of(sent)) < len(TEXT)
    assert b"Content-Length" not in head
    assert decode(coding, body_of(sent)) == TEXT


@pytest.mark.parametrize("coding", [b"zstd", b"br", b"gzip"])
def test_every_streamed_chunk_can_be_read_when_it_arrives(coding: bytes) -> None:
    chunks = (b"first " * 20, b"", b"second " * 20, b"third")
    sent = answer(*chunks, accept=coding)
    head = head_of(sent)
    assert head[b"content-encoding"] == coding
    assert b"content-length" not in head
    reader: Any = {
        b"gzip": lambda: zlib.decompressobj(31).decompress,
        b"br": lambda: brotli.Decompressor().process,
        b"zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
    }[coding]()
    assert [reader(message["body"]) for message in sent[1:]] == list(chunks)
    assert [message.get("more_body") for message in sent[1:]] == [True, True, True, False]


@pytest.mark.parametrize("coding", [b"zstd", b"br", b"gzip"])
def test_large_bodies_and_chunks_take_the_thread(coding: bytes) -> None:
    large = TEXT * 200
    assert decode(coding, body_of(answer(large, accept=coding))) == large
    assert decode(coding, body_of(answer(large, large, accept=coding))) == large * 2


def test_stream_that_ends_with_an_empty_chunk_is_complete() -> None:
    assert gzip.decompress(body_of(answer(TEXT, b""))) == TEXT
    assert gzip.decompress(body_of(answer(b"", TEXT, b""))) == TEXT


def test_equal_bodies_give_equal_bytes() -> None:
    first, second = body_of(answer(TEXT)), body_of(answer(TEXT))
    assert first == second
    assert first[4:8] == bytes(4)  # the frame's modification time


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (204, ()),
        (206, (JSON,)),
        (304, ()),
        (200, (JSON, (b"Content-Encoding", b"br"))),
        (200, (JSON, (b"content-range", b"bytes 0-9/100"))),
        (200, (JSON, (b"repr-digest", b"sha-256=:AA==:"))),
        (200, (JSON, (b"Cache-Control", b"public, No-Transform"))),
        (200, ((b"content-type", b"text/event-stream; charset=utf-8"),)),
        (200, ((b"content-type", b"image/png"),)),
        (200, ((b"content-type", b"video/mp4"),)),
        (200, ((b"content-type", b"Application/Zip"),)),
        (200, ((b"content-type", b"application/grpc+proto"),)),
    ],
)
@pytest.mark.parametrize("chunks", [(TEXT,), (TEXT, TEXT)])
def test_answer_is_left_alone(
    status: int, headers: tuple[tuple[bytes, bytes], ...], chunks: tuple[bytes, ...]
) -> None:
    sent = answer(*chunks, status=status, headers=headers)
    assert tuple(sent[0]["headers"]) == headers
    assert body_of(sent) == b"".join(chunks)


def test_svg_is_compressed_though_images_are_not() -> None:
    svg = (b"content-type", b"image/svg+xml")
    assert b"content-encoding" in head_of(answer(TEXT, headers=(svg,)))
    excluded = answer(TEXT, headers=(svg,), exclude_content_types=("image/svg+xml",))
    assert b"content-encoding" not in head_of(excluded)


def test_small_body_is_sent_as_it_is() -> None:
    sent = answer(b"x" * 499)
    assert head_of(sent) == dict([JSON])
    assert body_of(sent) == b"x" * 499


def test_small_streamed_body_of_known_length_is_sent_as_it_is() -> None:
    sent = answer(b"x", b"", headers=(JSON, (b"content-length", b"1")))
    assert head_of(sent) == {b"content-type": b"application/json", b"content-length": b"1"}


@pytest.mark.parametrize("chunks", [(TEXT,), (TEXT, TEXT)])
def test_plain_answer_that_could_have_been_compressed_varies(chunks: tuple[bytes, ...]) -> None:
    sent = answer(*chunks, accept=None)
    assert head_of(sent) == {b"content-type": b"application/json", b"vary": b"Accept-Encoding"}
    assert body_of(sent) == b"".join(chunks)


def test_body_that_would_grow_is_sent_as_it_is() -> None:
    noise = random.Random(1).randbytes(600)
    sent = answer(noise)
    assert b"content-encoding" not in head_of(sent)
    assert head_of(sent)[b"vary"] == b"Accept-Encoding"
    assert body_of(sent) == noise


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Origin", b"Origin, Accept-Encoding"),
        (b"origin, accept-encoding", b"origin, accept-encoding"),
        (b"*", b"*"),
        (b"", b"Accept-Encoding"),
    ],
)
def test_vary_is_merged(before: bytes, after: bytes) -> None:
    assert varying_headers([(b"Vary", before)])[0][1] == after


def test_two_vary_fields_become_one() -> None:
    merged = varying_headers([(b"vary", b"Origin"), (b"a", b"b"), (b"Vary", b"Cookie")])
    assert merged == [(b"a", b"b"), (b"vary", b"Origin, Cookie, Accept-Encoding")]


@pytest.mark.parametrize(("etag", "expected"), [(b'"v1"', b'W/"v1"'), (b'W/"v1"', b'W/"v1"')])
def test_etag_of_an_encoded_answer_is_weak(etag: bytes, expected: bytes) -> None:
    headers = (JSON, (b"etag", etag), (b"accept-ranges", b"bytes"))
    encoded = head_of(answer(TEXT, headers=headers))
    assert encoded[b"etag"] == expected
    assert b"accept-ranges" not in encoded
    plain = head_of(answer(TEXT, headers=headers, accept=None))
    assert (plain[b"etag"], plain[b"accept-ranges"]) == (etag, b"bytes")


def test_head_answer_has_no_length_that_get_would_not_have() -> None:
    headers = (JSON, (b"content-length", b"1680"), (b"etag", b'"v1"'))
    head = head_of(answer(b"", method="HEAD", headers=headers))
    assert b"content-length" not in head
    assert b"content-encoding" not in head
    assert (head[b"etag"], head[b"vary"]) == (b'W/"v1"', b"Accept-Encoding")
    plain = head_of(answer(b"", method="HEAD", headers=headers, accept=None))
    assert (plain[b"content-length"], plain[b"vary"]) == (b"1680", b"Accept-Encoding")


def test_cross_site_request_with_cookies_gets_the_plain_body() -> None:
    attack = ((b"sec-fetch-site", b"cross-site"), (b"cookie", b"session=1"))
    assert b"content-encoding" not in head_of(answer(TEXT, request_headers=attack))
    assert b"content-encoding" in head_of(answer(TEXT, request_headers=attack[:1]))
    unguarded = answer(TEXT, request_headers=attack, guard_cross_site=False)
    assert b"content-encoding" in head_of(unguarded)


def test_answer_with_trailers_has_no_length() -> None:
    head = head_of(answer(TEXT, start={"trailers": True}))
    assert b"content-encoding" in head
    assert b"content-length" not in head


def test_file_sent_by_the_server_passes() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.debug", "info": {}})
        await send({"type": "http.response.start", "status": 200, "headers": [JSON]})
        await send({"type": "http.response.pathsend", "path": "/x"})

    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = {"type": "http", "method": "GET", "headers": [(b"accept-encoding", b"gzip")]}
    asyncio.run(CompressionMiddleware(app)(scope, None, send))  # type: ignore[arg-type]
    assert sent == ["http.response.debug", "http.response.start", "http.response.pathsend"]


def test_websocket_passes() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(send)

    async def send(message: Any) -> None:
        """Send nothing."""

    asyncio.run(CompressionMiddleware(app)({"type": "websocket"}, None, send))  # type: ignore[arg-type]
    assert seen == [send]


def test_codings_can_be_narrowed() -> None:
    sent = answer(TEXT, accept=b"zstd, br, gzip", codings=("gzip",))
    assert head_of(sent)[b"content-encoding"] == b"gzip"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"codings": ("lzma",)}, "unknown coding 'lzma'"),
        ({"zstd_level": 20}, "zstd_level must be 1 to 19, got 20"),
        ({"brotli_level": 12}, "brotli_level must be 0 to 11, got 12"),
        ({"gzip_level": 0}, "gzip_level must be 1 to 9, got 0"),
    ],
)
def test_bad_setting_is_refused_at_start(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        answer(TEXT, **options)


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
def test_compress_body_gives_body_and_coding(coding: str) -> None:
    body, used = compress_body(TEXT, coding.encode())
    assert used == coding
    assert decode(coding.encode(), body) == TEXT


def test_compress_body_keeps_what_it_should_not_touch() -> None:
    assert compress_body(TEXT, None) == (TEXT, None)
    assert compress_body(b"x" * 10, b"gzip") == (b"x" * 10, None)
    eager = CompressionRules(minimum_size=0)
    assert compress_body(b"x" * 10, b"gzip", rules=eager) == (b"x" * 10, None)


def test_brotli_is_not_offered_where_it_is_not_installed():
    # None in sys.modules is how an import is made to fail: as for a package that is not there.
    program = """
import sys
sys.modules["brotli"] = None
from fasterapi.middleware.compression import CompressionMiddleware
from fasterapi.middleware._codings import choose_coding
assert choose_coding(b"br;q=1, gzip;q=0.5") == "gzip"
try:
    CompressionMiddleware(None, codings=("br",))
except ValueError as error:
    assert "needs the package brotli" in str(error), error
else:
    raise AssertionError("br was accepted")
"""
    subprocess.run([sys.executable, "-c", program], check=True)
