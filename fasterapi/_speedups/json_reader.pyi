from collections.abc import Callable
from typing import Any, Final, final

READS: Final[tuple[str, ...]]
MISSING: Final[tuple[str, ...]]

@final
class Reader:
    def __init__(
        self,
        kind: str,
        *,
        item: Reader | None = None,
        limits: dict[str, Any] | None = None,
        known: dict[str, Any] | None = None,
        convert: Callable[[bytes], Any] | None = None,
    ) -> None: ...
    @staticmethod
    def of_model(
        model: type[Any],
        fields: list[tuple[str, str, Reader, str, Any]],
        *,
        skips_unknown: bool,
    ) -> Reader: ...
    def read(self, data: bytes, default: Any = None) -> Any: ...

def bound(
    limits: dict[str, float], closed: str, exclusive: str, nothing: float
) -> tuple[float, bool]: ...
