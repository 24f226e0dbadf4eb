"""The HTTP protocol class for uvicorn, under a name that does not load the rest."""

from fasterapi._speedups.http1 import HttpProtocol

__all__ = ("HttpProtocol",)
