from collections.abc import Callable
from typing import Any, Final

MAX_BODY_SIZE_SCOPE_KEY: Final[str]

class Lookup:
    def __init__(
        self,
        *,
        app: Any,
        version: Any,
        compile: Callable[[], Any],  # noqa: A002
        middleware: tuple[Callable[..., Any], ...],
        handlers: tuple[Any, Any],
    ) -> None: ...
    @property
    def app(self) -> Any: ...
    @property
    def middleware(self) -> tuple[Callable[..., Any], ...]: ...
    def prepare(self) -> None: ...
