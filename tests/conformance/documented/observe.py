"""Ask a program its questions by one of the doors, and note what can be seen of the answers."""

import asyncio
import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import h11
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from tests.conformance.documented.questions import TOKEN, Question, quoted
from tests.http.wire import Wire

_PATIENCE_S = 8.0
_LONGEST = 400  # messages of one answer; streams without an end are left then
_OF_SERVERS = ("date", "server", "connection", "transfer-encoding", "content-length")
_VARYING = (
    (r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "JWT"),
    (r"0x[0-9a-f]{6,}", "0x"),
    (r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", "NOW"),
    (r"\n\n  (File|Endpoint)[^\n]*(\n[^\n]+)*", ""),
    (r"\b0\.\d{6,}|\b\d\.\d+e-0\d", "SECONDS"),
    (r"(?<=fast)er(?=api)", ""),
)
_VARYING_HEADERS = ("x-process-time", "x-response-time", "last-modified", "etag")
_SENDABLE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def steady(text: str) -> str:
    """Return *text* without what is different in each run."""
    for pattern, replacement in _VARYING:
        text = re.sub(pattern, replacement, text)
    return text


class Observer:
    """Asks one application."""

    def __init__(self, app: Any, is_http: bool, protocol_class: Any, prefix: str) -> None:
        self.app = app
        self.token = "none"
        self.is_http = is_http
        self.prefix = prefix
        self.protocol_class = protocol_class
        self.config: Any = None

    async def ask_all(self, questions: list[Question]) -> list[Any]:
        lifespan = Lifespan(self.app)
        started = await lifespan.start()
        seen: list[Any] = [started]
        if self.is_http:
            options: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "off"}
            self.config = uvicorn.Config(self.app, http=self.protocol_class, **options)
            self.config.load()
        for asked in questions:
            question = replace(asked, path=self.prefix + asked.path)
            headers = tuple((n, v.replace(TOKEN, self.token)) for n, v in question.headers)
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    answer = await self._ask(question, headers)
            except TimeoutError:
                answer = {"late": True}
            self._remember(answer)
            seen.append(_cleaned(answer))
        seen.append(await lifespan.stop())
        return seen

    def _remember(self, answer: dict[str, Any]) -> None:
        if '"access_token"' in answer.get("body", ""):
            self.token = json.loads(answer["body"]).get("access_token", self.token)

    async def _ask(self, question: Question, headers: Any) -> dict[str, Any]:
        if self.is_http:
            return await self._ask_wire(question, headers)
        return await self._ask_asgi(question, headers)

    async def _ask_asgi(self, question: Question, headers: Any) -> dict[str, Any]:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": question.method,
            "scheme": "http",
            "path": unquote(quoted(question.path)),
            "raw_path": quoted(question.path).encode(),
            "root_path": "",
            "query_string": question.query.encode(),
            "headers": [(b"host", b"testserver")]
            + [(name.encode(), value.encode("latin-1")) for name, value in headers],
            "client": ("203.0.113.9", 5000),
            "server": ("testserver", 80),
            "state": {},
        }
        if question.body:
            scope["headers"].append((b"content-length", b"%d" % len(question.body)))
        pending = [question.body.encode("latin-1")]
        gone = asyncio.Event()
        answer: dict[str, Any] = {"status": 0, "headers": [], "body": "", "error": None}
        count = 0

        async def receive() -> dict[str, Any]:
            if pending:
                return {"type": "http.request", "body": pending.pop(), "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal count
            count += 1
            if count > _LONGEST:
                gone.set()
                await asyncio.sleep(0)
                return
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                answer["headers"] = [
                    (bytes(name).decode("latin-1"), bytes(value).decode("latin-1"))
                    for name, value in message.get("headers", [])
                ]
            else:
                answer["body"] += message.get("body", b"").decode("latin-1")
                if not message.get("more_body"):
                    gone.set()

        try:
            await self.app(scope, receive, send)
        except Exception as error:
            answer["error"] = [type(error).__name__, str(error)]
        return answer

    async def _ask_wire(self, question: Question, headers: Any) -> dict[str, Any]:
        state = ServerState()
        wire = Wire(self.protocol_class, self.config, state)
        target = quoted(question.path) + ("?" + question.query if question.query else "")
        lines = [f"{question.method} {target} HTTP/1.1", "connection: close"]
        if not any(name == "host" for name, _ in headers):
            lines.append("host: testserver")
        lines += [f"{name}: {value}" for name, value in headers]
        if question.body:
            lines.append(f"content-length: {len(question.body)}")
        wire.feed("\r\n".join([*lines, "", question.body]).encode("latin-1"))
        while not wire.is_closed or state.tasks:
            await asyncio.sleep(0)
        await wire.hang_up()
        return _read(question.method, bytes(wire.out))


def can_be_sent(question: Question) -> bool:
    """Return whether every server takes the request as it is written."""
    values = [value for _, value in question.headers]
    if any(not _SENDABLE.fullmatch(value) or value != value.strip() for value in values):
        return False
    has_host = any(name == "host" and value != "testserver" for name, value in question.headers)
    # A host that is none is a 400 of our server, as RFC 9112 section 3.2 wants it.
    return not question.path.startswith("//") and not has_host


def _read(method: str, written: bytes) -> dict[str, Any]:
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(written)
    client.receive_data(b"")
    answer: dict[str, Any] = {"status": 0, "headers": [], "body": "", "error": None}
    try:
        while not isinstance(event := client.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
            if isinstance(event, h11.Response):
                answer["status"] = event.status_code
                answer["headers"] = [
                    (name.decode("latin-1"), value.decode("latin-1"))
                    for name, value in event.headers
                    if name.decode() not in _OF_SERVERS
                ]
            elif isinstance(event, h11.Data):
                answer["body"] += bytes(event.data).decode("latin-1")
    except h11.RemoteProtocolError:
        answer["error"] = ["incomplete", ""]
    return answer


def _cleaned(answer: dict[str, Any]) -> dict[str, Any]:
    answer["headers"] = [
        [name, "*" if name in _VARYING_HEADERS else steady(value)]
        for name, value in answer.get("headers", [])
    ]
    answer["body"] = steady(answer.get("body", ""))
    if answer.get("error"):
        answer["error"] = [steady(text) for text in answer["error"]]
    return answer


class Lifespan:
    """The start and stop of an application."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.inbox: asyncio.Queue[Any] = asyncio.Queue()
        self.outbox: asyncio.Queue[Any] = asyncio.Queue()
        self.task: Any = None

    async def start(self) -> Any:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self.task = asyncio.ensure_future(self.app(scope, self.inbox.get, self.outbox.put))
        return await self._say("startup")

    async def stop(self) -> Any:
        return await self._say("shutdown")

    async def _say(self, word: str) -> Any:
        self.inbox.put_nowait({"type": f"lifespan.{word}"})
        waiter = asyncio.ensure_future(self.outbox.get())
        await asyncio.wait([waiter, self.task], timeout=5, return_when="FIRST_COMPLETED")
        if waiter.done():
            return waiter.result()
        waiter.cancel()
        return "no answer"


def protocol_class(is_fastapi: bool) -> Any:
    """Return the class that serves a connection."""
    if is_fastapi:
        return HttpToolsProtocol
    from fasterapi.server import HttpProtocol

    return HttpProtocol
