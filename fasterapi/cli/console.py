"""What the commands print, apart from data.

rich, megabytes in a process that serves for months, is imported only where somebody looks.
"""

import os
import sys
import traceback
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ("Stream", "console", "fail", "show_facts", "show_failure")

Stream: TypeAlias = Literal["stdout", "stderr"]

_OWN_FOLDER = str(Path(__file__).parent)
# Either makes rich write colours where there is no terminal.
_COLOUR_VARIABLES = ("FORCE_COLOR", "TTY_COMPATIBLE")


@cache
def console(stream: Stream = "stdout") -> "Console":
    """Return rich's console for *stream*."""
    from rich.console import Console  # noqa: PLC0415 - see the module's docstring

    # Soft wrap: a path that is cut in two cannot be clicked, copied or searched for.
    return Console(soft_wrap=True, highlight=False, stderr=stream == "stderr")


def fail(stream: Stream, message: str, code: int = 1) -> NoReturn:
    """Print *message* as an error and end with status *code*."""
    if not _is_seen(stream):
        print("error", message, file=getattr(sys, stream))
        raise SystemExit(code)
    from rich.text import Text  # noqa: PLC0415 - see the module's docstring

    first, _, rest = message.partition("\n")
    console(stream).print(Text.assemble(("error ", "bold red"), first))
    if rest:
        console(stream).print(Text(rest, style="dim"))
    raise SystemExit(code)


def show_failure(stream: Stream, error: BaseException) -> None:
    """Print the traceback of *error* from the first line of the program itself on."""
    cause = error.__cause__ or error
    trace = cause.__traceback__
    while trace is not None and _is_machinery(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    lines = traceback.format_exception(type(cause), cause, trace)
    if isinstance(cause, ImportError) and "relative import" in str(cause):
        lines.append("Make sure that every folder of the package has an __init__.py file.\n")
    print("".join(lines), end="", file=getattr(sys, stream))


def _is_machinery(filename: str) -> bool:
    return "importlib" in filename or filename.startswith(_OWN_FOLDER)


def show_facts(title: str, facts: dict[str, str | None]) -> None:
    """Print *facts* as two columns under *title*; None leaves a line out."""
    shown = {name: value for name, value in facts.items() if value is not None}
    if _is_seen("stdout"):
        _show_facts_in_colour(title, shown)
        return
    width = max(map(len, shown), default=0)
    lines = [f"{name:>{width}}  {value}\n" for name, value in shown.items()]
    print(f"FasterAPI  {title}\n{''.join(lines)}", flush=True)


def _show_facts_in_colour(title: str, facts: dict[str, str]) -> None:
    from rich.table import Table  # noqa: PLC0415 - see the module's docstring
    from rich.text import Text  # noqa: PLC0415 - see the module's docstring

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold cyan", justify="right")
    grid.add_column(overflow="fold")
    for name, value in facts.items():
        grid.add_row(name, Text(value, style=f"link {value}" if value.startswith("http") else ""))
    out = console()
    out.print(Text.assemble(("FasterAPI", "bold"), "  ", title))
    out.print(grid)
    out.print()


def _is_seen(stream: Stream) -> bool:
    """Return whether *stream* is a terminal, or is to be written as for one."""
    if any(os.environ.get(name) for name in _COLOUR_VARIABLES):
        return True
    return bool(getattr(sys, stream).isatty())
