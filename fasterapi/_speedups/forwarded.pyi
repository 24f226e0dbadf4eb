from collections.abc import Container
from typing import TypeAlias

_Forwarded: TypeAlias = tuple[str | None, str | None, str | None]

def forwarded_for(
    raw: list[tuple[bytes, bytes]], peer: str, trusted: Container[str] | int
) -> _Forwarded: ...
def forwarded(
    raw: list[tuple[bytes, bytes]], peer: str, trusted: Container[str] | int
) -> _Forwarded: ...
