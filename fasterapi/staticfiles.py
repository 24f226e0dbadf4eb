"""Files of a directory as an ASGI application: Starlette's own class."""

from starlette.staticfiles import StaticFiles

__all__ = ("StaticFiles",)
