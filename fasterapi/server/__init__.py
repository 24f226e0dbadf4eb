"""Serving an application: uvicorn's server and supervisors with our settings."""

from fasterapi.server.options import ServerOptions
from fasterapi.server.protocol import HttpProtocol
from fasterapi.server.run import run_app, serve

__all__ = ("HttpProtocol", "ServerOptions", "run_app", "serve")
