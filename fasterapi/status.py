"""Names of HTTP status codes and of WebSocket close codes."""

from starlette import status as _codes
from starlette.status import *  # noqa: F403  # the public list is Starlette's own

__all__ = list(_codes.__all__)


def __getattr__(name: str) -> int:
    """Return a deprecated code by its old name; Starlette warns about it."""
    try:
        # The warning's stack level counts exactly this one frame in between.
        code: int = getattr(_codes, name)
    except AttributeError:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message) from None
    return code


def __dir__() -> list[str]:
    """Return the current and the deprecated names."""
    return dir(_codes)
