"""Requests beyond the first table: FasterAPI and FastAPI only, `asgi.py --more`."""

from workloads import JSON_TYPE, Call, Workload, packed

FORM_TYPE = {"content-type": "application/x-www-form-urlencoded"}
EVENT = {
    "id": "00000000-0000-0000-0000-000000000007",
    "at": "2026-01-02T03:04:05Z",
    "kind": "food",
    "note": "x",
}
LINES = [{"sku": f"K-{number}", "quantity": number + 1, "price": 1.5} for number in range(20)]
ACCOUNT = {"id": 1, "name": "Ada", "active": True}
ACCOUNTS = [{"id": number, "name": f"name {number}", "active": True} for number in range(100)]
LONG_NOTE = {**EVENT, "note": "a long note " * 90_000}

MULTIPART_TYPE = {"content-type": "multipart/form-data; boundary=----of-a-client"}
FILE = ('file"; filename="a.txt', "hello")


def _form(*parts: tuple[str, str]) -> bytes:
    written = [
        f'------of-a-client\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts
    ]
    return "".join((*written, "------of-a-client--\r\n")).encode()


def _posted(path: str, sent: object, answer: object) -> Workload:
    call = Call(path, answer, method="POST", headers=JSON_TYPE, body=packed(sent))
    return Workload("more", call)


def _got(target: str, answer: object, status: int = 200, **headers: str) -> Workload:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Workload("more", Call(target, answer, headers=named, status=frozenset({status})))


MORE = {
    "list body": _posted("/lines", LINES, {"count": 20}),
    "union body": _posted("/union", {"tail": 1.5, "kind": "dog"}, {"kind": "dog"}),
    "validated body": _posted("/titled", {"title": " a "}, {"title": "a"}),
    "two bodies": _posted(
        "/pair", {"line": LINES[0], "titled": {"title": "a"}}, {"sku": "K-0", "title": "a"}
    ),
    "typed body": _posted("/event", EVENT, EVENT),
    "1 MB body": _posted("/event", LONG_NOTE, LONG_NOTE),
    "form": Workload(
        "more",
        Call("/form", {"name": "Ada", "age": 36}, "POST", FORM_TYPE, b"name=Ada&age=36"),
    ),
    "upload": Workload(
        "more", Call("/upload", {"name": "a.txt", "size": 5}, "POST", MULTIPART_TYPE, _form(FILE))
    ),
    "file and fields": Workload(
        "more",
        Call(
            "/fields",
            {"title": "x", "tag": ["p", "q"], "size": 5},
            "POST",
            MULTIPART_TYPE,
            _form(FILE, ("title", "x"), ("tag", "p"), ("tag", "q")),
        ),
    ),
    "request.form()": Workload(
        "more",
        Call("/asked", {"name": "Ada", "age": "36"}, "POST", FORM_TYPE, b"name=Ada&age=36"),
    ),
    "many query": _got(
        "/many?a=5&b=6&c=x&d=true&e=1.5&tag=p&tag=q",
        {"a": 5, "b": 6, "c": "x", "d": True, "e": 1.5, "tag": ["p", "q"]},
    ),
    "typed values": _got(
        "/keys/00000000-0000-0000-0000-000000000007?day=2026-01-02&rows=1&rows=2", {"rows": 2}
    ),
    "query model": _got("/search?limit=3&tag=a&tag=b", {"limit": 3}),
    "header, cookie": _got(
        "/headers", {"agent": "me", "session": "s1"}, user_agent="me", cookie="a=b; session=s1"
    ),
    "long path": _got("/shops/main/rows/7/a/b.txt", {"shop": "main", "row": 7, "rest": "a/b.txt"}),
    "class dep": _got("/class?page=3", {"page": 3, "size": 20}),
    "yield dep": _got("/yield", {"open": True}),
    "thread yield dep": _got("/yield/thread", {"open": True}),
    "background": _got("/background", {"noted": True}),
    "bearer": _got("/bearer", {"token": "abc"}, authorization="Bearer abc"),
    "other model": _got("/filtered", ACCOUNT),
    "attributes": _got("/orm", ACCOUNT),
    "100 models": _got("/accounts", ACCOUNTS),
    "dict to model": _got("/modelled", ACCOUNT),
    "dataclass": _got("/dataclass", {"x": 1, "y": 2.5}),
    "typed answer": _got("/dated", EVENT),
    "untyped": _got("/untyped", {"event": EVENT}),
    "untyped values": _got(
        "/values",
        {
            "id": EVENT["id"],
            "at": "2026-01-02T03:04:05",
            "price": 9.5,
            "kind": "food",
            "tags": ["a"],
        },
    ),
    "int": _got("/number", 42),
    "204": _got("/empty", None, 204),
    "response headers": _got("/marked", {"ok": True}),
    "JSONResponse": _got("/own", {"id": 1, "name": "Ada"}),
    "text response": _got("/text", "hello"),
    "html class": _got("/page", "<p>hello</p>"),
    "own class": _got("/own-class", {"id": 1, "name": "Ada"}),
    "redirect": _got("/old", None, 307),
    "set cookie": _got("/cookie", {"ok": True}),
    "stream": _got("/pieces", "ab"),
    "own handler": _got("/handled", {"sold": "out"}, 409),
    "404 raised": _got("/missing", {"detail": "no such thing"}, 404),
    "404 no route": _got("/nothing", {"detail": "Not Found"}, 404),
    "422": _got("/typed/x", None, 422),
}
