from typing import final

@final
class Limits:
    request_line: int
    header_block: int
    header_field: int
    header_count: int
    chunk_line: int
    chunk_extensions: int
    body: int
    header_timeout: float
    body_timeout: float
    body_rate: float
    write_timeout: float
    body_buffer: int
    connections: int
    keep_alive_requests: int
    cancel_on_disconnect: bool

    def __init__(
        self,
        *,
        request_line: int = 8192,
        header_block: int = 32768,
        header_field: int = 8192,
        header_count: int = 100,
        chunk_line: int = 256,
        chunk_extensions: int = 16384,
        body: int = ...,
        header_timeout: float = 10.0,
        body_timeout: float = 30.0,
        body_rate: float = 500.0,
        write_timeout: float = 60.0,
        body_buffer: int = 65536,
        connections: int = 10_000,
        keep_alive_requests: int = 0,
        cancel_on_disconnect: bool = False,
    ) -> None: ...
