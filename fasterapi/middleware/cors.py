"""Cross-origin requests: Starlette's own class."""

from starlette.middleware.cors import CORSMiddleware

__all__ = ("CORSMiddleware",)
