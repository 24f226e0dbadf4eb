"""Programs that use routers in every way get FastAPI's answers and documents."""

import importlib
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from enum import IntEnum
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import fastapi
import pytest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Host, Mount, Route
from starlette.testclient import TestClient

import fasterapi

Program = Callable[[ModuleType], Any]
PROGRAMS: list[tuple[Program, list[tuple[str, str, dict[str, Any]]]]] = []


class Item(BaseModel):
    name: str
    price: float = 1.5


class Code(IntEnum):
    teapot = 418


def program(*requests: Any) -> Callable[[Program], Program]:
    """Register a program with the requests to send: ``"GET /path"``, or a tuple with options."""

    def register(function: Program) -> Program:
        parsed = []
        for request in requests:
            line, options = request if isinstance(request, tuple) else (request, {})
            method, _, path = line.partition(" ")
            parsed.append((method, path, options))
        PROGRAMS.append((function, parsed))
        return function

    return register


def sub(module: ModuleType, name: str) -> Any:
    return importlib.import_module(f"{module.__name__}.{name}")


async def hello(request: Request) -> Response:
    return PlainTextResponse(f"{request.url.path} {dict(request.path_params)}")


@program(
    "GET /items/me", "GET /items/7", "GET /items/x", "PUT /items/7", "HEAD /items/7",
    "DELETE /items/7", "OPTIONS /items/7", "GET /items/", "GET /items/7/", "GET /none",
    "GET /a/b/c", "GET /int/12", "GET /int/x", "GET //items//me", "GET /plain", "HEAD /plain",
)  # fmt: skip
def order_and_methods(m: ModuleType) -> Any:
    app = m.FastAPI()
    app.add_route("/plain", hello)

    @app.get("/items/{item_id}")
    def first(item_id: int) -> dict[str, int]:
        return {"id": item_id}

    @app.get("/items/me")
    def shadowed() -> str:
        return "never"

    @app.put("/items/{name}")
    def put(name: str) -> str:
        return name

    @app.api_route("/items/{name}", methods=["DELETE", "PATCH"])
    def other(name: str) -> str:
        return name

    @app.get("/{rest:path}/c")
    def rest(rest: str) -> str:
        return rest

    @app.get("/int/{number:int}")
    def number(number: int) -> int:
        return number

    return app


@program(
    "GET /api/v1/users/1?q=a", "GET /api/v1/users/x", "GET /api/v1/users/1/",
    "POST /api/v1/users", ("POST /api/v1/users", {"json": {"name": "a"}}),
    ("POST /api/v1/users", {"json": {"item": {"name": "a"}, "extra": 1}}),
    "GET /api/v1/deep/er/x", "GET /api/v1/deep/er/teapot", "GET /api/v1", "GET /api/v1/",
    "DELETE /api/v1/users/1", "GET /api/v1/late", "GET /openapi.json",
)  # fmt: skip
def nested_includes(m: ModuleType) -> Any:
    def depend(q: str = "q") -> str:
        return q

    def check(token: Annotated[str, m.Header()] = "t") -> None: ...

    app = m.FastAPI(dependencies=[m.Depends(check)])
    deep = m.APIRouter(prefix="/er", tags=["deep"], dependencies=[m.Depends(depend)])
    middle = m.APIRouter(tags=["middle"], responses={404: {"model": Item}}, deprecated=True)
    top = m.APIRouter(prefix="/v1")

    @top.get("/users/{user_id}", response_model=list[Item], responses={409: {"model": Item}})
    def users(user_id: int, q: Annotated[str, m.Depends(depend)]) -> Any:
        return [{"name": q, "price": user_id, "more": 1}]

    @top.post("/users", status_code=201)
    def create(item: Item, extra: Annotated[int, m.Body()]) -> Item:
        return item

    @deep.get("/{name}", operation_id="named", name="deep", summary="S", response_model=None)
    def named(name: str) -> Any:
        """First.

        Second.\f Hidden."""
        if name == "teapot":
            return m.Response("short", status_code=Code.teapot)
        return name

    middle.include_router(deep, prefix="/deep", tags=["included"], responses={418: {}})
    top.include_router(middle)
    app.include_router(top, prefix="/api", tags=["all"], dependencies=[m.Depends(depend)])

    @top.get("/late", include_in_schema=False)
    def late() -> str:
        return "late"

    return app


