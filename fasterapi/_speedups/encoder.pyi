from collections.abc import Callable
from typing import Any, final

from fasterapi._speedups.body import Shape
from fasterapi._speedups.json_writer import Writer
from fasterapi._speedups.jsonable import Jsonable

class Refused(Exception): ...  # noqa: N818  as `NotCompilable`: not an error of the program

class Encoder:
    def __init__(self, status: int, media_type: bytes) -> None: ...

@final
class FieldEncoder(Encoder):
    def __init__(
        self,
        status: int,
        *,
        writer: Writer | None,
        shape: Shape | None,
        shadow: Callable[[Any], Any] | None,
        shadow_shape: Shape | None,
        model: type[Any] | None,
        validate: Callable[..., Any],
        to_json: Callable[..., bytes],
        options: dict[str, Any],
    ) -> None: ...

@final
class JsonEncoder(Encoder):
    def __init__(self, status: int, jsonable: Jsonable) -> None: ...

@final
class TextEncoder(Encoder): ...

@final
class ResponseMaker:
    def __init__(
        self,
        response_class: Callable[..., Any],
        *,
        status: int | None,
        end: Callable[[Any, Any], None],
        jsonable: Jsonable,
        options: dict[str, Any],
        validate: Callable[..., Any] | None = None,
        to_python: Callable[..., Any] | None = None,
    ) -> None: ...
