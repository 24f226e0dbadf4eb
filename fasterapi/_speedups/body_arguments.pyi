from typing import Any, final

from fasterapi._speedups.arguments import ValidatedArgument

@final
class BodyArgument(ValidatedArgument):
    def __init__(self, position: int, *, keys: tuple[str, ...], **options: Any) -> None: ...
