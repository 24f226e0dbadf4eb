"""Responses: Starlette's own classes under the package's name, and two for JSON."""

from collections.abc import Collection
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from typing_extensions import deprecated

from fasterapi import _starlette_responses
from fasterapi.exceptions import FastAPIDeprecationWarning
from fasterapi.sse import EventSourceResponse

__all__ = (
    "EventSourceResponse",
    "FileResponse",
    "HTMLResponse",
    "JSONResponse",
    "ORJSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
    "UJSONResponse",
    "is_safe_redirect",
)

_starlette_responses.install()


def is_safe_redirect(url: str, allowed_hosts: Collection[str] = ()) -> bool:
    """Return whether a browser that is redirected to *url* stays where it may go.

    For URLs that come from users (``?next=...``): a path of this site, or an http(s) URL of an
    allowed host.

    Args:
        url: The URL as it would be given to `RedirectResponse`.
        allowed_hosts: Host names, with the port if it is not the scheme's own.
    """
    # Browsers drop control characters, and read a backslash as a slash.
    if not url or url != url.strip() or any(ord(c) < 0x20 or ord(c) == 0x7F for c in url):
        return False
    try:
        parts = urlsplit(url.replace("\\", "/"))
    except ValueError:
        return False
    if parts.scheme or parts.netloc:
        return parts.scheme in ("http", "https") and parts.netloc.lower() in {
            host.lower() for host in allowed_hosts
        }
    return parts.path[:1] != "/" or parts.path[1:2] != "/"


def _import_if_installed(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ModuleNotFoundError:
        return None


# Names of this module, so that a program can see, or replace, what is used.
ujson: Any = _import_if_installed("ujson")
orjson: Any = _import_if_installed("orjson")

# COMPAT: the text that FastAPI shows; the filters of warnings compare it.
_DEPRECATION = (
    "{} is deprecated, FastAPI now serializes data directly to JSON bytes via Pydantic when a "
    "return type or response model is set, which is faster and doesn't need a custom response "
    "class. Read more in the FastAPI docs: "
    "https://fastapi.tiangolo.com/advanced/custom-response/#orjson-or-response-model and "
    "https://fastapi.tiangolo.com/tutorial/response-model/"
)


def _require(module: Any, name: str, response_class: str) -> None:
    if module is None:
        message = f"{name} must be installed to use {response_class}"
        raise AssertionError(message)  # COMPAT: what FastAPI raises


@deprecated(_DEPRECATION.format("UJSONResponse"), category=FastAPIDeprecationWarning, stacklevel=2)
class UJSONResponse(JSONResponse):
    """JSON written by ujson; deprecated, a declared return type is faster."""

    def render(self, content: Any) -> bytes:
        """Return *content* as JSON."""
        _require(ujson, "ujson", "UJSONResponse")
        text: str = ujson.dumps(content, ensure_ascii=False)
        return text.encode()


@deprecated(_DEPRECATION.format("ORJSONResponse"), category=FastAPIDeprecationWarning, stacklevel=2)
class ORJSONResponse(JSONResponse):
    """JSON written by orjson; deprecated, a declared return type is as fast."""

    def render(self, content: Any) -> bytes:
        """Return *content* as JSON; keys need not be strings, NumPy arrays are lists."""
        _require(orjson, "orjson", "ORJSONResponse")
        encoded: bytes = orjson.dumps(
            content, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
        )
        return encoded
