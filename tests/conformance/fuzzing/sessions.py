"""Random programs with WebSocket routes, and random clients of them."""

from dataclasses import dataclass
from random import Random
from textwrap import indent
from typing import Any
from urllib.parse import quote

from tests.conformance.fuzzing.parameters import Parameter, path_parameter
from tests.conformance.fuzzing.program import Inputs, Program, Target, Writer
from tests.conformance.fuzzing.requests import wire_headers, wire_path, wire_query

# Before the session is accepted, with it, and after it was closed: some are mistakes.
_ACCEPTS = (
    *("await ws.accept()",) * 6,
    "await ws.accept(subprotocol='b')",
    "await ws.accept(headers=[(b'x-a', b'1'), (b'X-B', b'2')])",
    "await ws.accept('a', [(b'set-cookie', b'a=b')])",
    "await ws.receive()\nawait ws.accept()",
    "await ws.accept()\nawait ws.accept()",
)
_REFUSALS = (
    "await ws.close()",
    "await ws.close(4001, 'no')",
    "await ws.send_denial_response(f.responses.PlainTextResponse('no', 403))",
    "await ws.send_denial_response(f.responses.JSONResponse({'a': 1}, headers={'x': 'y'}))",
    "await ws.send_text('early')",
    "log(await ws.receive_text())",
    "raise f.WebSocketException(1008)",
    "raise f.WebSocketException(4000, 'own reason')",
    "raise f.HTTPException(403, 'forbidden', {'x-h': 'v'})",
    "raise f.HTTPException(404)",
    "raise f.WebSocketDisconnect(1001, 'gone')",
    "raise f.exceptions.WebSocketRequestValidationError([{'loc': ('x',), 'msg': 'm'}])",
    "raise f.exceptions.RequestValidationError([{'loc': ('x',), 'msg': 'm'}])",
    "raise OwnError('own')",
    "raise KeyError('k')",
    "raise ValueError('v')",
    "pass",
)
_STEPS = (
    "log(await ws.receive_text())",
    "log(await ws.receive_bytes())",
    "log(await ws.receive_json())",
    "log(await ws.receive_json(mode='binary'))",
    "log(sorted((await ws.receive()).items()))",
    "await ws.send_text('text é')",
    "await ws.send_bytes(b'\\x00bytes')",
    "await ws.send_json({'a': [1, None, 'é'], 'b': 1.5})",
    "await ws.send_json([True], mode='binary')",
    "await ws.send_json(1, mode='other')",
    "await ws.send({'type': 'websocket.send', 'text': 'raw'})",
    "await ws.send({'type': 'websocket.other'})",
    "async for message in ws.iter_text():\n    log('iter', message)",
    "async for message in ws.iter_bytes():\n    log('iter', message)\n    break",
    "async for message in ws.iter_json():\n    await ws.send_json(message)",
    "log(ws.client_state.name, ws.application_state.name)",
    "log(ws.url.path, ws.url.query, sorted(ws.path_params), dict(ws.query_params))",
    "log(ws.cookies, ws.headers.get('x-token'), ws.client, ws.base_url)",
    "log(ws.scope['root_path'], ws.scope['subprotocols'], ws.scope['endpoint'].__name__)",
    "log(type(ws.scope['route']).__name__, ws.scope['route'].path, ws.app is ws.scope['app'])",
    "log(sorted(key for key in ws.scope if key != 'fastapi'))",
    "ws.state.mark = 1\nlog(ws.state.mark)",
    "await asyncio.sleep(0)",
    "try:\n    log(await ws.receive_text())\nexcept f.WebSocketDisconnect as gone:\n"
    "    log('gone', gone.code, gone.reason)",
    "try:\n    await ws.send_text('x')\nexcept f.WebSocketDisconnect as gone:\n"
    "    log('gone', gone.code)",
    "await ws.close()",
    "await ws.close(1001, 'leaving')",
    "await ws.close(reason='é')",
)
_HANDLERS = (
    ("f.WebSocketException", "await ws.close(4100, exc.reason)"),
    ("f.WebSocketException", "raise OwnError('from a handler')"),
    ("f.exceptions.WebSocketRequestValidationError",
     "log(exc.errors())\nawait ws.close(4101, 'invalid')"),
    ("f.exceptions.WebSocketRequestValidationError", "await ws.accept()\nawait ws.send_json(1)"),
    ("f.HTTPException", "log(exc.status_code)\nawait ws.close(4102)"),
    ("f.HTTPException", "return f.responses.PlainTextResponse('http', 403)"),
    ("403", "log('by status')\nawait ws.close(4103)"),
    ("OwnError", "await ws.close(4104, str(exc))"),
    ("OwnError", "return None"),
    ("KeyError", "raise f.WebSocketException(4105)"),
    ("Exception", "log('last')\nreturn f.responses.PlainTextResponse('500', 500)"),
    ("f.WebSocketDisconnect", "log('left', exc.code)"),
)  # fmt: skip
_ODD_SPECIALS = (
    ("request", "f.Request", "log(request.method)\n"),
    ("response", "f.Response", "log(response.status_code)\n"),
)
_MESSAGES = (
    *({"text": "hello"}, {"text": ""}, {"text": '{"a": [1, 2]}'}, {"text": "{"}, {"text": "5"}),
    *({"bytes": b"bytes"}, {"bytes": b""}, {"bytes": b'{"b": 1}'}, {"bytes": b"\xff"}),
    *({"text": "é", "bytes": None}, {"text": None, "bytes": b"x"}),
)
_LEAVINGS: tuple[dict[str, Any], ...] = (
    {},
    {"code": 1000},
    {"code": 1001, "reason": "away"},
    {"code": 1006, "reason": ""},
)
_DENIAL = {"websocket.http.response": {}}


