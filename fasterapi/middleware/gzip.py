"""Compressed answers: Starlette's own class."""

from starlette.middleware.gzip import GZipMiddleware

__all__ = ("GZipMiddleware",)
