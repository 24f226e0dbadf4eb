"""FastAPI's API, compiled.

Names are loaded on first use (PEP 562): ``import fasterapi`` alone costs next to nothing,
and a program that needs one class does not load the rest.
"""

from importlib import import_module

from fasterapi._version import __version__

# Not typing.TYPE_CHECKING, whose import would cost more than all else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from fasterapi import params, routing, status
    from fasterapi.app import App
    from fasterapi.applications import FastAPI, FasterAPI
    from fasterapi.background import BackgroundTasks
    from fasterapi.datastructures import UploadFile
    from fasterapi.exceptions import HTTPException, WebSocketException
    from fasterapi.param_functions import (
        Body,
        Cookie,
        Depends,
        File,
        Form,
        Header,
        Path,
        Query,
        Security,
    )
    from fasterapi.requests import Request
    from fasterapi.responses import Response
    from fasterapi.routing import APIRouter
    from fasterapi.websockets import WebSocket, WebSocketDisconnect

__all__ = (
    "APIRouter",
    "App",
    "BackgroundTasks",
    "Body",
    "Cookie",
    "Depends",
    "FastAPI",
    "FasterAPI",
    "File",
    "Form",
    "HTTPException",
    "Header",
    "Path",
    "Query",
    "Request",
    "Response",
    "Security",
    "UploadFile",
    "WebSocket",
    "WebSocketDisconnect",
    "WebSocketException",
    "__version__",
    "params",
    "routing",
    "status",
)

_MODULE_OF_NAME = {
    "APIRouter": "routing",
    "App": "app",
    "BackgroundTasks": "background",
    "Body": "param_functions",
    "Cookie": "param_functions",
    "Depends": "param_functions",
    "FastAPI": "applications",
    "FasterAPI": "applications",
    "File": "param_functions",
    "Form": "param_functions",
    "HTTPException": "exceptions",
    "Header": "param_functions",
    "Path": "param_functions",
    "Query": "param_functions",
    "Request": "requests",
    "Response": "responses",
    "Security": "param_functions",
    "UploadFile": "datastructures",
    "WebSocket": "websockets",
    "WebSocketDisconnect": "websockets",
    "WebSocketException": "exceptions",
}

# COMPAT: ``import fastapi`` loads these, so programs write ``fastapi.routing.APIRoute``
# without an import of the module.
_MODULES = frozenset(
    {
        "_compat",
        "applications",
        "background",
        "concurrency",
        "datastructures",
        "dependencies",
        "encoders",
        "exception_handlers",
        "exceptions",
        "logger",
        "middleware",
        "openapi",
        "param_functions",
        "params",
        "requests",
        "responses",
        "routing",
        "security",
        "sse",
        "status",
        "telemetry",
        "types",
        "utils",
        "websockets",
    }
)

# The same for what those programs reach inside of a package.
_SUBMODULES = {
    "dependencies": ("models", "utils"),
    "middleware": ("asyncexitstack",),
    "openapi": ("constants", "docs", "models", "utils"),
}


def __getattr__(name: str) -> object:
    """Return a public name or a module, loaded now."""
    if name in _MODULES:
        for submodule in _SUBMODULES.get(name, ()):
            import_module(f"{__name__}.{name}.{submodule}")
        return import_module(f"{__name__}.{name}")
    if name not in _MODULE_OF_NAME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(import_module(f"{__name__}.{_MODULE_OF_NAME[name]}"), name)
    globals()[name] = value  # the next use does not come here any more
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
