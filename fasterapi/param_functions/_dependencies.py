"""Parameters that other callables supply."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from fasterapi import params

__all__ = ("Depends", "Security")


def Depends(  # noqa: N802  # public name
    dependency: Callable[..., Any] | None = None,
    *,
    use_cache: bool = True,
    scope: Literal["function", "request"] | None = None,
    max_concurrency: int | None = None,
) -> Any:
    """Declare a parameter whose value another callable supplies.

    Args:
        dependency: A function or class with parameters of its own; None means the
            parameter's type.
        use_cache: Whether all uses of it within a request share one call.
        scope: When a dependency with ``yield`` ends: ``"function"`` before the response
            is sent, ``"request"`` after it; None means ``"request"``.
        max_concurrency: How many requests of this process may use it at a time, others
            wait; None means any number.
    """
    return params.Depends(
        dependency, use_cache=use_cache, scope=scope, max_concurrency=max_concurrency
    )


def Security(  # noqa: N802  # public name
    dependency: Callable[..., Any] | None = None,
    *,
    scopes: Sequence[str] | None = None,
    use_cache: bool = True,
) -> Any:
    """Declare a dependency that needs OAuth2 scopes.

    Args:
        dependency: A function or class with parameters of its own; None means the
            parameter's type.
        scopes: The scopes needed; `SecurityScopes` collects them for the dependency.
        use_cache: Whether all uses of it with the same scopes share one call.
    """
    return params.Security(dependency, use_cache=use_cache, scopes=scopes)
