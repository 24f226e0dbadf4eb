from typing import final

@final
class Reply:
    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...

@final
class Variant: ...

@final
class Frozen:
    def __init__(
        self,
        status: int,
        fields: list[tuple[bytes, bytes]],
        body: bytes,
        *,
        opaque: bytes | None = None,
        encoded: dict[str, tuple[list[tuple[bytes, bytes]], bytes]] = ...,
    ) -> None: ...
    @property
    def opaque(self) -> bytes | None: ...
    def answer(
        self, method: str, headers: list[tuple[bytes, bytes]]
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]: ...

@final
class FrozenSlot:
    answer: Frozen | None

def matches_tag(if_none_match: bytes, opaque: bytes) -> bool: ...
