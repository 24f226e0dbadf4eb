from typing import final

__pyx_capi__: dict[str, object]  # what other compiled modules cimport

@final
class FieldLines:
    def __init__(self, fields: list[tuple[bytes, bytes]]) -> None: ...
    def __bytes__(self) -> bytes: ...

def encode_head(
    status: int,
    fields: list[tuple[bytes, bytes]],
    common: FieldLines | None = None,
    own: FieldLines | None = None,
    length_bytes: int = -1,
    body: bytes | None = None,
) -> bytes: ...
def check_header(name: str | bytes, value: str | bytes) -> tuple[bytes, bytes]: ...
def check_headers(fields: list[tuple[bytes, bytes]]) -> None: ...
def content_length(size_bytes: int) -> bytes: ...
