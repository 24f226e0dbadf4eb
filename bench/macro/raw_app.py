"""No framework: an ASGI function that picks a finished answer by path, the limit of this door."""

import json

from workloads import ORDER

from macro.data import ROWS

CANNED = {
    "/plaintext": (b"text/plain", b"Hello, World!"),
    "/json": {"message": "Hello, World!"},
    "/users/42": {"user_id": 42},
    "/search": {"q": "hello", "page": 2, "size": 20},
    "/items": ORDER,
    "/deps": {"user": "grace", "grant": "stock:read"},
    "/list": ROWS,
    "/sync": {"ok": True},
    "/api/v1/resource199/7/detail": {"number": 199, "key": "7"},
}


def messages(answer: object, more: list[tuple[bytes, bytes]]) -> tuple[dict, dict]:
    """Return both messages of one answer."""
    if isinstance(answer, tuple):
        media_type, body = answer
    else:
        media_type, body = b"application/json", json.dumps(answer, separators=(",", ":")).encode()
    headers = [(b"content-type", media_type), (b"content-length", b"%d" % len(body)), *more]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


def build(more: list[tuple[bytes, bytes]] | None = None):
    answers = {path: messages(answer, more or []) for path, answer in CANNED.items()}

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                event = (await receive())["type"]
                await send({"type": f"{event}.complete"})
                if event == "lifespan.shutdown":
                    return
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
        start, body = answers[scope["path"]]
        await send(start)
        await send(body)

    return app


endpoints = many_routes = build


def behind_middleware():
    return build([(b"x-process-time", b"0.000001")])
