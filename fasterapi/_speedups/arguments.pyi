from collections.abc import Callable
from typing import Any, Final, final

SOURCES: Final[dict[str, int]]
CONVERSIONS: Final[dict[str, int]]

class Argument:
    def __init__(self, position: int) -> None: ...

class ValidatedArgument(Argument):
    def __init__(
        self,
        position: int,
        *,
        validate: Callable[..., Any],
        missing: Callable[[], dict[str, Any]] | None = None,
        default: Any = None,
        default_is_constant: bool = False,
    ) -> None: ...

@final
class Value(ValidatedArgument):
    def __init__(
        self,
        position: int,
        *,
        source: str,
        names: tuple[str, ...],
        is_list: bool = False,
        path_index: int = -1,
        conversion: str = "validator",
        minimum: int = ...,
        maximum: int = ...,
        **options: Any,
    ) -> None: ...

@final
class Group(Argument):
    def __init__(
        self,
        position: int,
        *,
        source: str,
        name: str,
        read: Callable[[Any], tuple[dict[str, Any], list[Any]]],
    ) -> None: ...

@final
class Result(Argument):
    def __init__(self, position: int, index: int) -> None: ...

@final
class RequestArgument(Argument): ...

@final
class ResponseArgument(Argument):
    def __init__(self, position: int, make: Callable[[], Any]) -> None: ...

@final
class BackgroundArgument(Argument):
    def __init__(self, position: int, make: Callable[[], Any]) -> None: ...

@final
class Constant(Argument):
    def __init__(self, position: int, make: Callable[[], Any]) -> None: ...
