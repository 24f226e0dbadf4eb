"""A list of accepted ``Host`` values: Starlette's own class."""

from starlette.middleware.trustedhost import TrustedHostMiddleware

__all__ = ("TrustedHostMiddleware",)
