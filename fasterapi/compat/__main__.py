"""``python -m fasterapi.compat``: run something with FasterAPI as fastapi.

``run``, ``dev``, ``routes`` and ``openapi`` are those of the ``fasterapi`` command;
``-m MODULE ARGUMENTS`` runs any module, pytest for example, and ``FILE ARGUMENTS`` a script.
"""

import runpy
import sys
from pathlib import Path

from fasterapi.compat import TooLateError, check, install

__all__ = ("main",)

_USAGE = """\
usage: python -m fasterapi.compat run|dev|routes|openapi [ARGUMENTS]
       python -m fasterapi.compat -m MODULE [ARGUMENTS]
       python -m fasterapi.compat FILE.py [ARGUMENTS]"""


def main(arguments: list[str]) -> None:
    """Install, then do what *arguments* ask for.

    Raises:
        SystemExit: Nothing was asked for, or fastapi was imported before.
    """
    if not arguments or arguments == ["-m"]:
        sys.exit(_USAGE)
    try:
        check()
    except TooLateError as error:
        sys.exit(f"error {error}")
    install()
    first, *rest = arguments
    if first == "-m":
        sys.argv = rest
        sys.path.insert(0, "")  # as `python -m` has it
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif first.endswith(".py"):
        sys.argv = arguments
        sys.path.insert(0, str(Path(first).resolve().parent))
        runpy.run_path(first, run_name="__main__")
    else:
        # Only here: typer and rich take longer to import than all the rest.
        from fasterapi.cli.commands import app  # noqa: PLC0415

        app(arguments, prog_name="python -m fasterapi.compat")


if __name__ == "__main__":
    main(sys.argv[1:])
