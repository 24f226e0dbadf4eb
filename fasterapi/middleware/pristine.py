"""Parts of Starlette that compiled dispatch imitates, and whether somebody has replaced them.

Monitoring packages replace them, often before this package is imported. So what counts is not
a copy made at import, but where a function comes from: one of Starlette's own has the globals
of Starlette's module, or is one that we have put there in its place.
"""

import sys
from types import FunctionType, ModuleType
from typing import Any, Final

from starlette import _exception_handler as exception_handling
from starlette.applications import Starlette
from starlette.background import BackgroundTask, BackgroundTasks
from starlette.middleware import Middleware
from starlette.middleware import exceptions as exceptions_module
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from fasterapi import concurrency
from fasterapi._starlette_responses import is_replacement
from fasterapi.middleware.asyncexitstack import AsyncExitStackMiddleware

__all__ = ("replaced_parts",)

_IMITATED: Final[tuple[tuple[Any, str], ...]] = (
    (Starlette, "__call__"),
    (ServerErrorMiddleware, "__init__"),
    (ServerErrorMiddleware, "__call__"),
    (ExceptionMiddleware, "__init__"),
    (ExceptionMiddleware, "__call__"),
    (ExceptionMiddleware, "http_exception"),
    (BaseHTTPMiddleware, "__init__"),
    (BaseHTTPMiddleware, "__call__"),
    (AsyncExitStackMiddleware, "__init__"),
    (AsyncExitStackMiddleware, "__call__"),
    (Middleware, "__init__"),
    (HTTPConnection, "__init__"),
    (Request, "__init__"),
    (Response, "__init__"),
    (Response, "__call__"),
    (Response, "init_headers"),
    (Response, "render"),
    (JSONResponse, "__init__"),
    (JSONResponse, "render"),
    (BackgroundTask, "__call__"),
    (BackgroundTasks, "__call__"),
)


def replaced_parts() -> list[str]:
    """Return the names of the parts that somebody has replaced, ``Class.method``."""
    found = [f"{owner.__name__}.{name}" for owner, name in _IMITATED if not _is_own(owner, name)]
    wrap = vars(exceptions_module)["wrap_app_handling_exceptions"]
    if not _comes_from(exception_handling, wrap):
        found.append("wrap_app_handling_exceptions")
    # Our own class stands above this module. Servers of ours go around its __call__.
    applications = sys.modules.get("fasterapi.applications")
    if applications is not None and not _is_own_call(applications.FasterAPI):
        found.append("FastAPI.__call__")
    return found


def _is_own(owner: Any, name: str) -> bool:
    found = vars(owner).get(name)
    return is_replacement(found) or _comes_from(sys.modules[owner.__module__], found)


def _is_own_call(application: Any) -> bool:
    """Return whether ``__call__`` is ours, also in the coroutine function of Python 3.11."""
    call = vars(application).get("__call__")
    if _comes_from(concurrency, call):
        call = getattr(call, "__wrapped__", None)
    return _comes_from(sys.modules[application.__module__], call)


def _comes_from(module: ModuleType, function: Any) -> bool:
    return isinstance(function, FunctionType) and function.__globals__ is vars(module)
