"""App: an application in the short style, with its server settings."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware
from typing_extensions import Unpack

from fasterapi.applications import FasterAPI
from fasterapi.executors import ExecutorConfig
from fasterapi.middleware.compression import CompressionMiddleware
from fasterapi.routing.options import IncludeOptions
from fasterapi.routing.router import APIRouter
from fasterapi.short import Router, ShortRequest, ShortResponse, ShortRoute
from fasterapi.short.signature import adapt_dependencies

if TYPE_CHECKING:
    from fasterapi.server import ServerOptions

__all__ = ("App", "ExecutorConfig", "Router", "ShortRequest", "ShortResponse")


class App(FasterAPI):
    """An application whose handlers may take ``req`` and ``res``, and that serves itself.

    Everything else is as in `FasterAPI`, whose options it takes too.

    Args:
        host: Address to listen on; 127.0.0.1 unless given.
        port: TCP port; 8000 unless given, 0 for a free one.
        workers: Number of processes, or ``"auto"`` for one per CPU.
        reload: Whether to start anew when a source file changes.
        enable_compression: Whether answers are compressed as the client accepts it.
        **options: Options of `FasterAPI`.

    Attributes:
        server_settings: What `run` starts from.
    """

    def __init__(
        self,
        *,
        host: str | None = None,
        port: int | None = None,
        workers: Any = None,
        reload: bool | None = None,
        enable_compression: bool = False,
        **options: Any,
    ) -> None:
        self.server_settings: ServerOptions = {
            "host": host,
            "port": port,
            "workers": workers,
            "reload": reload,
        }
        self._compression: Middleware | None = None
        options["dependencies"] = adapt_dependencies(options.get("dependencies"))
        super().__init__(**options)
        self.router.route_class = ShortRoute
        if enable_compression:
            self._compression = Middleware(CompressionMiddleware)
            self.user_middleware.insert(0, self._compression)

    def add_middleware(self, middleware_class: Any, *args: Any, **kwargs: Any) -> None:
        """Add a middleware outside of those before it, but inside of compression."""
        super().add_middleware(middleware_class, *args, **kwargs)
        if self._compression is not None:
            # Outermost, so that every other one sees answers as the handlers made them.
            self.user_middleware.remove(self._compression)
            self.user_middleware.insert(0, self._compression)

    def include_router(self, router: APIRouter, **options: Unpack[IncludeOptions]) -> None:
        """Serve the routes of *router* here, also those it gets later.

        Args:
            router: A router; only a `Router` has handlers with ``req`` and ``res``.
            options: Those of `APIRouter.include_router`.
        """
        options["dependencies"] = adapt_dependencies(options.get("dependencies"))
        super().include_router(router, **options)

    def run(self, *, argv: Sequence[str] | None = None, **options: "Unpack[ServerOptions]") -> None:
        """Serve the app until the process is told to stop.

        The command line wins over *options*, these win over the app's own settings. Does
        nothing while a server imports the module that calls it.

        Args:
            argv: Command line to read flags such as ``--port 8001`` from; ``sys.argv[1:]`` if
                None, ``()`` to read none.
            options: ``host``, ``port``, ``workers``, ``reload`` and the rest of
                `fasterapi.server.ServerOptions`.

        Raises:
            UsageError: An option is wrong.
        """
        # A layer above; and only a program that serves itself needs the server.
        from fasterapi.server import run_app  # noqa: PLC0415

        run_app(self, self.server_settings, argv, **options)
