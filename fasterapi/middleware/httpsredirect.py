"""Redirects from HTTP to HTTPS: Starlette's own class."""

from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware

__all__ = ("HTTPSRedirectMiddleware",)
