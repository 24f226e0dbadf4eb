"""Native routes of one application: at its start, at its end, and by name."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute

from fasterapi._speedups.native import CompiledHandler, Server
from fasterapi.exceptions import UsageError
from fasterapi.routing.include import _IncludedRouter, _iter_routes_with_context
from fasterapi.routing.native_state import FrozenRoute

if TYPE_CHECKING:
    from fasterapi.routing.route import APIRoute

__all__ = (
    "add_head_route",
    "check_include",
    "find_frozen",
    "native_server",
    "start_natives",
    "stop_natives",
)


def _frozen_routes(app: Any) -> Iterator[tuple[Any, FrozenRoute]]:
    """Yield effective route and frozen answer of each native route that has one."""
    for original, context in _iter_routes_with_context(app.routes):
        native = getattr(original, "_native", None)
        if native is None:
            continue
        route = original if context is None else context
        frozen = native.frozen_of(route)
        if frozen is not None:
            yield route, frozen


def _each_frozen(app: Any) -> list[FrozenRoute]:
    """Return each frozen answer once: routes for GET and for HEAD share theirs."""
    return list(dict.fromkeys(frozen for _, frozen in _frozen_routes(app)))


async def start_natives(app: Any, state: Any) -> None:
    """Make the answers of native routes, after the lifespan has run up to its ``yield``.

    An exception of a handler is one of the start.

    Args:
        app: The application.
        state: What its lifespan has yielded.
    """
    for frozen in _each_frozen(app):
        frozen.stop()  # what a request before the start has made knows no lifespan
        await frozen.ensure(app, state)


def stop_natives(app: Any) -> None:
    """Make no new answers: the application ends."""
    for frozen in _each_frozen(app):
        frozen.stop()


def find_frozen(app: Any, name: str) -> FrozenRoute:
    """Return the frozen answer of the native route called *name*, or at that path.

    Raises:
        UsageError: There is none; the message lists those that there are.
    """
    found = list(_frozen_routes(app))
    for attribute in ("name", "path"):
        for route, frozen in found:
            if getattr(route, attribute) == name:
                return frozen
    names = ", ".join(dict.fromkeys(route.name for route, _ in found)) or "none"
    raise UsageError(f"there is no native route {name!r} with a frozen answer; there are {names}")


def add_head_route(router: Any, route: Any) -> None:
    """Answer HEAD where *route* has a frozen answer to GET; OpenAPI does not list it.

    What the program itself declares for HEAD, before or after, is what answers.
    """
    if "HEAD" in route.methods:
        routes = router.routes
        for index in reversed(range(len(routes))):
            if getattr(routes[index], "_is_head_twin", False) and routes[index].path == route.path:
                routes.pop(index)
        return
    native = getattr(route, "_native", None)
    if native is None or native.handler is not None or route.methods != {"GET"}:
        return
    twin: APIRoute = copy.copy(route)
    twin.methods = {"HEAD"}
    twin.include_in_schema = False
    twin._is_head_twin = True
    router._append_route(twin)


def check_include(routes: Iterable[BaseRoute], dependencies: Sequence[Any], prefix: str) -> None:
    """Raise UsageError if native routes cannot have what an inclusion gives them.

    Args:
        routes: Of the included router.
        dependencies: Of the inclusion.
        prefix: Of the inclusion.
    """
    if not dependencies and "{" not in prefix:
        return
    reason = "dependencies" if dependencies else f"parameters in their path, {prefix!r}"
    for route in routes:
        if isinstance(route, _IncludedRouter):
            check_include(route.original_router.routes, dependencies, prefix)
        native = getattr(route, "_native", None)
        if native is not None and native.handler is None:
            raise UsageError(
                f"route {route.path!r}: a native handler is called at start-up, without a "  # type: ignore[attr-defined]
                f"request, so its router cannot be included with {reason}"
            )


def native_server(target: Any) -> Server:
    """Return what compiled modules add routes of *target*, an app or a router, with."""

    def declare(method: str, path: str, handler: CompiledHandler, options: dict[str, Any]) -> None:
        def stub() -> None: ...

        stub.__name__ = stub.__qualname__ = options["name"]
        stub.__doc__ = options.get("description")
        target.add_api_route(
            path,
            stub,
            **{"response_model": None, **options, "methods": [method], "native": handler},
        )

    return Server(declare)
