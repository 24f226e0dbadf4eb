"""What the commands print, apart from data."""

import traceback
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ("err", "fail", "out", "show_facts", "show_failure")

# Soft wrap: a path that is cut in two cannot be clicked, copied or searched for.
out = Console(soft_wrap=True, highlight=False)
err = Console(soft_wrap=True, highlight=False, stderr=True)

_OWN_FOLDER = str(Path(__file__).parent)


def fail(console: Console, message: str, code: int = 1) -> NoReturn:
    """Print *message* as an error and end with status *code*."""
    first, _, rest = message.partition("\n")
    console.print(Text.assemble(("error ", "bold red"), first))
    if rest:
        console.print(Text(rest, style="dim"))
    raise typer.Exit(code)


def show_failure(console: Console, error: BaseException) -> None:
    """Print the traceback of *error* from the first line of the program itself on."""
    cause = error.__cause__ or error
    trace = cause.__traceback__
    while trace is not None and _is_machinery(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    console.file.write("".join(traceback.format_exception(type(cause), cause, trace)))
    if isinstance(cause, ImportError) and "relative import" in str(cause):
        console.print("Make sure that every folder of the package has an __init__.py file.")


def _is_machinery(filename: str) -> bool:
    return "importlib" in filename or filename.startswith(_OWN_FOLDER)


def show_facts(title: str, facts: dict[str, str | None]) -> None:
    """Print *facts* as two columns under *title*; None leaves a line out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold cyan", justify="right")
    grid.add_column(overflow="fold")
    for name, value in facts.items():
        if value is not None:
            text = Text(value, style=f"link {value}" if value.startswith("http") else "")
            grid.add_row(name, text)
    out.print(Text.assemble(("FasterAPI", "bold"), "  ", title))
    out.print(grid)
    out.print()
