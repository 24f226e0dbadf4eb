from collections.abc import Callable
from typing import Any, final

from fasterapi._speedups.arguments import Argument

@final
class FormField:
    def __init__(self, names: tuple[str, ...], is_list: bool) -> None: ...

class FormArgument(Argument):
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
class FormValue(FormArgument):
    def __init__(self, position: int, *, field: FormField, **options: Any) -> None: ...

@final
class FormModel(FormArgument):
    def __init__(
        self,
        position: int,
        *,
        fields: tuple[FormField, ...],
        own_names: frozenset[str] | None,
        takes_others: bool,
        **options: Any,
    ) -> None: ...
