from collections.abc import Callable
from typing import Any, Final, final

from fasterapi._speedups.json_writer import Writer

KINDS: Final[tuple[str, ...]]

@final
class Kind:
    def __init__(
        self,
        kind: str,
        *,
        encoder: Callable[[Any], Any] | None = None,
        names: tuple[str, ...] = (),
        writer: Writer | None = None,
        serializer: Any = None,
    ) -> None: ...

@final
class Jsonable:
    def __init__(
        self,
        encoders: dict[type[Any], Callable[[Any], Any]],
        *,
        describe: Callable[[type[Any]], Kind | None],
        encode_other: Callable[[Any, Any], Any],
        default_options: Any,
    ) -> None: ...
    def encode(
        self, value: Any, options: Any, *, exclude_none: bool, sqlalchemy_safe: bool
    ) -> Any: ...
    def write(self, value: Any) -> bytes | None: ...

@final
class Options: ...
