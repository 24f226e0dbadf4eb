"""Response head, written to be read: the reference of fasterapi/_speedups/head.pyx."""

import re
from http import HTTPStatus

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
FIELD_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
REASONS = {status.value: status.phrase for status in HTTPStatus}


def shown(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 200 else text[:200] + "..."


def check_header(name: str | bytes, value: str | bytes) -> tuple[bytes, bytes]:
    raw_name = latin_1("header name", name)
    raw_value = latin_1(f"value of header {name!r}", value)
    check_headers([(raw_name, raw_value)])
    return raw_name, raw_value


def latin_1(what: str, given: str | bytes) -> bytes:
    if isinstance(given, bytes):
        return given
    if not all(ord(character) < 256 for character in given):
        raise ValueError(
            f"{what} must be Latin-1 text, got {shown(given)}; encode or escape other "
            "characters, as in RFC 8187"
        )
    return given.encode("latin-1")


def check_headers(fields: list[tuple[bytes, bytes]]) -> None:
    for name, value in fields:
        if not TOKEN.fullmatch(name):
            raise ValueError(
                f"invalid header name {shown(name)}, "
                "allowed are one or more letters, digits and !#$%&'*+-.^_`|~"
            )
        if not FIELD_VALUE.fullmatch(value):
            raise ValueError(
                f"invalid value for header {shown(name)}: {shown(value)}, "
                "allowed are no control characters but TAB"
            )


def field_lines(fields: list[tuple[bytes, bytes]]) -> bytes:
    check_headers(fields)
    return b"".join(b"%b: %b\r\n" % (name, value) for name, value in fields)


def encode_head(
    status: int,
    fields: list[tuple[bytes, bytes]],
    common: bytes = b"",
    own: bytes = b"",
    length_bytes: int = -1,
    body: bytes = b"",
) -> bytes:
    if not 100 <= status <= 999:
        raise ValueError(f"status must be 100 to 999, got {status}")
    line = f"HTTP/1.1 {status} {REASONS.get(status, '')}\r\n".encode("ascii")
    length = b"" if length_bytes < 0 else b"content-length: %d\r\n" % length_bytes
    return line + common + own + length + field_lines(fields) + b"\r\n" + body
