"""WSGI applications behind ASGI: Starlette's own class, deprecated there."""

from starlette.middleware.wsgi import WSGIMiddleware

__all__ = ("WSGIMiddleware",)
