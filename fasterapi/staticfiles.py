"""Static files: Starlette's class, which serves them, with ranges as RFC 9110 wants them."""

from starlette.staticfiles import StaticFiles as _StaticFiles
from starlette.types import Receive, Scope, Send

from fasterapi.responses import without_unknown_range

__all__ = ("StaticFiles",)


class StaticFiles(_StaticFiles):
    """An ASGI app that serves the files of a directory; arguments as Starlette's class."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await super().__call__(without_unknown_range(scope), receive, send)
