"""Redirects to the same path with or without its final slash."""

from typing import Final
from urllib.parse import quote

from starlette.datastructures import URL
from starlette.types import Scope

__all__ = ("redirect_location", "safe_location", "toggle_final_slash")

_ASCII: Final = "".join(map(chr, range(128)))


def toggle_final_slash(scope: Scope, route_path: str) -> Scope:
    """Return a copy of *scope* whose path has the final slash that *route_path* lacks.

    Or lacks the one that it has.
    """
    path = scope["path"]
    return {**scope, "path": path.rstrip("/") if route_path.endswith("/") else path + "/"}


def safe_location(location: str) -> str:
    r"""Return *location*, which never begins with ``//`` or ``/\``.

    SECURITY: browsers read both as the start of another host's name, so that the path
    ``//evil.example/x`` would be an open redirect. Absolute URLs are returned unchanged.
    """
    if location.startswith(("/", "\\")):
        return "/" + location.lstrip("/\\")
    return location


def redirect_location(scope: Scope, *, is_relative: bool) -> str:
    """Return the Location of a redirect to *scope*.

    Args:
        scope: With the path to go to.
        is_relative: Whether to leave out scheme and host. COMPAT: FastAPI names them, and
            programs compare whole URLs. SECURITY: they come from the Host header, so that
            whoever can set it (in a cache, in a link to a misconfigured proxy) chooses where
            clients go: without TrustedHostMiddleware or such a proxy, prefer relative ones.
    """
    query: bytes = scope.get("query_string", b"")
    if not query.isascii():
        # Not a URI (RFC 3986 section 2), so Starlette's URL refuses it; clients send it anyway.
        escaped = quote(query, safe=_ASCII)
        scope = {**scope, "query_string": escaped.encode()}
    if is_relative:
        scope = {**scope, "headers": [], "server": None}
    return safe_location(str(URL(scope=scope)))
