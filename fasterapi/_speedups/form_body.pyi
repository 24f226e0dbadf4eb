from typing import Any, final

from fasterapi._speedups.exchange import Exchange
from fasterapi._speedups.exit_stacks import Exit
from fasterapi._speedups.form import FormLimits

async def read_form(x: Exchange, limits: FormLimits) -> None: ...
async def close_form(items: list[tuple[str, Any]]) -> bool: ...

@final
class Files(Exit): ...
