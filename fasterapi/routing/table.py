"""All routes of an application as one compiled table.

The order of the table is the order in which FastAPI tries the routes: included routers stand
for their routes at the place of their inclusion.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from logging import getLogger
from threading import Lock
from typing import Any, NamedTuple, NoReturn

from pydantic.errors import PydanticUserError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount, Route, Router, WebSocketRoute
from starlette.types import ASGIApp

from fasterapi._form_limits import _FormLimits
from fasterapi._speedups.plan import EndpointPlan
from fasterapi._speedups.router import RouteSpec, RouteTrie
from fasterapi.dependencies.compile import NotCompilable
from fasterapi.routing.include import _IncludedRouter
from fasterapi.routing.noticing import notice_methods
from fasterapi.routing.plan import compile_plan, refusing_plan
from fasterapi.routing.route import APIRoute, APIWebSocketRoute
from fasterapi.routing.router import APIRouter
from fasterapi.routing.scope import (
    _FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY,
    _FASTAPI_FORM_LIMITS_KEY,
    _FASTAPI_INCLUDED_ROUTER_KEY,
)

__all__ = ("CompiledTable", "DeferredPlan", "PlanRow", "RouteTable")

_logger = getLogger("fasterapi.plans")


class PlanRow(NamedTuple):
    """One line of the report that `fasterapi routes` prints.

    Attributes:
        route: The route, or the effective context of an included one.
        plan: Its compiled plan, or None.
        reason: Why there is no plan; empty if there is one.
    """

    route: Any
    plan: EndpointPlan | None
    reason: str


class CompiledTable(NamedTuple):
    """What dispatching needs of an application's routes.

    Attributes:
        trie: Finds the route; its values are `DeferredPlan` objects, None where a route is of
            a kind that has no plan.
        router: For ``scope["router"]``.
        default: What answers requests without a route; programs set it at any time.
        redirects: Whether a path may be redirected to the one with (or without) final slash.
        not_found: Plan that answers 404; None where only the reference path knows the end.
        not_allowed: Function from a plan to the one that answers 405 in its place.
    """

    trie: RouteTrie
    router: APIRouter
    default: ASGIApp
    redirects: bool
    not_found: EndpointPlan | None
    not_allowed: Callable[[EndpointPlan], EndpointPlan]


class _Place(NamedTuple):
    """A route where FastAPI would try it."""

    route: Any  # what has path and methods: a route or an effective context
    original: BaseRoute
    state: dict[str, Any] | None  # what routing leaves in scope["fastapi"]


class DeferredPlan:
    """The plan of one route, compiled when it is asked for the first time.

    PERF: compiling costs 0.1 ms a route, which an application of a thousand would pay in each
    of its processes before the first answer.
    """

    __slots__ = ("_lock", "_place", "_row")

    def __init__(self, place: _Place, lock: Lock) -> None:
        self._place = place
        self._lock = lock
        self._row: PlanRow | None = None

    def __call__(self) -> EndpointPlan | None:
        """Return the plan, or None where requests keep to the reference path.

        All threads get the same one.
        """
        if self._row is None:
            with self._lock:
                self._row = self._row or _row_of(self._place)
        return self._row.plan


class RouteTable(NamedTuple):
    """Compiles the routes of a router; made new whenever they change.

    Args:
        router: The application's.
    """

    router: APIRouter

    def compile(self) -> CompiledTable:
        """Lay out the routes; those behind one that only Python can match stay out."""
        places = list(self._places())
        opaque = 0 if self.obstacle() else _first_opaque(places)
        # Not one for each: compiling one route may ask for another only by a request.
        lock = Lock()
        specs = [_spec(place, lock) for place in places[:opaque]]
        was_tried = any(isinstance(route, _IncludedRouter) for route in self.router.routes)
        state = _state(self.router.form_limits, was_tried=was_tried)
        knows_all = not self.obstacle() and opaque == len(places) and self._has_usual_end()
        return CompiledTable(
            trie=RouteTrie(specs),
            router=self.router,
            default=self.router.default,
            redirects=self.router.redirect_slashes,
            not_found=refusing_plan(None, None, _raise_not_found, state) if knows_all else None,
            not_allowed=lru_cache(maxsize=None)(partial(_not_allowed, state)),
        )

    def report(self) -> list[PlanRow]:
        """Return a row for each route, in matching order."""
        places = list(self._places())
        opaque = _first_opaque(places)
        rows = [_row_of(place) for place in places[:opaque]]
        behind = "behind a route that only Python can match"
        return rows + [
            PlanRow(place.route, None, behind if number else _kind(place.original))
            for number, place in enumerate(places[opaque:])
        ]

    def obstacle(self) -> str:
        """Return why no route of this router may be compiled; empty if they may."""
        cls = type(self.router)
        is_own = cls.__call__ is APIRouter.__call__ and cls.app is APIRouter.app
        return "" if is_own else f"the application's router, {cls.__name__}, has its own way"

    def _has_usual_end(self) -> bool:
        """Return whether a request without a route is answered by Starlette's own 404."""
        return (
            getattr(self.router.default, "__func__", None) is Router.not_found
            and next(iter(self.router._iter_low_priority_routes()), None) is None  # noqa: SLF001
        )

    def _places(self) -> Iterator[_Place]:
        limits = self.router.form_limits
        was_tried = False
        for route in self.router.routes:
            if isinstance(route, _IncludedRouter):
                was_tried = True
                yield from _included_places(route, limits)
            elif not _is_websocket_only(route):
                yield _Place(route, route, _state(limits, was_tried=was_tried))


