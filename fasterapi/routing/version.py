"""One process-wide number that grows whenever an answer to "which route?" may change."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

from collections.abc import Iterable
from typing import Any, Self, SupportsIndex

from starlette.routing import BaseRoute

__all__ = ("ROUTES_VERSION", "RouteList", "RoutesVersion")


class RoutesVersion:
    """A counter that compiled route tables compare with the value they were built at."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def bump(self) -> None:
        """Make every compiled table stale."""
        self.value += 1


ROUTES_VERSION = RoutesVersion()
"""Bumped by changes of routes, routers, middleware, exception handlers and patch points."""


class RouteList(list[BaseRoute]):
    """The routes of one router: a list that reports each change to it.

    Programs append to, sort and slice ``router.routes`` directly, so the list itself is the
    only place that sees every change.
    """

    __slots__ = ("_owner",)

    def __init__(self, routes: Iterable[BaseRoute] = (), owner: Any = None) -> None:
        super().__init__(routes)
        self._owner = owner

    def belongs_to(self, router: Any) -> bool:
        """Return whether changes are reported to *router*."""
        return self._owner is router

    def _changed(self) -> None:
        # Copying and unpickling fill the list before there is an owner.
        owner = getattr(self, "_owner", None)
        if owner is None:
            ROUTES_VERSION.bump()
        else:
            owner._mark_routes_changed()

    def append(self, route: BaseRoute) -> None:
        """Add *route* at the end, where it is tried last."""
        super().append(route)
        self._changed()

    def extend(self, routes: Iterable[BaseRoute]) -> None:
        """Add *routes* at the end."""
        super().extend(routes)
        self._changed()

    def insert(self, index: SupportsIndex, route: BaseRoute) -> None:
        """Add *route* before position *index*."""
        super().insert(index, route)
        self._changed()

    def remove(self, route: BaseRoute) -> None:
        """Remove the first route equal to *route*."""
        super().remove(route)
        self._changed()

    def pop(self, index: SupportsIndex = -1) -> BaseRoute:
        """Remove and return the route at *index*."""
        route = super().pop(index)
        self._changed()
        return route

    def clear(self) -> None:
        """Remove all routes."""
        super().clear()
        self._changed()

    def sort(self, **options: Any) -> None:
        """Sort in place; the order is the order of matching."""
        super().sort(**options)
        self._changed()

    def reverse(self) -> None:
        """Reverse in place."""
        super().reverse()
        self._changed()

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(index, value)
        self._changed()

    def __delitem__(self, index: Any) -> None:
        super().__delitem__(index)
        self._changed()

    def __iadd__(self, routes: Iterable[BaseRoute]) -> Self:  # type: ignore[override,misc]
        super().__iadd__(routes)
        self._changed()
        return self

    def __imul__(self, count: SupportsIndex) -> Self:
        super().__imul__(count)
        self._changed()
        return self