@program(
    "GET /p/mnt/x", "GET /p/mnt", "GET /p/mnt/", "GET /p/sub/items/3", "GET /p/sub/none",
    "GET /p/star/3", ("GET /p/hosted", {"headers": {"host": "api.example.org"}}),
    ("GET /hosted", {"headers": {"host": "api.example.org"}}),
    ("GET /hosted", {"headers": {"host": "top.example.org"}}), "GET /p/sub/openapi.json",
)  # fmt: skip
def mounts_and_hosts(m: ModuleType) -> Any:
    app = m.FastAPI()
    sub_app = m.FastAPI()
    router = m.APIRouter()

    @sub_app.get("/items/{number}")
    def item(number: int, request: m.Request) -> Any:
        return [number, request.scope["root_path"], str(request.url_for("item", number=1))]

    router.mount("/mnt", Starlette(routes=[Route("/x", hello), Route("/", hello)]), name="mnt")
    router.mount("/sub", sub_app)
    router.routes.append(Route("/star/{x:int}", hello, name="star"))
    router.host("api.example.org", Starlette(routes=[Route("/hosted", hello)]))
    app.include_router(router, prefix="/p")
    app.router.routes.append(
        Host("{part}.example.org", Starlette(routes=[Mount("/", routes=[Route("/hosted", hello)])]))
    )
    return app


@program(
    "GET /one", "GET /two", "GET /own", "GET /r/own", "GET /r/one", "GET /overridden",
    ("POST /r/len", {"content": b"abc"}),
)  # fmt: skip
def route_classes(m: ModuleType) -> Any:
    routing = sub(m, "routing")

    class Timed(routing.APIRoute):
        def get_route_handler(self) -> Any:
            handler = super().get_route_handler()

            async def timed(request: Any) -> Any:
                response = await handler(request)
                response.headers["x-path"] = self.path
                return response

            return timed

    class Loose(routing.APIRoute):
        def matches(self, scope: Any) -> Any:
            if scope["path"].endswith("/two"):
                scope = {**scope, "path": scope["path"][:-3] + "one"}
            return super().matches(scope)

    class Router(m.APIRouter):
        def add_api_route(self, path: str, endpoint: Any, **options: Any) -> None:
            options["tags"] = ["added"]
            super().add_api_route(path, endpoint, **options)

        def get(self, path: str, *args: Any, **kwargs: Any) -> Any:
            return super().get(path, *args, **kwargs)

    app = m.FastAPI()
    app.router.route_class = Loose
    app.get("/one")(lambda: "one")
    router = Router(route_class=Timed)
    router.get("/own")(lambda: "own")

    @router.post("/len")
    async def length(request: m.Request) -> int:
        return len(await request.body())

    router.add_api_route("/one", lambda: "r1", route_class_override=Loose)
    app.include_router(router)
    app.include_router(router, prefix="/r")
    app.dependency_overrides[hello] = lambda: "new"
    app.get("/overridden")(lambda x=m.Depends(hello): x)
    return app


