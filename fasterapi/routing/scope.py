"""The ``scope["fastapi"]`` dictionary: what routing remembers about one request."""

from contextvars import ContextVar
from typing import Any

from starlette.types import Scope

from fasterapi._form_limits import _FormLimits

_FASTAPI_SCOPE_KEY = "fastapi"
_FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY = "effective_route_context"
_FASTAPI_FORM_LIMITS_KEY = "form_limits"
_FASTAPI_FRONTEND_PATH_KEY = "frontend_path"
_FASTAPI_FRONTEND_SPECIFICITY_KEY = "frontend_specificity"
_FASTAPI_INCLUDED_ROUTER_KEY = "included_router"

_effective_route_context_var: ContextVar[Any | None] = ContextVar(
    "fastapi_effective_route_context", default=None
)
"""The context a route's handler is being built for, see `APIRoute.get_route_handler`."""

_SCOPE_MISSING = object()


def _get_fastapi_scope(scope: Scope) -> dict[str, Any]:
    """Return the request's dictionary, made on first use."""
    state = scope.setdefault(_FASTAPI_SCOPE_KEY, {})
    if not isinstance(state, dict):
        raise AssertionError(f"scope['fastapi'] must be a dict, got {type(state).__name__}")
    return state


def _peek(scope: Scope, key: str) -> Any:
    return scope.get(_FASTAPI_SCOPE_KEY, {}).get(key)


def _get_scope_effective_route_context(scope: Scope) -> Any | None:
    return _peek(scope, _FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY)


def _get_scope_included_router(scope: Scope) -> Any | None:
    return _peek(scope, _FASTAPI_INCLUDED_ROUTER_KEY)


def _frontend_scope_specificity(scope: Scope) -> int | None:
    found = _peek(scope, _FASTAPI_FRONTEND_SPECIFICITY_KEY)
    return found if isinstance(found, int) else None


def _restore_fastapi_scope_key(scope: Scope, key: str, previous: Any) -> None:
    """Undo a temporary entry; *previous* may be the marker for "there was none"."""
    state = scope.get(_FASTAPI_SCOPE_KEY)
    if not isinstance(state, dict):
        return
    if previous is _SCOPE_MISSING:
        state.pop(key, None)
    else:
        state[key] = previous


class scope_entry:  # noqa: N801  a `with` block, reads as a function
    """Set one entry of the request's dictionary for the length of a ``with`` block."""

    __slots__ = ("_key", "_previous", "_scope", "_value")

    def __init__(self, scope: Scope, key: str, value: Any) -> None:
        self._scope = scope
        self._key = key
        self._value = value

    def __enter__(self) -> None:
        state = _get_fastapi_scope(self._scope)
        self._previous = state.get(self._key, _SCOPE_MISSING)
        state[self._key] = self._value

    def __exit__(self, *_: object) -> None:
        _restore_fastapi_scope_key(self._scope, self._key, self._previous)


def _resolve_form_limits(
    fastapi_scope: dict[str, Any], overrides: _FormLimits | None
) -> _FormLimits:
    """Return the limits of the enclosing routers with *overrides* laid over them."""
    inherited: _FormLimits = fastapi_scope.get(_FASTAPI_FORM_LIMITS_KEY, {})
    if not overrides:
        return inherited
    return {**inherited, **overrides}


def _apply_router_form_limits(scope: Scope, limits: _FormLimits) -> None:
    """Let a router's form limits hold for the rest of this request."""
    if limits and scope["type"] == "http":
        state = _get_fastapi_scope(scope)
        state[_FASTAPI_FORM_LIMITS_KEY] = _resolve_form_limits(state, limits)


def _update_scope(scope: Scope, child_scope: Scope) -> None:
    """Add what a match found; nested ``fastapi`` entries are merged, not replaced."""
    if _FASTAPI_SCOPE_KEY not in child_scope:
        scope.update(child_scope)
        return
    additions = dict(child_scope)
    nested = additions.pop(_FASTAPI_SCOPE_KEY)
    if isinstance(nested, dict):
        _get_fastapi_scope(scope).update(nested)
    scope.update(additions)
