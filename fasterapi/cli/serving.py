"""What ``run`` and ``dev`` do once their options are known: find the app, say so, serve it.

Loaded in every process that serves, so neither typer nor rich is imported here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fasterapi import compat
from fasterapi.cli.console import Stream, fail, show_facts, show_failure
from fasterapi.cli.discover import DiscoveryError, FoundApp, ModuleFailedError, find_app
from fasterapi.exceptions import UsageError
from fasterapi.server import serve
from fasterapi.server.options import check_options, merge_options
from fasterapi.server.urls import base_url, docs_url

__all__ = ("Asked", "find", "serve_app", "stand_in_for_fastapi")


@dataclass(frozen=True, slots=True)
class Asked:
    """The application that the command line asks for.

    Attributes:
        path: Path or import string given as the argument.
        app: Variable that holds the application.
        entrypoint: Import string given as an option.
        as_fastapi: Whether imports of fastapi get FasterAPI.
    """

    path: str | None = None
    app: str | None = None
    entrypoint: str | None = None
    as_fastapi: bool = False


def serve_app(asked: Asked, given: Mapping[str, Any], *, is_development: bool) -> None:
    """Serve the application that was asked for with the options *given*.

    Raises:
        SystemExit: There is no such application, or an option is wrong; the reason was printed.
    """
    if is_development:
        # Read where folders of a frontend are checked: they may not be built yet.
        os.environ.setdefault("FASTAPI_ENV", "development")
    # COMPAT: FastAPI's command reports to stdout.
    stand_in_for_fastapi("stdout", is_wanted=asked.as_fastapi)
    found = find("stdout", asked.path or asked.entrypoint, asked.app)
    settings = _settings(given, found.app, is_development)
    try:
        check_options(settings)
    except UsageError as error:
        fail("stdout", str(error), code=2)
    _announce(found, settings, is_development)
    is_stand_in = compat.is_installed()
    serve(compat.servable(found.import_string) if is_stand_in else found.import_string, **settings)


def stand_in_for_fastapi(stream: Stream, *, is_wanted: bool) -> None:
    """Give imports of fastapi our package from now on, if that is wanted."""
    if not is_wanted:
        return
    try:
        compat.check()
    except compat.TooLateError as error:
        fail(stream, str(error))
    compat.install()


def find(stream: Stream, target: str | None, name: str | None) -> FoundApp:
    """Return the application; end with status 1 if there is none, the reason on *stream*."""
    try:
        return find_app(target, name)
    except DiscoveryError as error:
        fail(stream, str(error))
    except ModuleFailedError as error:
        show_failure(stream, error)
        raise SystemExit(1) from None


def _settings(given: Mapping[str, Any], target: Any, is_development: bool) -> dict[str, Any]:
    """Return the options in force: command line, then the app's own, then the command's."""
    own = getattr(target, "server_settings", None)
    mode: dict[str, Any] = {"host": "0.0.0.0"}  # noqa: S104
    if is_development:  # several workers asked for by name switch reload off
        mode = {
            "host": "127.0.0.1",
            "reload": given.get("workers") in (None, 1),
            "detect_blocking": 0.05,
        }
    return merge_options(given, own if isinstance(own, Mapping) else {}, mode)


def _announce(found: FoundApp, settings: Mapping[str, Any], is_development: bool) -> None:
    show_facts(
        f"starting in {'development' if is_development else 'production'} mode",
        {
            "app": f"{found.import_string}  ({found.file}; {found.source})",
            "server": base_url(settings) or settings.get("uds"),
            "docs": docs_url(found.app, settings),
            "fastapi": "imports of it get FasterAPI" if compat.is_installed() else None,
            "note": "for production use: fasterapi run" if is_development else None,
        },
    )
