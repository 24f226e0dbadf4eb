from typing import Any, final

from fasterapi._speedups.arguments import ValidatedArgument

@final
class FormField:
    def __init__(self, names: tuple[str, ...], is_list: bool) -> None: ...

@final
class FormValue(ValidatedArgument):
    def __init__(self, position: int, *, field: FormField, **options: Any) -> None: ...

@final
class FormModel(ValidatedArgument):
    def __init__(
        self,
        position: int,
        *,
        fields: tuple[FormField, ...],
        own_names: frozenset[str] | None,
        takes_others: bool,
        **options: Any,
    ) -> None: ...
