"""Serving an application: uvicorn's server and supervisors with our settings."""

from typing import TYPE_CHECKING, Any

from fasterapi.server.options import ServerOptions
from fasterapi.server.protocol import HttpProtocol
from fasterapi.server.run import run_app, serve

if TYPE_CHECKING:
    from fasterapi.server.worker import Worker

__all__ = ("HttpProtocol", "ServerOptions", "Worker", "run_app", "serve")


def __getattr__(name: str) -> Any:
    """Load the gunicorn worker when gunicorn asks for it: it is no dependency of ours."""
    if name == "Worker":
        from fasterapi.server.worker import Worker  # noqa: PLC0415

        return Worker
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
