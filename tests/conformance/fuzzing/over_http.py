"""The same comparison with bytes in and out: FastAPI in uvicorn's protocol, FasterAPI in ours."""

import asyncio
import logging
import re
import warnings
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import quote

import fastapi
import h11
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

import fasterapi
from fasterapi.server import HttpProtocol
from tests.conformance.fuzzing.compare import (
    Difference,
    Outcome,
    differences,
    load,
    recorder,
)
from tests.conformance.fuzzing.program import Program, write_program
from tests.conformance.fuzzing.requests import Call, write_calls
from tests.http.wire import Wire

Ask = Callable[[Any, Any, Any, list[str]], Awaitable[Any]]
"""Takes uvicorn's configuration, what to ask, the protocol class, and the events to be."""

_CALLS = 12
_PATIENCE_S = 10.0
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Without blanks around it: they do not count, but uvicorn keeps those behind.
_VALUE = re.compile(rb"([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
# What a server adds of its own, and how it frames the body.
_OF_SERVERS = (b"date", b"server", b"connection", b"transfer-encoding", b"content-length")


def compare_over_http(seed: int) -> list[Difference]:
    """Return how the program of *seed* differs behind the two protocol classes."""
    program = write_program(seed)
    if '"content-length"' in program.source:
        return []  # two different ones: ours refuses such a head, uvicorn sends it
    calls = [call for call in write_calls(program, _CALLS) if can_be_sent(call) and _is_plain(call)]
    theirs = observe(program, calls, fastapi, HttpToolsProtocol, _ask)
    ours = observe(program, calls, fasterapi, HttpProtocol, _ask)
    return list(differences(seed, "http", calls, theirs, ours))


def can_be_sent(call: Any) -> bool:
    """Return whether every server takes the request's head, and its path has one spelling."""
    fields = all(_TOKEN.fullmatch(name) and _VALUE.fullmatch(value) for name, value in call.headers)
    is_short = (
        len(call.query) + len(call.path) + sum(len(value) for _, value in call.headers) < 8000
    )
    is_printable = re.fullmatch(rb"[\x21-\x7e]*", call.query) is not None
    is_plain = call.path.startswith("/") and not call.path.startswith("//")
    return fields and is_short and is_printable and is_plain


def _is_plain(call: Call) -> bool:
    """Return whether its method is one of all servers', and its client reads the answer."""
    is_known = call.method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
    return is_known and not (call.root_path or call.failure)


def observe(
    program: Program, subjects: list[Any], package: Any, protocol_class: Any, ask: Ask
) -> list[Any]:
    """Return what *ask* sees of each subject when the program runs in the protocol class."""
    events, log = recorder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            app, add_late = load(program, package, log)
            add_late()
        except Exception as error:
            return [(type(error).__name__, "")]
        logging.disable(logging.CRITICAL)
        try:
            seen = asyncio.run(_ask_all(app, subjects, protocol_class, events, ask))
        finally:
            logging.disable(logging.NOTSET)
        return ["built", "", *seen]


async def _ask_all(
    app: Any, subjects: list[Any], protocol_class: Any, events: list[str], ask: Ask
) -> list[Any]:
    options: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "off"}
    config = uvicorn.Config(app, http=protocol_class, ws_ping_interval=None, **options)
    config.load()
    return [await ask(config, subject, protocol_class, events) for subject in subjects]


async def _ask(config: Any, call: Call, protocol_class: Any, events: list[str]) -> Outcome:
    events.clear()
    state = ServerState()
    wire = Wire(protocol_class, config, state)
    for piece in _request(call):
        wire.feed(piece)
        await asyncio.sleep(0)
    async with asyncio.timeout(_PATIENCE_S):
        # Tasks go on after the answer: in background, and in exits of dependencies.
        while not wire.is_closed or state.tasks:
            await asyncio.sleep(0)
    await wire.hang_up()
    return _outcome(call, bytes(wire.out), list(events))


def _request(call: Call) -> list[bytes]:
    body = b"".join(call.chunks)
    headers = [(b"connection", b"close"), *call.headers]
    if body:
        headers.append((b"content-length", b"%d" % len(body)))
    head = request_head(call.method, call.path, call.query, headers)
    return [head + call.chunks[0], *filter(None, call.chunks[1:])]


def request_head(method: str, path: str, query: bytes, headers: Iterable[Any]) -> bytes:
    """Return the head of a request; *headers* are pairs of bytes."""
    target = quote(path).encode() + (b"?" + query if query else b"")
    lines = [b"%s %s HTTP/1.1" % (method.encode(), target)]
    lines += [b"%s: %s" % field for field in headers]
    return b"\r\n".join([*lines, b"", b""])


def _outcome(call: Call, written: bytes, events: list[str]) -> Outcome:
    """Return the answer as its client reads it."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=call.method, target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(written)
    client.receive_data(b"")
    status, headers, body, error = 0, [], b"", None
    try:
        while not isinstance(event := client.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
            if isinstance(event, h11.Response):
                status = event.status_code
                headers = [
                    (name, value) for name, value in event.headers if name not in _OF_SERVERS
                ]
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
    except h11.RemoteProtocolError:
        error = ("incomplete", "")
    if body == b"Internal Server Error":
        headers.sort()  # the protocol's own answer
    return Outcome(status, headers, body, events, error)
