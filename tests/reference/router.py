"""Route lookup as Starlette does it: every route's expression, in order of registration.

Request path: exchange -> [here] -> plan.
Compiled: fasterapi/_speedups/router.pyx.
"""

import re
from dataclasses import dataclass
from typing import Any

from starlette.convertors import Convertor
from starlette.routing import compile_path


@dataclass(frozen=True)
class Found:
    """What a lookup found.

    Attributes:
        is_full: Path and method match; False if only the path does.
        index: Place of the route in the order of registration.
        params: Converted captures by name, in order.
    """

    is_full: bool
    index: int
    params: dict[str, Any]


@dataclass(frozen=True)
class _Route:
    regex: re.Pattern[str]
    convertors: dict[str, Convertor[Any]]
    methods: frozenset[str] | None


class Router:
    """Routes tried one after the other.

    Args:
        specs: ``(path, methods, value, is_prefix)`` in order of registration.
    """

    def __init__(self, specs: list[tuple[str, frozenset[str] | None, Any, bool]]) -> None:
        self._routes: list[_Route] = []
        for path, methods, _, is_prefix in specs:
            pattern = path.rstrip("/") + "/{path:path}" if is_prefix else path
            regex, _, convertors = compile_path(pattern)
            self._routes.append(_Route(regex, convertors, methods))

    def match(self, method: str, path: str) -> Found | None:
        """Return the first full match, else the first match of the path alone, else None."""
        partial: Found | None = None
        for index, route in enumerate(self._routes):
            params = _captured(route, path)
            if params is None:
                continue
            if not route.methods or method in route.methods:
                return Found(is_full=True, index=index, params=params)
            partial = partial or Found(is_full=False, index=index, params=params)
        return partial


def _captured(route: _Route, path: str) -> dict[str, Any] | None:
    """Return the converted captures, or None; a refusing convertor means no match."""
    found = route.regex.match(path)
    if found is None:
        return None
    try:
        return {name: route.convertors[name].convert(found[name]) for name in route.convertors}
    except ValueError:
        return None
