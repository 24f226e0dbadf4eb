"""Checks of how middleware is configured, made where it is added."""

import inspect
from collections.abc import Iterable
from typing import Any

from starlette.middleware import Middleware

from fasterapi.exceptions import UsageError

__all__ = ("check_cors", "checked")


def checked(middleware: Iterable[Middleware]) -> list[Middleware]:
    """Return *middleware* as a list; raises what `check_cors` raises."""
    entries = list(middleware)
    for entry in entries:
        check_cors(entry.cls, entry.args, entry.kwargs)
    return entries


def check_cors(middleware_class: Any, args: Any, kwargs: Any) -> None:
    """Refuse to let every site act with its visitors' cookies by mistake.

    Browsers ignore credentials under ``*``, so the class answers each origin by its name:
    any page that a user opens can then read what the API shows to that user.

    Args:
        middleware_class: What is added as middleware; other classes are left alone.
        args: Its positional arguments after the app.
        kwargs: Its keyword arguments.

    Raises:
        UsageError: ``allow_origins`` has ``*`` and ``allow_credentials`` is set.
    """
    # PERF: not at the top, most apps never need it.
    from starlette.middleware.cors import CORSMiddleware  # noqa: PLC0415

    if not (isinstance(middleware_class, type) and issubclass(middleware_class, CORSMiddleware)):
        return
    try:
        given = inspect.signature(middleware_class).bind(None, *args, **kwargs).arguments
    except TypeError:
        return  # the class says itself what is wrong with its arguments
    given = {**given, **given.get("kwargs", {})}
    if "*" in (given.get("allow_origins") or ()) and given.get("allow_credentials"):
        raise UsageError(
            "CORSMiddleware: allow_origins=['*'] with allow_credentials=True would let every "
            "website act with the cookies of its visitors; list the origins, or leave the "
            "credentials out (a token in a header that scripts set needs none). If it is meant, "
            "say so with allow_origin_regex='.*' in place of allow_origins"
        )
