from collections.abc import Awaitable, Callable, Mapping
from typing import Any, final

from starlette.datastructures import FormData
from starlette.requests import Request

__pyx_capi__: dict[str, object]  # what other compiled modules cimport

@final
class FormLimits:
    def __init__(
        self,
        max_files: int = 1000,
        max_fields: int = 1000,
        max_part_size: int = ...,
        *,
        inherited: Mapping[str, Any] | None = None,
    ) -> None: ...
    @property
    def max_files(self) -> int: ...
    @property
    def max_fields(self) -> int: ...
    @property
    def max_part_size(self) -> int: ...

def parse_form(
    body: bytes, content_type: str | bytes | None, limits: FormLimits
) -> list[tuple[str, Any]] | None: ...
async def requested_form(
    request: Request,
    own: dict[str, Any],
    fields: list[tuple[bytes, bytes]],
    read: Callable[..., Awaitable[FormData]],
    options: dict[str, Any],
) -> FormData: ...

@final
class Replay:
    def __init__(
        self, message: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]]
    ) -> None: ...
    async def __call__(self) -> dict[str, Any]: ...
