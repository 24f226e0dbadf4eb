"""The protocol classes for uvicorn, under names that do not load the rest."""

from importlib.util import find_spec
from typing import Any

from fasterapi._speedups.http1 import HttpProtocol

__all__ = ("HttpProtocol", "open_websocket", "websocket_factory")


def websocket_factory() -> Any:
    """Return what uvicorn's ``ws="auto"`` stands for; None if there is no library for it.

    The library is loaded at the first upgrade: most programs never see one.
    """
    has_library = find_spec("websockets") is not None or find_spec("wsproto") is not None
    return open_websocket if has_library else None


def open_websocket(**given: Any) -> Any:
    """Return a new protocol object for one WebSocket."""
    # Its library takes memory, which a server without WebSockets need not have.
    from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol  # noqa: PLC0415

    made: Any = AutoWebSocketsProtocol  # None only if the library was taken away meanwhile
    return made(**given)
