"""The ``fasterapi`` command."""

import os
import sys
from collections.abc import Callable

__all__ = ("cli_main", "main")


def _run_command() -> None:
    arguments = sys.argv[1:]
    # Read lazily: what the command imports stays in the process that serves.
    if "_FASTERAPI_COMPLETE" not in os.environ:
        from fasterapi.cli.plain import serve_plainly  # noqa: PLC0415

        try:
            if serve_plainly(arguments):
                return
        except KeyboardInterrupt:  # while the program was imported; typer ends like this
            raise SystemExit(130) from None
    from fasterapi.cli.commands import app  # noqa: PLC0415 - typer is not loaded before this

    app(prog_name="fasterapi")


cli_main: Callable[[], None] | None = _run_command
"""The command; None where typer or rich is missing."""


def main() -> None:
    """Run the command line; the console script and ``python -m fasterapi`` call this.

    Raises:
        RuntimeError: typer or rich is not installed.
    """
    if cli_main is None:
        # COMPAT: programs look for FastAPI's wording, the command's name in it included.
        message = (
            "To use the fastapi command, please install typer and rich:\n\n"
            "\tpip install typer rich\n"
        )
        print(message)
        raise RuntimeError(message)
    cli_main()
