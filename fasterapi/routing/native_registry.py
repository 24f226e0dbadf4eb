"""Native handlers by name, for functions whose body is left out."""

import inspect
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from starlette.responses import PlainTextResponse

from fasterapi._speedups.native import CompiledHandler
from fasterapi.exceptions import UsageError

__all__ = ("Entry", "NativeHandler", "check_interval", "find_native", "native_names", "register")

NativeHandler: TypeAlias = CompiledHandler | Callable[[], Any]


class Entry(NamedTuple):
    """What a name stands for.

    Attributes:
        handler: A compiled handler, or a function whose answer is frozen.
        refresh_every: Seconds after which a frozen answer is made anew; None: never.
    """

    handler: NativeHandler
    refresh_every: float | None


def _health() -> dict[str, str]:
    return {"status": "ok"}


def _ping() -> PlainTextResponse:
    return PlainTextResponse("pong")


def _built_in() -> dict[str, Entry]:
    # Only programs with native handlers need it.
    from fasterapi._speedups.native_metrics import METRICS  # noqa: PLC0415

    return {
        "health": Entry(_health, None),
        "ping": Entry(_ping, None),
        "metrics": Entry(METRICS, None),
    }


_BUILT_IN_NAMES: Final = ("health", "ping", "metrics")
_registered: dict[str, Entry] = {}


def register(
    name: str,
    handler: NativeHandler,
    *,
    refresh_every: float | None = None,
    replace: bool = False,
) -> None:
    """Let routes name a handler: ``@app.get("/x", native="name")``.

    Args:
        name: The name, also the name of functions that it is bound to without being told.
        handler: A `CompiledHandler`, or a function without parameters whose answer is frozen.
        refresh_every: Seconds after which a frozen answer is made anew; None: never.
        replace: Whether to take the place of a handler that has the name already.

    Raises:
        UsageError: The name is taken, or the handler is none.
    """
    if not name or not isinstance(name, str):
        raise UsageError(f"the name of a native handler must be a word, got {name!r}")
    check_interval(refresh_every)
    given: Any = handler
    if isinstance(given, CompiledHandler):
        if not given.is_bound:
            raise UsageError(f"native handler {name!r} holds no function")
        if refresh_every is not None:
            raise UsageError(
                f"native handler {name!r} is compiled: it answers each request, and there is "
                "nothing to refresh"
            )
    elif not callable(given):
        raise UsageError(
            f"native handler {name!r} must be a function or a CompiledHandler, got {handler!r}"
        )
    elif inspect.signature(given).parameters:
        raise UsageError(
            f"native handler {name!r} is called at start-up, without a request: "
            "it cannot have parameters"
        )
    if not replace and (name in _registered or name in _BUILT_IN_NAMES):
        raise UsageError(f"native handler {name!r} exists already; replace=True replaces it")
    _registered[name] = Entry(handler, refresh_every)


def find_native(name: str) -> Entry:
    """Return what *name* stands for.

    Raises:
        UsageError: Nothing; the message lists the names that are known.
    """
    found = _registered.get(name) or _built_in().get(name)
    if found is None:
        raise UsageError(
            f"there is no native handler {name!r}; registered are {', '.join(native_names())}"
        )
    return found


def native_names() -> list[str]:
    """Return all names, built-in ones included."""
    return sorted({*_BUILT_IN_NAMES, *_registered})


def check_interval(refresh_every: float | None) -> None:
    """Raise UsageError unless *refresh_every* is a number of seconds above 0, or None."""
    if refresh_every is None:
        return
    is_number = isinstance(refresh_every, int | float) and not isinstance(refresh_every, bool)
    if not is_number or not 0 < refresh_every < float("inf"):
        raise UsageError(
            f"refresh_every must be a number of seconds above 0, got {refresh_every!r}"
        )
