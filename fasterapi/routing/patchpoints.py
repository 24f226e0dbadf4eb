"""Names of this package that monitoring tools replace, and how replacing is noticed.

Instrumentation packages assign to ``fasterapi.routing.X``. Whatever uses such a name looks it
up in the package at the moment of use, and compiled plans stay armed only while
`changed` returns nothing.
"""

import sys
from types import ModuleType
from typing import Any, Final

from fasterapi.routing.version import ROUTES_VERSION

__all__ = ("NAMES", "ORIGINALS", "PatchableModule", "changed", "is_original", "record")

PACKAGE: Final = "fasterapi.routing"

NAMES: Final = (
    "get_request_handler",
    "request_response",
    "run_endpoint_function",
    "serialize_response",
    "solve_dependencies",
    "get_dependant",
    "get_parameterless_sub_dependant",
    "websocket_session",
    "get_websocket_app",
    "wrap_app_handling_exceptions",
    "wrap_app_with_body_limit",
    "run_in_threadpool",
    "iterate_in_threadpool",
    "jsonable_encoder",
    "create_model_field",
    "compile_path",
    "get_route_path",
    "get_telemetry_data",
    "generate_unique_id",
    "format_sse_event",
    "is_body_allowed_for_status_code",
    "_build_dependant_with_parameterless_dependencies",
    "_build_response_args",
    "_extract_endpoint_context",
    "_get_body_field",
    "_operation",
    "_route_selected",
    "_run_sync_endpoint",
    "_update_scope",
    "_validation_failed",
    "AsyncExitStack",
    "JSONResponse",
    "Request",
    "RequestValidationError",
    "Response",
    "ResponseValidationError",
    "StreamingResponse",
    "WebSocket",
    "APIRoute",
    "APIWebSocketRoute",
    "APIRouter",
    "APIRoute.get_route_handler",
    "APIRoute.handle",
    "APIRoute.matches",
    "APIWebSocketRoute.handle",
    "APIWebSocketRoute.matches",
    "APIRouter.__call__",
    "APIRouter.app",
    "APIRouter.handle",
    "APIRouter.matches",
    "Mount.handle",
    "Mount.matches",
)
"""Patch points: names in the package, or ``Class.method``."""

ORIGINALS: Final[dict[str, Any]] = {}
"""Patch point -> the pristine object; filled once, when the package has been imported."""

_PATCHABLE: Final = frozenset(NAMES)
_PARTS: Final = {name: tuple(name.split(".")) for name in NAMES}


class PatchableModule(ModuleType):
    """The class of the package's module: assigning to a patch point is noticed."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in _PATCHABLE:
            ROUTES_VERSION.bump()


def _current(name: str) -> Any:
    owner: Any = sys.modules[PACKAGE]
    for part in _PARTS[name]:
        owner = getattr(owner, part, None)
    return owner


def record() -> None:
    """Remember the present objects as the pristine ones."""
    ORIGINALS.update((name, _current(name)) for name in NAMES)


def is_original(name: str) -> bool:
    """Return whether the patch point *name* has not been replaced."""
    return _current(name) is ORIGINALS[name]


def changed() -> list[str]:
    """Return the patch points that somebody has replaced."""
    return [name for name, pristine in ORIGINALS.items() if _current(name) is not pristine]