@program(
    "GET /sse", "GET /sse?bad=1", "GET /lines", "GET /sync-lines", "GET /raw", "GET /typed",
    "GET /broken", "GET /status", "GET /empty", "GET /reset", "GET /nan", "GET /html",
    "GET /cookie", "GET /default", "GET /model-response", "GET /openapi.json",
)  # fmt: skip
def answers(m: ModuleType) -> Any:
    sse, responses = sub(m, "sse"), sub(m, "responses")
    app = m.FastAPI()

    @app.get("/sse", response_class=sse.EventSourceResponse)
    async def events(bad: bool = False) -> AsyncIterator[Item]:
        yield Item(name="a")
        yield sse.ServerSentEvent(data={"x": float("nan")}, event="e", id="1", comment="c\nd")
        yield sse.ServerSentEvent(raw_data="raw\nlines", retry=3)
        if bad:
            yield Item(name="b")

    @app.get("/lines")
    async def lines() -> AsyncIterator[Item]:
        yield {"name": "a", "more": 1}
        yield Item(name="b", price=2)

    @app.get("/sync-lines", status_code=202)
    def sync_lines(response: m.Response) -> Iterator[Any]:
        response.headers["x-a"] = "1"
        yield {"n": float("inf")}
        yield [1]

    @app.get("/raw", response_class=responses.StreamingResponse)
    async def raw() -> Any:
        yield b"one"
        yield "two"

    @app.get("/typed", response_class=responses.HTMLResponse)
    def typed() -> str:
        return "<p>"

    @app.get("/broken", response_model=Item)
    def broken() -> Any:
        return {"price": "x"}

    @app.get("/status", status_code=Code.teapot)
    def status(response: m.Response, tasks: m.BackgroundTasks) -> dict[str, int]:
        response.status_code = 299
        response.headers["x-b"] = "2"
        return {"a": 1}

    @app.get("/empty", status_code=204)
    def empty() -> None: ...

    @app.get("/reset")
    def reset(response: m.Response) -> None:
        response.status_code = 304

    @app.get("/nan", response_model=None)
    def nan() -> Any:
        return {"a": 1.5, "b": Code.teapot}

    @app.get("/html", response_model_exclude_unset=True, response_model_include={"name"})
    def html() -> Item:
        return Item(name="x")

    @app.get("/cookie")
    def cookie(response: m.Response) -> list[int]:
        response.set_cookie("a", "b")
        response.set_cookie("c", "d")
        return [1]

    @app.get("/default", response_class=responses.PlainTextResponse, response_model=None)
    def default() -> Any:
        return "text"

    @app.get("/model-response")
    def model_response() -> responses.JSONResponse:
        return responses.JSONResponse({"a": 1}, headers={"x": "y"})

    return app


@program(
    ("POST /item", {"json": {"name": "a"}}), ("POST /item", {"content": b"{"}),
    ("POST /item", {"content": b'{"name": "a"}'}),
    ("POST /item", {"content": b"{", "headers": {"content-type": "application/json"}}),
    ("POST /item", {"content": b"[" * 100000, "headers": {"content-type": "application/json"}}),
    ("POST /item", {"content": b"\xff", "headers": {"content-type": "application/json"}}),
    ("POST /item", {"content": b'{"name":"a"}', "headers": {"content-type": "application/x+json"}}),
    ("POST /item", {"content": b'{"name":"a"}', "headers": {"content-type": "Application/JSON;a"}}),
    ("POST /item", {"content": b'{"name":"a"}', "headers": {"content-type": "application/json/x"}}),
    ("POST /item", {"content": b'{"name":"a"}', "headers": {"content-type": "text/json"}}),
    ("POST /loose", {"content": b'{"name": "a"}'}), ("POST /form", {"data": {"a": "1"}}),
    ("POST /form", {"data": {"a": "1", "b": "2"}}), ("POST /form", {"files": {"a": b"x"}}),
    ("POST /limited", {"content": b"x" * 20}), ("POST /limited", {"content": b'"x"'}),
    ("POST /lim/its", {"content": b"x" * 20}), ("POST /r/form", {"data": {"a": "1", "b": "2"}}),
    ("POST /raw", {"content": b"abc"}), "POST /raw", "POST /item",
)  # fmt: skip
def bodies(m: ModuleType) -> Any:
    app = m.FastAPI()

    def post(owner: Any, path: str, endpoint: Any, **options: Any) -> None:
        owner.post(path, **options)(endpoint)

    def item(item: Item) -> Item:
        return item

    def form(a: Annotated[str, m.Form()]) -> str:
        return a

    def text(a: Annotated[str, m.Body()]) -> str:
        return a

    def raw(a: Annotated[bytes, m.Body()] = b"none") -> str:
        return repr(a)

    post(app, "/item", item)
    loose = m.APIRouter(strict_content_type=False)
    post(loose, "/loose", item)
    app.include_router(loose)
    post(app, "/form", form, form_limits={"max_fields": 1})
    post(app, "/limited", text, max_body_size=10)
    limits = m.APIRouter(prefix="/lim", max_body_size=10)
    post(limits, "/its", text)
    app.include_router(limits)
    forms = m.APIRouter(form_limits={"max_fields": 1})
    post(forms, "/form", form)
    app.include_router(forms, prefix="/r")
    post(app, "/raw", raw)
    return app


