"""The requests that are measured, and the answers that make a measurement count."""

import json
from dataclasses import dataclass, field
from urllib.parse import unquote

from macro.data import ROWS

ORDER = {
    "buyer": {
        "id": 31,
        "name": "Grace Hopper",
        "email": "grace@example.com",
        "address": {"street": "1 Navy Yard Square", "city": "Arlington", "postcode": "VA 22202"},
    },
    "lines": [
        {"sku": "K-101", "quantity": 4, "price": 12.5},
        {"sku": "L-202", "quantity": 1, "price": 84.0},
        {"sku": "M-303", "quantity": 12, "price": 0.75},
    ],
    "labels": ["express", "fragile"],
    "remark": "ring twice",
    "paid": True,
}
SHORT_ORDER = {"buyer": ORDER["buyer"], "lines": ORDER["lines"][:1]}
SHORT_ORDER_ANSWER = {**SHORT_ORDER, "labels": [], "remark": None, "paid": False}
NO_QUANTITY = {**ORDER, "lines": [{"sku": "K-101", "quantity": 0, "price": 1.0}]}
JSON_TYPE = {"content-type": "application/json"}
REFUSED = frozenset({400, 401, 403, 404, 422})
OK = frozenset({200})


def packed(value: object) -> bytes:
    """Return *value* as JSON without spaces, as most clients send it."""
    return json.dumps(value, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Call:
    """One request and what its answer has to be; a body is compared as JSON where it is no text."""

    target: str
    answer: object = None
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: frozenset[int] = OK
    answer_headers: tuple[bytes, ...] = ()

    def scope(self) -> dict:
        """Return the ASGI scope that a server would make of it."""
        path, _, query = self.target.partition("?")
        headers = [(b"host", b"127.0.0.1:8000")]
        headers += [(name.encode(), value.encode()) for name, value in self.headers.items()]
        if self.body:
            headers.append((b"content-length", b"%d" % len(self.body)))
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "root_path": "",
            "method": self.method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": headers,
        }

    def fault(self, messages: list[dict]) -> str | None:
        """Return what is wrong with the answer in *messages*, None if nothing is."""
        if not messages or messages[0]["type"] != "http.response.start":
            return f"{self.target}: no answer, {messages!r:.200}"
        start, *rest = messages
        body = b"".join(message.get("body", b"") for message in rest)
        if start["status"] not in self.status:
            return f"{self.target}: status {start['status']}, {body[:200]!r}"
        if rest and rest[-1].get("more_body"):
            return f"{self.target}: the answer does not end"
        if self.answer is None:
            return None
        got = body.decode() if isinstance(self.answer, str) else json.loads(body)
        if got != self.answer:
            return f"{self.target}: body {body[:200]!r}"
        names = {bytes(name).lower() for name, _ in start["headers"]}
        missing = {b"content-type", *self.answer_headers} - names
        return f"{self.target}: no header {missing}" if missing else None


def refused(target: str, **more: object) -> Call:
    """Return a request that every framework has to refuse."""
    return Call(target, status=REFUSED, **more)


def posted(body: bytes, answer: object) -> Call:
    """Return an order being posted; refused where there is no *answer*."""
    call = {"method": "POST", "headers": JSON_TYPE, "body": body}
    return Call("/items", answer, **call) if answer else refused("/items", **call)


@dataclass(frozen=True)
class Workload:
    """One column: which of a module's applications, the driven request, and more for the check."""

    application: str
    driven: Call
    also: tuple[Call, ...] = ()


MESSAGE = {"message": "Hello, World!"}
TOKEN = {"x-token": "token-of-grace"}

WORKLOADS = {
    "plaintext": Workload("endpoints", Call("/plaintext", "Hello, World!")),
    "json": Workload("endpoints", Call("/json", MESSAGE), (refused("/nothing"),)),
    "path": Workload(
        "endpoints",
        Call("/users/42", {"user_id": 42}),
        (Call("/users/7654321", {"user_id": 7654321}), refused("/users/abc")),
    ),
    "query": Workload(
        "endpoints",
        Call("/search?q=hello&page=2&size=20", {"q": "hello", "page": 2, "size": 20}),
        (
            Call("/search?q=h%C3%A9llo", {"q": "h\u00e9llo", "page": 1, "size": 20}),
            Call("/search?size=100&q=a+b", {"q": "a b", "page": 1, "size": 100}),
            refused("/search?q=hello&size=101"),
            refused("/search?q=hello&page=0"),
            refused("/search?q=hello&page=x"),
            refused("/search?page=2"),
        ),
    ),
    "items": Workload(
        "endpoints",
        posted(packed(ORDER), ORDER),
        (
            posted(packed(SHORT_ORDER), SHORT_ORDER_ANSWER),
            posted(packed(NO_QUANTITY), None),
            posted(b'{"lines":[]}', None),
            posted(b'{"buyer":', None),
        ),
    ),
    "deps": Workload(
        "endpoints",
        Call("/deps", {"user": "grace", "grant": "stock:read"}, headers=TOKEN),
        (refused("/deps"), refused("/deps", headers={"x-token": "another"})),
    ),
    "list": Workload("endpoints", Call("/list", ROWS)),
    "sync": Workload("endpoints", Call("/sync", {"ok": True})),
    "routes200": Workload(
        "many_routes",
        Call("/api/v1/resource199/7/detail", {"number": 199, "key": "7"}),
        (
            Call("/api/v1/resource0/x-y/detail", {"number": 0, "key": "x-y"}),
            refused("/api/v1/resource200/7/detail"),
        ),
    ),
    "middleware": Workload(
        "behind_middleware", Call("/json", MESSAGE, answer_headers=(b"x-process-time",))
    ),
}
