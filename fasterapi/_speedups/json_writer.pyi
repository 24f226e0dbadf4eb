from collections.abc import Callable
from typing import Any, Final, final

WRITES: Final[tuple[str, ...]]

@final
class Writer:
    def __init__(
        self,
        kind: str,
        *,
        item: Writer | None = None,
        kind_of: type[Any] | None = None,
        convert: Callable[[Any], bytes] | None = None,
        members: tuple[tuple[Any, bytes], ...] = (),
    ) -> None: ...
    @staticmethod
    def of_model(model: type[Any], fields: list[tuple[str, bytes, Writer]]) -> Writer: ...
    def write(self, value: Any) -> bytes | None: ...
