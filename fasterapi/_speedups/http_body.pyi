from typing import final

from fasterapi._speedups.http_limits import Limits

@final
class ChunkReader:
    is_done: bool
    status: int
    reason: str

    def __init__(self, limits: Limits) -> None: ...

def read_chunks(portions: list[bytes], limits: Limits) -> tuple[bytes, bytes | None, int]: ...
