"""Conversations with the websocket routes of a program, as ASGI messages."""

import asyncio
from typing import Any

from tests.conformance.documented.observe import steady

_SCRIPTS: tuple[tuple[dict[str, Any], ...], ...] = (
    (),
    ({"text": "hello"}, {"text": '{"a": 1}'}, {"text": "é"}),
    ({"bytes": b"raw"},),
    ({"text": "x"}, {"bytes": b'{"a": 1}'}),
)
_REQUESTS: tuple[tuple[str, tuple[tuple[bytes, bytes], ...]], ...] = (
    ("", ()),
    ("token=jessica", ()),
    ("token=fake-token&q=baz", ((b"cookie", b"session=secret"),)),
    ("q=3", ((b"cookie", b"session=x"),)),
    ("q=bad&token=a&token=b", ((b"sec-websocket-protocol", b"a, b"),)),
)
_PATIENCE_S = 3.0


def paths_of(app: Any) -> list[str]:
    """Return the paths to try, those of websocket routes among them."""
    routes = [route for route in app.routes if type(route).__name__.endswith("WebSocketRoute")]
    if not routes:
        return []
    paths = [route.path.replace("{", "").replace("}", "") for route in routes]
    return [*dict.fromkeys([*paths, paths[0] + "/", "/none", "/"])]


async def converse(app: Any, paths: list[str]) -> list[Any]:
    """Return what the application says in each conversation."""
    seen = []
    for path in paths:
        for query, headers in _REQUESTS:
            for script in _SCRIPTS:
                label = f"{path}?{query} {len(script)}"
                seen.append([label, await _one(app, path, query, headers, script)])
    return seen


async def _one(app: Any, path: str, query: str, headers: Any, script: Any) -> list[Any]:
    said: list[Any] = []
    pending = [{"type": "websocket.connect"}]
    pending += [{"type": "websocket.receive", **message} for message in script]
    pending.append({"type": "websocket.disconnect", "code": 1001, "reason": "gone"})

    async def receive() -> dict[str, Any]:
        if not pending:
            await asyncio.sleep(_PATIENCE_S * 2)
        return pending.pop(0)

    async def send(message: dict[str, Any]) -> None:
        said.append(steady(repr(sorted(message.items()))))

    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"testserver"), *headers],
        "client": ("203.0.113.9", 5000),
        "server": ("testserver", 80),
        "subprotocols": ["a", "b"] if "sec" in str(headers) else [],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await app(scope, receive, send)
    except Exception as error:
        said.append([type(error).__name__, steady(str(error))])
    return said
