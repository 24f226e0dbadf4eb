"""Matching after all ordinary routes have failed: slash redirects and frontends."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

import fasterapi.routing as names
from fasterapi.routing.include import Matched, _IncludedRouter, match_candidate
from fasterapi.routing.paths import match_route
from fasterapi.routing.redirects import redirect_location, toggle_final_slash
from fasterapi.routing.rejection import is_rejected, rejectable_path
from fasterapi.routing.scope import _frontend_scope_specificity

if TYPE_CHECKING:
    from fasterapi.routing.router import APIRouter

__all__ = ("first_match", "is_more_specific", "low_priority_match", "slash_redirect")


def first_match(routes: list[BaseRoute], scope: Scope) -> tuple[BaseRoute, Scope] | None:
    """Return the first route that matches in full, else the first that matches in part."""
    partial: tuple[BaseRoute, Scope] | None = None
    path = rejectable_path(scope)
    for route in routes:
        if path is not None and is_rejected(route, path):
            continue
        match, child_scope = match_route(route, scope)
        if match == Match.FULL:
            return route, child_scope
        if match == Match.PARTIAL and partial is None:
            partial = route, child_scope
    return partial


def _route_for_telemetry(route: Any, scope: Scope) -> Any:
    """Return the route behind an include, in its effective form."""
    while isinstance(route, _IncludedRouter):
        _, _, matched, context = route._match(scope)
        route = matched if context is None else context.starlette_route or context
    return route


def slash_redirect(router: "APIRouter", scope: Scope) -> Response | None:
    """Return a redirect if the path would match with its final slash added or removed."""
    if scope["type"] != "http" or not router.redirect_slashes:
        return None
    route_path = names.get_route_path(scope)
    if route_path == "/":
        return None
    toggled = toggle_final_slash(scope, route_path)
    path = rejectable_path(toggled)
    for route in router.routes:
        if path is not None and is_rejected(route, path):
            continue
        if match_route(route, toggled)[0] == Match.NONE:
            continue
        if scope.get("fastapi.telemetry") is not None:
            found = _route_for_telemetry(route, toggled)
            names._route_selected(scope=scope, path=getattr(found, "path_format", None))
        return RedirectResponse(redirect_location(toggled, is_relative=router.relative_redirects))
    return None


def is_more_specific(child_scope: Scope, previous: Scope) -> bool:
    """Return whether a frontend's match covers less than that of a previous one."""
    specificity = _frontend_scope_specificity(child_scope)
    known = _frontend_scope_specificity(previous)
    return specificity is not None and known is not None and specificity > known


def low_priority_match(router: "APIRouter", scope: Scope) -> Matched:
    """Return how the best of the low priority routes matches: the most specific one."""
    best: dict[Match, Matched] = {}
    for candidate in router._iter_low_priority_routes():
        matched = match_candidate(candidate, scope)
        known = best.get(matched[0])
        if known is None or router._frontend_match_is_more_specific(matched[1], known[1]):
            best[matched[0]] = matched
    nothing: Matched = (Match.NONE, {}, None, None)
    return best.get(Match.FULL) or best.get(Match.PARTIAL) or nothing
