"""Middleware: what stands between the server and the routes."""

from starlette.middleware import Middleware

__all__ = ("Middleware",)
