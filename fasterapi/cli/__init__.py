"""The ``fasterapi`` command."""

from collections.abc import Callable

cli_main: Callable[[], None] | None
"""The command; None where typer or rich is missing."""

try:
    from fasterapi.cli.commands import main as cli_main
except ImportError:  # pragma: no cover - typer and rich are dependencies
    cli_main = None

__all__ = ("cli_main", "main")


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
