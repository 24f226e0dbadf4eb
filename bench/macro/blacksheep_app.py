"""BlackSheep with its binders; it has no bounds for query values and no chains of dependencies."""

import time

from blacksheep import Application, Content, FromHeader, Response, Router, json, text
from blacksheep.exceptions import BadRequest, Forbidden, Unauthorized

from macro.data import NEEDED_GRANT, ROUTE_COUNT, ROWS, USERS
from macro.models import ARTICLES, Order

MAX_QUERY, MAX_SIZE = 50, 100


class TokenHeader(FromHeader[str]):
    name = "X-Token"


def encoded(body: bytes) -> Response:
    return Response(200, content=Content(b"application/json", body))


async def current_user(token: str) -> dict:
    user = USERS.get(token)
    if user is None:
        raise Unauthorized("unknown token")
    return user


async def needed_grant(user: dict) -> str:
    if NEEDED_GRANT not in user["grants"]:
        raise Forbidden("not allowed")
    return NEEDED_GRANT


async def json_message():
    return json({"message": "Hello, World!"})


def new_application() -> Application:
    # Without a router of its own an application shares a global one.
    return Application(router=Router())


def endpoints() -> Application:
    app = new_application()
    get, post = app.router.get, app.router.post
    get("/json")(json_message)

    @get("/plaintext")
    async def plaintext():
        return text("Hello, World!")

    @get("/users/{user_id}")
    async def user(user_id: int):
        return json({"user_id": user_id})

    @get("/search")
    async def search(q: str, page: int = 1, size: int = 20):
        if not (1 <= len(q) <= MAX_QUERY and page >= 1 and 1 <= size <= MAX_SIZE):
            raise BadRequest("out of bounds")
        return json({"q": q, "page": page, "size": size})

    @post("/items")
    async def items(order: Order):
        return encoded(Order.__pydantic_serializer__.to_json(order))

    @get("/deps")
    async def deps(token: TokenHeader):
        user = await current_user(token.value)
        grant = await needed_grant(user)
        return json({"user": user["name"], "grant": grant})

    @get("/list")
    async def articles():
        return encoded(ARTICLES.dump_json(ARTICLES.validate_python(ROWS)))

    @get("/sync")
    def sync():
        return json({"ok": True})

    return app


def many_routes() -> Application:
    app = new_application()

    def add(number: int) -> None:
        @app.router.get(f"/api/v1/resource{number}/{{key}}/detail")
        async def detail(key: str):
            return json({"number": number, "key": key})

    for number in range(ROUTE_COUNT):
        add(number)
    return app


async def process_time(request, handler):
    began = time.perf_counter()
    response = await handler(request)
    response.headers.add(b"X-Process-Time", b"%.6f" % (time.perf_counter() - began))
    return response


def behind_middleware() -> Application:
    app = new_application()
    app.middlewares.append(process_time)
    app.router.get("/json")(json_message)
    return app
