"""WebSockets: Starlette's own classes under the package's name."""

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

__all__ = ("WebSocket", "WebSocketDisconnect", "WebSocketState")
