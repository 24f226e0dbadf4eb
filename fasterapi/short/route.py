"""Routes and routers of the short style."""

from collections.abc import Callable
from typing import Any

from typing_extensions import Unpack

from fasterapi.executors import place
from fasterapi.routing.native import bind_native
from fasterapi.routing.options import IncludeOptions, RouteSettings
from fasterapi.routing.route import SETTING_DEFAULTS, APIRoute
from fasterapi.routing.router import APIRouter
from fasterapi.short.endpoint import adapt_endpoint
from fasterapi.short.signature import adapt_dependencies

__all__ = ("Router", "ShortRoute")


class ShortRoute(APIRoute):
    """A path operation whose function may take ``req`` and ``res``; options as `APIRoute`."""

    def __init__(
        self, path: str, endpoint: Callable[..., Any], **settings: Unpack[RouteSettings]
    ) -> None:
        options: dict[str, Any] = {**SETTING_DEFAULTS, **settings}
        endpoint = place(bind_native(endpoint, options), options["executor"])
        dependencies = adapt_dependencies(options["dependencies"])
        # A router without an app may be included anywhere, with dependencies of that place.
        is_alone = not dependencies and options["dependency_overrides_provider"] is not None
        adapted = adapt_endpoint(endpoint, path, options, is_alone=is_alone)
        settings["dependencies"] = dependencies
        super().__init__(path, endpoint=adapted, **settings)


class Router(APIRouter):
    """A router whose handlers may take ``req`` and ``res``; options as `APIRouter`.

    A default response class that comes with ``include_router`` is not known to the routes when
    they are made: without one of their own they answer text as ``text/plain``.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("route_class", ShortRoute)
        options["dependencies"] = adapt_dependencies(options.get("dependencies"))
        super().__init__(**options)

    def include_router(self, router: APIRouter, **options: Unpack[IncludeOptions]) -> None:
        """Serve the routes of *router* here; options as `APIRouter.include_router`."""
        options["dependencies"] = adapt_dependencies(options.get("dependencies"))
        super().include_router(router, **options)
