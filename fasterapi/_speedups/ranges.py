"""Ranges in units that nobody knows, which whoever sends a file must not get to see."""

from typing import Any

from starlette.responses import FileResponse
from starlette.routing import Host, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ("file_scope", "without_unknown_range")


def file_scope(sender: Any, scope: Scope) -> Scope:
    """Return the scope with which *sender* answers.

    Args:
        sender: A response or a route.
        scope: Of the request; what sends files gets it without a range in an unknown unit, to
            which Starlette would answer 400.
    """
    if isinstance(sender, Mount):
        sender = sender._base_app  # noqa: SLF001  behind the mount's own middleware
    elif isinstance(sender, Host):
        sender = sender.app
    if isinstance(sender, FileResponse | StaticFiles):
        return without_unknown_range(scope)
    return scope


def without_unknown_range(scope: Scope) -> Scope:
    """Return *scope* without a Range header in a unit other than bytes.

    RFC 9110 section 14.2: such a header must be ignored.
    """
    for name, value in scope.get("headers", ()):
        if name == b"range" and b"=" in value:
            unit = value.partition(b"=")[0].strip().lower()
            if unit != b"bytes":
                kept = [pair for pair in scope["headers"] if pair[0] != b"range"]
                return {**scope, "headers": kept}
    return scope
