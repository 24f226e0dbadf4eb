from typing import Any, final

from fasterapi._speedups.arguments import ValidatedArgument

@final
class ModelField:
    def __init__(
        self,
        name: str,
        aliases: tuple[tuple[str, str, str], ...],
        *,
        is_sequence: bool,
        is_list: bool,
    ) -> None: ...

@final
class ModelArgument(ValidatedArgument):
    def __init__(
        self,
        position: int,
        *,
        source: str,
        fields: tuple[ModelField, ...],
        known_names: frozenset[str],
        shows_others: bool,
        own_names: frozenset[str] | None,
        accepts_others: bool,
        renames: bool,
        **options: Any,
    ) -> None: ...
