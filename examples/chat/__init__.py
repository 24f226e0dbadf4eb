"""A chat by WebSocket, with server-sent events."""