@program(
    "GET /fail",
    "GET /http",
    "GET /custom",
    "GET /unknown",
    "POST /fail",
    "GET /valid?n=x",
    "GET /deep",
    "GET /swallowed",
)
def errors(m: ModuleType) -> Any:
    async def on_500(request: Any, error: Exception) -> Response:
        return PlainTextResponse(f"500 {error}", status_code=500)

    app = m.FastAPI(exception_handlers={500: on_500})

    @app.exception_handler(KeyError)
    async def on_key(request: Any, error: KeyError) -> Response:
        return PlainTextResponse(f"key {error}", status_code=499)

    @app.exception_handler(404)
    def on_404(request: Any, error: Exception) -> Response:
        return PlainTextResponse("nothing here", status_code=404)

    def closing() -> Iterator[int]:
        try:
            yield 1
        except ValueError:
            raise m.HTTPException(418, "from the exit") from None

    def swallowing() -> Iterator[int]:
        with suppress(ValueError):
            yield 1

    @app.get("/fail")
    def fail() -> None:
        raise RuntimeError("x")

    @app.get("/http")
    def http() -> None:
        raise m.HTTPException(410, {"gone": True}, {"x-why": "age"})

    @app.get("/custom")
    async def custom() -> None:
        raise KeyError("k")

    @app.get("/valid")
    def valid(n: int) -> int:
        return n

    @app.get("/deep")
    def deep(one: Annotated[int, m.Depends(closing)]) -> None:
        raise ValueError

    @app.get("/swallowed")
    def swallowed(one: Annotated[int, m.Depends(swallowing)]) -> None:
        raise ValueError

    return app