def _state(limits: _FormLimits, *, was_tried: bool) -> dict[str, Any] | None:
    """Return what is in ``scope["fastapi"]`` of a route that came by no inclusion.

    Args:
        limits: The router's form limits.
        was_tried: Whether an included router stands before it. COMPAT: to be asked for its
            routes leaves an empty entry.
    """
    if limits:
        return {_FASTAPI_FORM_LIMITS_KEY: limits}
    return {} if was_tried else None


_KNOWN_MATCHES = {APIRoute.matches, Route.matches, Mount.matches}
_WEBSOCKET_MATCHES = {WebSocketRoute.matches, APIWebSocketRoute.matches}


def _is_websocket_only(route: BaseRoute) -> bool:
    """Return whether *route* never matches an HTTP request."""
    return isinstance(route, WebSocketRoute) and type(route).matches in _WEBSOCKET_MATCHES


def _first_opaque(places: list[_Place]) -> int:
    """Return the index of the first route whose matching is not known, or the number of all."""
    for index, place in enumerate(places):
        own = getattr(place.original, "__dict__", {})
        is_known = type(place.original).matches in _KNOWN_MATCHES
        if not is_known or "matches" in own or "_has_other_matching" in own:
            return index
    return len(places)


def _kind(route: BaseRoute) -> str:
    return f"a {type(route).__name__}"


async def _raise_not_found() -> NoReturn:
    raise HTTPException(status_code=404)


def _not_allowed(state: dict[str, Any] | None, plan: EndpointPlan) -> EndpointPlan:
    """Return the plan that answers 405 for the route of *plan*.

    All routes have been tried by then, which leaves *state* in the scope.

    COMPAT: Allow names the methods of the first route that matches the path, and only those.
    """
    headers = {"Allow": ", ".join(plan.route.methods)}

    async def refuse() -> NoReturn:
        raise HTTPException(status_code=405, headers=headers)

    return refusing_plan(plan.route, plan.original, refuse, plan.included or state)


def _included_places(included: _IncludedRouter, outer_limits: _FormLimits) -> Iterator[_Place]:
    limits: _FormLimits = {**outer_limits, **included.include_context.form_limits}
    for candidate in included.effective_candidates():
        if isinstance(candidate, _IncludedRouter):
            yield from _included_places(candidate, limits)
        elif not _is_websocket_only(candidate.original_route):
            route = candidate.starlette_route or candidate
            state = {
                _FASTAPI_INCLUDED_ROUTER_KEY: included,
                _FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY: candidate,
                **(_state(limits, was_tried=True) or {}),
            }
            yield _Place(route, candidate.original_route, state)


def _row_of(place: _Place) -> PlanRow:
    if not isinstance(place.original, APIRoute):
        return PlanRow(place.route, None, _kind(place.original))
    try:
        plan = compile_plan(
            place.route,
            place.original,
            state=place.state,
        )
    except NotCompilable as reason:
        return PlanRow(place.route, None, str(reason))
    except PydanticUserError:
        # A request will raise it again, unless the type has been completed until then.
        return PlanRow(place.route, None, "a type that is not fully defined yet")
    except Exception as error:
        # The client whose request comes first must not suffer for it.
        _logger.exception("route not compiled, please report path=%r", place.route.path)
        return PlanRow(place.route, None, f"the compiler failed: {error!r:.200}")
    return PlanRow(place.route, plan, "")


def _spec(place: _Place, lock: Lock) -> RouteSpec:
    notice_methods(place.route)
    methods = getattr(place.route, "methods", None)
    return RouteSpec(
        # COMPAT: matching goes by the path that the route was made with.
        path=getattr(place.route, "_path_source", (place.route.path,))[0],
        methods=frozenset(methods) if methods else None,
        value=DeferredPlan(place, lock) if isinstance(place.original, APIRoute) else None,
        is_prefix=isinstance(place.original, Mount),
    )
