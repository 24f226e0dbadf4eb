"""The short style: handlers that get the request as ``req`` and the response as ``res``."""

from fasterapi.short.request import ShortRequest
from fasterapi.short.response import ShortResponse
from fasterapi.short.route import Router, ShortRoute

__all__ = ("Router", "ShortRequest", "ShortResponse", "ShortRoute")
