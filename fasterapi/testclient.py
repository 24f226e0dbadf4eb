"""A client that calls the application without a server: Starlette's own class."""

from starlette.testclient import TestClient

__all__ = ("TestClient",)
