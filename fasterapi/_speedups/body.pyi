from typing import Any, Final, final

KINDS: Final[dict[str, int]]

@final
class Shape:
    def __init__(
        self,
        kind: str,
        item: Shape | None = None,
        names: tuple[str, ...] = (),
        fields: tuple[Shape, ...] = (),
        model: type[Any] | None = None,
    ) -> None: ...
    def fits(self, value: Any) -> bool: ...
    def encode(self, value: Any) -> bytes | None: ...

def encode_json(value: Any) -> bytes | None: ...