def files(folder: Path) -> Path:
    for name in ("index.html", "a.js", "docs/index.html"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(name)
    return folder


HTML = {"headers": {"accept": "text/html;q=0.9, */*"}}


@program(
    "GET /", "GET /a.js", "GET /docs2", "GET /site/docs", "GET /site/docs/", "POST /site/a.js",
    "GET /site/none", ("GET /site/none", HTML), "HEAD /site/a.js", "GET /site/../a.js",
    ("GET /api/none", HTML), "GET /api/x", "POST /api/x", ("GET /in/app/b", HTML),
    "GET /in/app/a.js", "POST /in/app/none", "GET /in/app", "GET /site/%00",
    "GET /site/" + "a" * 300,
)  # fmt: skip
def frontends(m: ModuleType) -> Any:
    def stamp(response: m.Response) -> None:
        response.headers["x-stamp"] = "1"

    app = m.FastAPI(openapi_url=None)
    app.frontend("/site", directory=FOLDER)
    app.frontend("/", directory=FOLDER, fallback="index.html")
    app.get("/api/x")(lambda: "x")
    router = m.APIRouter(dependencies=[m.Depends(stamp)])
    router.frontend("/app", directory=FOLDER, fallback=None)
    app.include_router(router, prefix="/in")
    return app


FOLDER = Path()


def answer_of(app: Any, method: str, path: str, options: dict[str, Any]) -> Any:
    client = TestClient(app, raise_server_exceptions=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        response = client.request(method, path, follow_redirects=False, **options)
    dropped = {"last-modified", "etag"}
    headers = [(k, v) for k, v in response.headers.multi_items() if k not in dropped]
    return response.status_code, sorted(headers), response.content


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "FOLDER", files(tmp_path))


@pytest.fixture(params=["compiled", "reference"], autouse=True)
def dispatch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test with plans, and again with a patch point replaced, which switches them off."""
    if request.param == "reference":
        routing = fasterapi.routing
        own = routing._operation
        monkeypatch.setattr(routing, "_operation", lambda **options: own(**options))
        assert routing.patchpoints.changed() == ["_operation"]


@pytest.mark.parametrize(
    ("make", "requests"), PROGRAMS, ids=[function.__name__ for function, _ in PROGRAMS]
)
def test_program_answers_as_fastapi_does(make: Program, requests: list[Any]) -> None:
    theirs, ours = make(fastapi), make(fasterapi)
    for method, path, options in requests:
        expected = answer_of(theirs, method, path, options)
        assert answer_of(ours, method, path, options) == expected, f"{method} {path}"
    with warnings.catch_warnings():
        # Both warn of the same operation ids.
        warnings.simplefilter("ignore")
        assert ours.openapi() == theirs.openapi()


def lifespan_program(m: ModuleType, events: list[str], *, broken: str = "") -> Any:
    def note(name: str) -> Any:
        @asynccontextmanager
        async def lifespan(app: Any) -> AsyncIterator[Any]:
            events.append(f"+{name}")
            if broken == name:
                raise RuntimeError(name)
            yield None if name == "inner" else {"who": name, name: 1}
            events.append(f"-{name}")

        return lifespan

    inner = m.APIRouter(lifespan=note("inner"))
    middle = m.APIRouter(lifespan=note("middle"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        late = m.APIRouter(on_startup=[lambda: events.append("start")])
        late.on_event("shutdown")(lambda: events.append("stop"))
    middle.include_router(inner)
    app = m.FastAPI(lifespan=note("app"))
    app.include_router(middle)
    app.include_router(late)

    @app.get("/")
    def state(request: m.Request) -> Any:
        return dict(request.state._state)

    return app


@pytest.mark.parametrize("broken", ["", "middle"])
def test_lifespans_are_merged_as_fastapi_does(broken: str) -> None:
    seen = []
    for module in (fastapi, fasterapi):
        events: list[str] = []
        try:
            with TestClient(lifespan_program(module, events, broken=broken)) as client:
                events.append(client.get("/").text)
        except RuntimeError as error:
            events.append(repr(error))
        seen.append(events)
    assert seen[0] == seen[1]
    assert seen[0]


def websocket_program(m: ModuleType) -> Any:
    app = m.FastAPI()
    router = m.APIRouter(prefix="/r")

    async def depend(token: str) -> str:
        return token

    async def echo(websocket: m.WebSocket, name: str, token: str = m.Depends(depend)) -> None:
        await websocket.accept()
        await websocket.send_text(f"{name} {token} {websocket.url.path}")
        await websocket.close()

    app.websocket("/ws/{name}")(echo)
    router.websocket("/ws/{name}")(echo)
    app.include_router(router, prefix="/p")
    return app


@pytest.mark.parametrize("url", ["/ws/a?token=t", "/p/r/ws/a?token=t", "/ws/a", "/none", "/r/ws/a"])
def test_websockets_answer_as_fastapi_does(url: str) -> None:
    seen = []
    for module in (fastapi, fasterapi):
        try:
            with TestClient(websocket_program(module)).websocket_connect(url) as session:
                seen.append(session.receive_text())
        except Exception as error:
            seen.append((type(error).__name__, str(error).replace("fasterapi", "fastapi")))
    assert seen[0] == seen[1]
