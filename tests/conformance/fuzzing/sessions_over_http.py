"""WebSocket programs with bytes in and out: FastAPI in uvicorn's protocol, FasterAPI in ours."""

import asyncio
import struct
from dataclasses import dataclass
from typing import Any

import fastapi
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

import fasterapi
from fasterapi.server import HttpProtocol
from tests.conformance.fuzzing.compare import Difference, differences
from tests.conformance.fuzzing.over_http import can_be_sent, observe, request_head
from tests.conformance.fuzzing.sessions import Session, write_session_program, write_sessions
from tests.http.wire import Wire

_SESSIONS = 12
_PATIENCE_S = 10.0
_HANDSHAKE = (
    (b"upgrade", b"websocket"),
    (b"connection", b"Upgrade"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
)
# What a server adds of its own.
_OF_SERVERS = (b"date", b"server", b"connection", b"upgrade", b"sec-websocket-accept")


@dataclass(frozen=True)
class WireOutcome:
    """What a client has read of one session, and what the program has logged."""

    status: bytes
    headers: list[bytes]
    rest: bytes
    events: list[str]


def compare_sessions_over_http(seed: int) -> list[Difference]:
    """Return how the WebSocket program of *seed* differs behind the two protocol classes."""
    # What a client sends next must not come while a thread is still at work.
    program = write_session_program(seed, in_threads=False)
    sessions = [item for item in write_sessions(program, _SESSIONS) if _is_plain(item)]
    theirs = observe(program, sessions, fastapi, HttpToolsProtocol, _open)
    ours = observe(program, sessions, fasterapi, HttpProtocol, _open)
    return list(differences(seed, "http websocket", sessions, theirs, ours))


def _is_plain(session: Session) -> bool:
    """Return whether every server takes the handshake, and its client does not break off."""
    is_session = session.kind == "websocket" and session.failure is None
    return is_session and not session.root_path and can_be_sent(session)


async def _open(
    config: Any, session: Session, protocol_class: Any, events: list[str]
) -> WireOutcome:
    events.clear()
    state = ServerState()
    wire = Wire(protocol_class, config, state)
    headers = [*_HANDSHAKE, *session.headers]
    if session.subprotocols:
        headers.append((b"sec-websocket-protocol", ", ".join(session.subprotocols).encode()))
    wire.feed(request_head("GET", session.path, session.query, headers))
    async with asyncio.timeout(_PATIENCE_S):
        while not (wire.out or wire.is_closed):
            await asyncio.sleep(0)
        await wire.settle()
        for message in session.messages:
            wire.feed(_frame(message))
            await wire.settle()
        wire.feed(_goodbye(session))
        while not wire.is_closed or state.tasks:
            await asyncio.sleep(0)
    await wire.hang_up()
    head, _, rest = bytes(wire.out).partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    kept = [line for line in lines if line.partition(b":")[0].lower() not in _OF_SERVERS]
    return WireOutcome(status, sorted(kept), rest, list(events))


def _frame(message: dict[str, Any]) -> bytes:
    text = message.get("text")
    if text is not None:
        return Frame(Opcode.TEXT, text.encode()).serialize(mask=True)
    return Frame(Opcode.BINARY, message["bytes"]).serialize(mask=True)


def _goodbye(session: Session) -> bytes:
    code = session.leaving.get("code", 1000)
    data = struct.pack("!H", 1001 if code == 1006 else code)
    return Frame(Opcode.CLOSE, data + session.leaving.get("reason", "").encode()).serialize(
        mask=True
    )