@dataclass(frozen=True)
class Session:
    """One client of a WebSocket route.

    Attributes:
        messages: What it sends before it leaves.
        leaving: What its server tells about that.
        failure: How many messages it takes before sending to it fails; None for all.
        kind: Of its ASGI scope.
    """

    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    messages: tuple[dict[str, Any], ...]
    leaving: dict[str, Any]
    subprotocols: tuple[str, ...] = ()
    can_deny: bool = True
    failure: int | None = None
    root_path: str = ""
    kind: str = "websocket"

    def scope(self) -> dict[str, Any]:
        """Return a new ASGI scope."""
        scope = {
            "type": self.kind,
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": self.path,
            "raw_path": quote(self.path).encode(),
            "root_path": self.root_path,
            "query_string": self.query,
            "headers": list(self.headers),
            "client": ("203.0.113.9", 5000),
            "server": ("localhost", 8000),
            "subprotocols": list(self.subprotocols),
            "extensions": _DENIAL if self.can_deny else {},
            "state": {},
        }
        if self.kind == "http":
            scope.update(method="GET", scheme="http")
        return scope


class SessionWriter(Writer):
    """Writes a program whose routes are for WebSockets."""

    def specials(self, parameters: list[Parameter]) -> str:
        """Add parameters that are asked for by type; return statements that use them."""
        statements = ""
        taken = {item.name for item in parameters}
        if self.chance(0.25) and "ws" not in taken:
            parameters.append(Parameter("connection", "f.requests.HTTPConnection", None))
            statements += "log(connection.url.path, sorted(connection.path_params))\n"
        if self.chance(0.25) and "ws" not in taken:
            parameters.append(Parameter("ws", "f.WebSocket", None))
            statements += self.rng.choice(
                ("log(ws.client_state.name)\n", "await_ = ws.accept\n", "log(ws.url.path)\n")
            )
        if self.chance(0.05):
            parameters.append(Parameter("tasks", "f.BackgroundTasks", None))
            statements += 'tasks.add_task(log, "task")\n'
        if self.chance(0.04):
            parameters.append(Parameter("scopes", "f.security.SecurityScopes", None))
            statements += "log(scopes.scopes)\n"
        if self.chance(0.03):
            name, annotation, statement = self.rng.choice(_ODD_SPECIALS)
            parameters.append(Parameter(name, annotation, None))
            statements += statement
        return statements

    def add_dependency(self, name: str) -> None:
        inputs = self.inputs.setdefault(name, Inputs())
        parameters = self.parameters(inputs, [], self.rng.choice((0, 0, 1)))
        arguments = ", ".join(item.name for item in parameters)
        statements = f"log({name!r}, show([{arguments}]))\n{self.specials(parameters)}"
        if self.chance(0.12):
            statements += f"{self.refusal()}\n"
        self.add(self.callable_text(name, self.signature(parameters), statements, arguments))
        self.dependencies.append(name)

    def ask(self, asked: list[tuple[str, str]]) -> None:
        super().ask(asked[:1])  # pages, which answer no session

    def refusal(self) -> str:
        return self.rng.choice([piece for piece in _REFUSALS if piece.startswith("raise")])

    def add_route(self, owner: str, prefix: str) -> None:
        self.routes += 1
        inputs = Inputs()
        path, own = f"/r{self.routes}", []
        for name in self.rng.sample(("p", "q"), self.rng.choice((0, 0, 1, 2))):
            path += f"/{{{name}{self.rng.choice(('', '', ':int', ':path'))}}}"
            inputs.wires.add("path", name, ("7", "x", "1.5", "a/b"))
            if self.chance(0.3):
                own.append(path_parameter(self.rng, name, inputs.wires))
            elif self.chance(0.8):
                own.append(Parameter(name, "str", None))
        parameters = self.parameters(inputs, own, self.rng.choice((0, 0, 1, 2)))
        names = [item.name for item in parameters]
        parameters.insert(0, Parameter("ws", "f.WebSocket", None))
        statements = f"log('endpoint', show([{', '.join(names)}]))\n{self.specials(parameters)}"
        options = ""
        if self.dependencies and self.chance(0.25):
            name = self.rng.choice(self.dependencies)
            self.take_inputs(inputs, name)
            options = f", dependencies=[{self.depends(name)}]"
        if self.chance(0.1):
            options += f", name='session{self.routes}'"
        verb = self.rng.choice(("websocket", "websocket", "websocket", "websocket_route"))
        if verb == "websocket_route":  # Starlette's, which only takes the session
            parameters, options = [Parameter("ws", "f.WebSocket", None)], ""
            statements = "log('endpoint')\n"
        self.add(f'@{owner}.{verb}("{path}"{options})')
        head = f"async def session{self.routes}({self.signature(parameters)}):\n"
        self.add(head + indent(statements + self.script(), "    "))
        self.program.targets.append(Target("WS", prefix + path, inputs.wires, []))

    def script(self) -> str:
        """Return what a session does."""
        lines = [self.rng.choice(_REFUSALS if self.chance(0.2) else _ACCEPTS)]
        lines += self.rng.choices(_STEPS, k=self.rng.choice((0, 1, 2, 3, 4)))
        if self.chance(0.25):
            lines.append(self.refusal())
        if self.chance(0.3):
            lines.append("log('end')")
        text = "\n".join(lines)
        if self.chance(0.2):
            text = f"try:\n{indent(text, '    ')}\nfinally:\n    log('finally')"
        return text

    def add_handlers(self) -> None:
        for kind, body in self.rng.sample(_HANDLERS, self.rng.choice((0, 0, 0, 1, 2, 3))):
            self.add(f"@app.exception_handler({kind})\nasync def handler(ws, exc):")
            self.add(indent(f"log('handler', type(exc).__name__)\n{body}", "    "))

    def add_mount(self) -> None:
        options = self.rng.choice(("", "root_path='/own'"))
        self.add(f"sub = f.FastAPI({options})")
        self.add_route("sub", "/sub")
        self.add('app.mount("/sub", sub)')
        if self.chance(0.5):
            self.add_route("app", "")  # after the mount
            self.add("@app.get('/page')\ndef page():\n    return 1")

    def add_middleware(self) -> None:
        super().add_middleware()
        if self.chance(0.5):
            self.add("app.add_middleware(Through)")


