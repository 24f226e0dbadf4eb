from collections.abc import Callable
from typing import Any, final

@final
class ErrorAnswers:
    def __init__(
        self,
        *,
        http_handler: Callable[..., Any],
        invalid_handler: Callable[..., Any],
        invalid: type[Exception],
        response_class: Callable[..., Any],
    ) -> None: ...
