"""One random program with WebSocket routes on FastAPI and on both paths of FasterAPI."""

import asyncio
from dataclasses import dataclass
from typing import Any

from tests.conformance.fuzzing.compare import (
    DOORS,
    Difference,
    differences,
    observe,
    pairs,
    quiet,
    worded,
)
from tests.conformance.fuzzing.sessions import Session, write_session_program, write_sessions

_SESSIONS = 14
_PATIENCE_S = 20.0


@dataclass(frozen=True)
class SessionOutcome:
    """Everything that can be seen of one session.

    Attributes:
        messages: What the application has sent.
        events: What dependencies and handlers have logged, in order.
        error: Type and text of what came out of the application, None if nothing did.
    """

    messages: list[dict[str, Any]]
    events: list[str]
    error: tuple[str, str] | None


def compare_sessions(seed: int) -> list[Difference]:
    """Return how the WebSocket program of *seed* differs; empty if it does not."""
    program = write_session_program(seed)
    sessions = write_sessions(program, _SESSIONS)
    theirs, *ours = (observe(program, sessions, door, _open) for door in DOORS)
    found = []
    for door, seen in zip(DOORS[1:], ours, strict=True):
        found.extend(differences(seed, f"{door} websocket", sessions, theirs, seen))
    return found


async def _open(app: Any, session: Session, events: list[str]) -> SessionOutcome:
    events.clear()
    sent: list[dict[str, Any]] = []
    pending: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    pending += [{"type": "websocket.receive", **message} for message in session.messages]

    async def receive() -> dict[str, Any]:
        if session.kind == "http":
            return {"type": "http.request", "body": b"", "more_body": False}
        if pending:
            return pending.pop(0)
        return {"type": "websocket.disconnect", **session.leaving}

    async def send(message: dict[str, Any]) -> None:
        if session.failure is not None and len(sent) >= session.failure:
            raise OSError("the client is gone")
        if "headers" in message:
            message = {**message, "headers": pairs(message["headers"])}
        if message["type"] == "http.response.body" and sent[-1]["type"] == message["type"]:
            sent[-1]["body"] += message.get("body", b"")  # how it is cut is no matter
            return
        sent.append(dict(message))
        if message["type"] == "http.response.body":
            sent[-1].pop("more_body", None)

    error = None
    try:
        with quiet():
            await asyncio.wait_for(app(session.scope(), receive, send), _PATIENCE_S)
    except Exception as raised:
        error = worded(raised)
    return SessionOutcome(sent, list(events), error)
