"""``run`` and ``dev`` without typer, which would stay in the serving process (4.5 MiB with rich).

Only a command line without a fault is read here. For everything else (``--help``, a mistake,
completion, the other commands) typer's tree is built, and it answers; so there is one source of
help texts and messages. A test holds both readings equal for every flag.
"""

from collections.abc import Sequence
from typing import Any

from fasterapi.cli.serving import Asked, serve_app
from fasterapi.server.argv import parse_flags

__all__ = ("read_command", "serve_plainly")


def serve_plainly(arguments: Sequence[str]) -> bool:
    """Serve what *arguments* ask for; return False, with nothing done, if typer must read them."""
    command = read_command(arguments)
    if command is None:
        return False
    asked, given = command
    serve_app(asked, given, is_development=arguments[0] == "dev")
    return True


def read_command(arguments: Sequence[str]) -> tuple[Asked, dict[str, Any]] | None:
    """Return the app asked for and the server's options; None if typer must read *arguments*."""
    if not arguments or arguments[0] not in ("run", "dev"):
        return None
    read = parse_flags(arguments[1:], texts=("app", "entrypoint"), switches=("as-fastapi",))
    if read is None:
        return None
    given, rest = read
    # What is left is the path, or a flag that is unknown here.
    if len(rest) > 1 or any(text.startswith("-") for text in rest):
        return None
    asked = Asked(
        path=rest[0] if rest else None,
        app=given.pop("app", None),
        entrypoint=given.pop("entrypoint", None),
        as_fastapi=given.pop("as_fastapi", False),
    )
    return asked, given
