"""All routes of an application as one compiled table.

The order of the table is the order in which FastAPI tries the routes: included routers stand
for their routes at the place of their inclusion.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic.errors import PydanticUserError
from starlette.routing import BaseRoute, Mount, Route

from fasterapi._speedups.plan import EndpointPlan
from fasterapi._speedups.router import RouteSpec, RouteTrie
from fasterapi.dependencies.compile import NotCompilable
from fasterapi.routing.include import _IncludedRouter
from fasterapi.routing.plan import compile_plan
from fasterapi.routing.route import APIRoute
from fasterapi.routing.router import APIRouter

__all__ = ("PlanRow", "RouteTable")


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


class _Place(NamedTuple):
    """A route where FastAPI would try it."""

    route: Any  # what has path and methods: a route or an effective context
    original: BaseRoute
    has_form_limits: bool


@dataclass(slots=True)
class RouteTable:
    """Compiles the routes of a router; made new whenever they change.

    Args:
        router: The application's.
    """

    router: APIRouter

    def compile(self) -> tuple[RouteTrie, int, APIRouter]:
        """Return the trie, the index of the first route only Python can match, and the router."""
        specs: list[RouteSpec] = []
        for place in self._places():
            if type(place.original).matches not in _KNOWN_MATCHES:
                break
            row = self._row(place)
            specs.append(_spec(place, row.plan))
        return RouteTrie(specs), len(specs), self.router

    def report(self) -> list[PlanRow]:
        """Return a row for each route, in matching order."""
        return [self._row(place) for place in self._places()]

    def _row(self, place: _Place) -> PlanRow:
        if not isinstance(place.original, APIRoute):
            return PlanRow(place.route, None, f"a {type(place.original).__name__}")
        try:
            plan = compile_plan(
                place.route, place.original, inherits_form_limits=place.has_form_limits
            )
        except NotCompilable as reason:
            return PlanRow(place.route, None, str(reason))
        except PydanticUserError:
            # A request will raise it again, unless the type has been completed until then.
            return PlanRow(place.route, None, "a type that is not fully defined yet")
        return PlanRow(place.route, plan, "")

    def _places(self) -> Iterator[_Place]:
        limited = bool(self.router.form_limits)
        for route in self.router.routes:
            if isinstance(route, _IncludedRouter):
                yield from _included_places(route, has_form_limits=limited)
            else:
                yield _Place(route, route, limited)


_KNOWN_MATCHES = {APIRoute.matches, Route.matches, Mount.matches}


def _included_places(included: _IncludedRouter, *, has_form_limits: bool) -> Iterator[_Place]:
    limited = has_form_limits or bool(included.include_context.form_limits)
    for candidate in included.effective_candidates():
        if isinstance(candidate, _IncludedRouter):
            yield from _included_places(candidate, has_form_limits=limited)
        else:
            route = candidate.starlette_route or candidate
            yield _Place(route, candidate.original_route, limited)


def _spec(place: _Place, plan: EndpointPlan | None) -> RouteSpec:
    methods = getattr(place.route, "methods", None)
    return RouteSpec(
        path=place.route.path,
        methods=frozenset(methods) if methods else None,
        value=plan,
        is_prefix=isinstance(place.original, Mount),
    )
