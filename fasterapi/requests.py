"""Requests: Starlette's own classes under the package's name."""

from starlette.requests import HTTPConnection, Request

__all__ = ("HTTPConnection", "Request")