def write_session_program(seed: int, *, in_threads: bool = True) -> Program:
    """Return the program of *seed* with WebSocket routes, the same one each time.

    Args:
        seed: Any number.
        in_threads: Whether some of it runs in worker threads, which take their own time.
    """
    writer = SessionWriter(seed)
    if not in_threads:
        writer.kinds = ("async", "async yield")
    return writer.write()


def write_sessions(program: Program, count: int) -> list[Session]:
    """Return *count* clients of the routes of *program*, the same ones each time."""
    rng = Random(program.seed + 1)
    return [_session(rng, rng.choice(program.targets)) for _ in range(count)]


def _session(rng: Random, target: Target) -> Session:
    root_path = rng.choice(("/root", "/api")) if rng.random() < 0.04 else ""
    # 4,300 digits are a difference on purpose, which other programs look at.
    path = wire_path(rng, target)[:4000]
    if root_path and rng.random() < 0.6:
        path = root_path + path
    kind = "http" if rng.random() < 0.03 else "websocket"
    return Session(
        path,
        wire_query(rng, target),
        tuple(wire_headers(rng, target)),
        tuple(rng.choice(_MESSAGES) for _ in range(rng.choice((0, 1, 1, 2, 3)))),
        rng.choice(_LEAVINGS),
        rng.choice(((), (), ("a", "b"))),
        can_deny=rng.random() < 0.8,
        failure=rng.randrange(4) if kind == "websocket" and rng.random() < 0.08 else None,
        root_path=root_path,
        kind=kind,
    )
