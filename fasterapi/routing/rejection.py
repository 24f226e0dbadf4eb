"""Routes that surely do not match, told without asking each of them.

A router asks one route after the other, and all but one say no. What an `APIRoute` says depends
on its regex alone as long as nobody has replaced a part of that.
"""

from types import FunctionType
from typing import Any

from starlette import routing
from starlette._utils import get_route_path
from starlette.types import Scope

from fasterapi.routing import patchpoints
from fasterapi.routing.context import _EffectiveRouteContext
from fasterapi.routing.route import APIRoute
from fasterapi.routing.scope import _get_scope_effective_route_context

__all__ = ("is_rejected", "is_rejected_context", "rejectable_path")

_API_MATCHES = APIRoute.matches
_ROUTE_MATCHES = routing.Route.matches
_CONTEXT_MATCHES = _EffectiveRouteContext.matches
_IS_STARLETTES = isinstance(_ROUTE_MATCHES, FunctionType) and _ROUTE_MATCHES.__globals__ is vars(
    routing
)


def rejectable_path(scope: Scope) -> str | None:
    """Return the path that regexes decide about; None if each route has to be asked."""
    if (
        scope["type"] != "http"
        or not _IS_STARLETTES
        or routing.Route.matches is not _ROUTE_MATCHES
        or APIRoute.matches is not _API_MATCHES
        or _EffectiveRouteContext.matches is not _CONTEXT_MATCHES
        or vars(routing)["get_route_path"] is not get_route_path
        or not patchpoints.is_original("get_route_path")
        # Somebody asks one of the routes on behalf of an include.
        or _get_scope_effective_route_context(scope) is not None
    ):
        return None
    path: str = get_route_path(scope)
    return path


def is_rejected(route: Any, path: str) -> bool:
    """Return whether *route*, asked for itself, would say that it does not match *path*."""
    kind = type(route)
    return (
        (kind is APIRoute or kind is routing.Route or kind.matches is _API_MATCHES)
        and "matches" not in route.__dict__
        and route.path_regex.match(path) is None
    )


def is_rejected_context(candidate: Any, path: str) -> bool:
    """Return whether the route of *candidate*, an effective route or another, would say no."""
    if type(candidate) is not _EffectiveRouteContext or "matches" in candidate.__dict__:
        return False
    route = candidate.original_route
    return (
        isinstance(route, APIRoute)
        and type(route).matches is _API_MATCHES
        and "matches" not in route.__dict__
        and candidate.path_regex.match(path) is None
    )
