"""Responses: Starlette's own classes under the package's name, and two for JSON."""

from importlib import import_module
from types import ModuleType
from typing import Any

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
)


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
