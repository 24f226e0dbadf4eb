"""Requests to an application without an event loop, for properties that need thousands."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from fasterapi import FasterAPI
from fasterapi.middleware.stack import build_stack


@dataclass
class Answer:
    """What came out of the application."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    error: tuple[type[Exception], str] | None = None

    def json(self) -> Any:
        return json.loads(self.body)


def close_door(app: FasterAPI) -> FasterAPI:
    """Return *app*, its routes answered by the reference path from now on."""
    app.middleware_stack = build_stack(app, is_compiled=False).compatible
    return app


def has_plan(app: FasterAPI, path: str) -> bool:
    """Return whether the route of *path* is compiled."""
    return any(row.plan for row in app.plan_report() if row.route.path == path)


def ask(
    app: Any,
    path: str,
    *,
    method: str = "GET",
    query: bytes = b"",
    headers: Iterable[tuple[bytes, bytes]] = (),
    body: bytes = b"",
) -> Answer:
    """Return the answer to one request that nothing has to wait for.

    Raises:
        AssertionError: The application did wait for something.
    """
    answer = Answer()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            answer.body += message["body"]

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": query,
        "headers": list(headers),
    }
    try:
        app(scope, receive, send).__await__().send(None)
    except StopIteration:
        return answer
    except Exception as error:
        answer.error = (type(error), str(error))
        return answer
    raise AssertionError("the application waits for something")
