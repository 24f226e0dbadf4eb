from typing import final

from fasterapi._speedups.http_limits import Limits

@final
class RequestHead:
    method: str
    raw_path: bytes
    path: str
    query_string: bytes
    headers: list[tuple[bytes, bytes]]
    minor: int
    content_length: int
    is_chunked: bool
    wants_close: bool
    has_upgrade: bool
    upgrade: list[bytes] | None
    expects_continue: bool
    is_forwarded: bool
    status: int
    reason: str

def parse_head(data: bytes, limits: Limits) -> tuple[int, RequestHead]: ...
