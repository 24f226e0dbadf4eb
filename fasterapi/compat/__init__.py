"""``import fastapi`` gives FasterAPI, in this process, for packages that cannot be changed.

Opt-in, at the start of a program::

    from fasterapi import compat

    compat.install()

or without touching the program: ``fasterapi run --as-fastapi main.py`` and
``python -m fasterapi.compat``. docs/guide/as-fastapi.md tells the limits.
"""

import os
import sys
import warnings

from fasterapi.compat._finder import FASTAPI_VERSION, FastAPIFinder
from fasterapi.exceptions import UsageError

__all__ = (
    "FASTAPI_VERSION",
    "CompatWarning",
    "TooLateError",
    "check",
    "install",
    "is_installed",
    "servable",
)

TARGET_VARIABLE = "FASTERAPI_COMPAT_TARGET"
"""Environment variable: the application that processes of a server import, see `servable`."""


class CompatWarning(UserWarning):
    """`install` was called too late to have any effect."""


class TooLateError(UsageError):
    """fastapi was imported before FasterAPI could take its place."""


def is_installed() -> bool:
    """Return whether ``import fastapi`` gives FasterAPI in this process."""
    return any(isinstance(finder, FastAPIFinder) for finder in sys.meta_path)


def check() -> None:
    """Do nothing if `install` has an effect now, or has had it.

    Raises:
        TooLateError: The real fastapi has been imported; the message says from where.
    """
    found = sys.modules.get("fastapi")
    if found is None or isinstance(getattr(found, "__loader__", None), FastAPIFinder):
        return
    place = getattr(found, "__file__", None) or "an unknown place"
    raise TooLateError(
        f"fastapi was imported before, from {place}: nothing was changed, this process keeps "
        "using it. Call fasterapi.compat.install() before anything imports fastapi, or start "
        "the program with 'python -m fasterapi.compat'"
    )


def install() -> bool:
    """Make ``import fastapi`` and ``import fastapi.x`` give FasterAPI's modules.

    ``importlib.metadata`` answers for FastAPI `FASTAPI_VERSION` then. A FastAPI that is
    installed is left alone and no part of it is imported. Calling this again is harmless.

    Returns:
        Whether it is in force; False, with a `CompatWarning`, if fastapi was imported before.
    """
    if is_installed():
        return True
    try:
        check()
    except TooLateError as error:
        warnings.warn(str(error), CompatWarning, stacklevel=2)
        return False
    finder = FastAPIFinder()
    sys.meta_path.insert(0, finder)
    # Programs that list all distributions keep the first of a name, or the last one; neither
    # may be a FastAPI that is installed.
    sys.meta_path.append(finder)
    return True


def servable(import_string: str) -> str:
    """Return an import string for *import_string* that works in the processes of a server.

    Workers and reloaders are new processes, in which `install` has to run before the
    application is imported.
    """
    os.environ[TARGET_VARIABLE] = import_string
    return "fasterapi.compat.served:app"
