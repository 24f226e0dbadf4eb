"""Native routes: declared, frozen at start-up, refreshed, bound by name, refused where wrong."""

import asyncio
import functools
import threading
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from pydantic import BaseModel

from fasterapi import APIRouter, BackgroundTasks, Depends, FastAPI, Header, Request, Response
from fasterapi.app import App, Router
from fasterapi.cli.routes import describe_routes
from fasterapi.exceptions import HTTPException, UsageError
from fasterapi.middleware._codings import CODINGS
from fasterapi.native import CompiledHandler, Exchange, native_names, register
from fasterapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from fasterapi.routing import APIRoute, native_registry
from fasterapi.testclient import TestClient


class Counter:
    """Counts the calls of a handler that answers with their number."""

    def __init__(self):
        self.calls = 0

    def plain(self):
        self.calls += 1
        return {"calls": self.calls}

    async def coroutine(self):
        return self.plain()


def app_with(endpoint, path="/n", **options):
    app = FastAPI()
    app.get(path, handler_type="native", **options)(endpoint)
    return app


@pytest.mark.parametrize("kind", ["native", "cpp"])
@pytest.mark.parametrize("style", ["plain", "coroutine"])
def test_function_is_called_once_at_the_start(kind, style):
    counter = Counter()
    app = FastAPI()
    app.get("/n", handler_type=kind)(getattr(counter, style))
    with TestClient(app) as client:
        assert counter.calls == 1
        for _ in range(3):
            assert client.get("/n").json() == {"calls": 1}
    with TestClient(app) as client:
        assert client.get("/n").json() == {"calls": 2}


def test_without_a_start_the_first_request_freezes():
    counter = Counter()
    client = TestClient(app_with(counter.plain))
    assert counter.calls == 0
    assert client.get("/n").json() == client.get("/n").json() == {"calls": 1}
    with client:
        assert client.get("/n").json() == {"calls": 2}, "the lifespan's state was not there before"


def test_handler_sees_what_the_lifespan_has_made():
    @asynccontextmanager
    async def lifespan(app):
        app.state.version = "1.2"
        yield {"region": "north"}

    app = FastAPI(lifespan=lifespan)

    @app.get("/n", handler_type="native")
    async def show(request: Request):
        return {"version": request.app.state.version, "region": request.state.region}

    with TestClient(app) as client:
        assert client.get("/n").json() == {"version": "1.2", "region": "north"}


def test_failure_is_one_of_the_start():
    def fail():
        raise RuntimeError("no database")

    app = app_with(fail)
    with pytest.raises(RuntimeError, match="no database") as caught, TestClient(app):
        pass
    assert "in the native handler of route '/n'" in caught.value.__notes__


def test_failure_of_a_first_request_is_that_of_the_request():
    answers = [HTTPException(503), {"is": "up"}]

    def sometimes():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = TestClient(app_with(sometimes))
    assert [client.get("/n").status_code for _ in range(3)] == [503, 200, 200]


class Item(BaseModel):
    name: str
    price: float = 1.5


def test_options_of_the_route_hold():
    app = FastAPI()

    @app.get("/n", handler_type="native", response_model=Item, status_code=201)
    def make():
        return {"name": "pen", "secret": 1}

    @app.get("/html", handler_type="native", response_class=HTMLResponse)
    def page():
        return "<p>"

    @app.get("/headers", handler_type="native")
    def headers(response: Response):
        response.headers["X-Own"] = "1"
        response.status_code = 202
        return []

    client = TestClient(app)
    answer = client.get("/n")
    assert (answer.status_code, answer.json()) == (201, {"name": "pen", "price": 1.5})
    assert client.get("/html").headers["content-type"] == "text/html; charset=utf-8"
    assert client.get("/headers").headers["x-own"] == "1"
    assert client.get("/headers").status_code == 202


def test_head_and_not_modified():
    client = TestClient(app_with(Counter().plain))
    whole = client.get("/n")
    head = client.head("/n")
    assert (head.status_code, head.headers, head.content) == (200, whole.headers, b"")
    known = {"If-None-Match": f'"other", W/{whole.headers["etag"]}'}
    for method in ("GET", "HEAD"):
        answer = client.request(method, "/n", headers=known)
        assert (answer.status_code, answer.content) == (304, b"")
        assert dict(answer.headers) == {"etag": whole.headers["etag"]}


@pytest.mark.parametrize("is_first", [True, False])
def test_head_that_the_program_declares_is_its_own(is_first):
    app = FastAPI()

    def native():
        app.get("/n", handler_type="native")(Counter().plain)

    def own():
        @app.head("/n")
        async def head():
            return Response(headers={"x-own": "yes"})

    for declare in (own, native) if is_first else (native, own):
        declare()
    client = TestClient(app)
    assert client.head("/n").headers.get("x-own") == "yes"
    assert "x-own" not in client.get("/n").headers
    assert client.get("/n").status_code == 200


def test_only_a_normal_answer_has_a_tag():
    def unwell():
        return PlainTextResponse("no", 503)

    answer = TestClient(app_with(unwell)).get("/n", headers={"If-None-Match": "*"})
    assert (answer.status_code, "etag" in answer.headers) == (503, False)


def test_own_tag_is_kept():
    def tagged():
        return PlainTextResponse("x", headers={"ETag": 'W/"v1"', "Cache-Control": "max-age=5"})

    client = TestClient(app_with(tagged))
    assert client.get("/n").headers["etag"] == 'W/"v1"'
    answer = client.get("/n", headers={"If-None-Match": '"v1"'})
    assert (answer.status_code, answer.headers["cache-control"]) == (304, "max-age=5")


@pytest.mark.parametrize("coding", CODINGS)
def test_long_answers_are_kept_compressed(coding):
    client = TestClient(app_with(lambda: list(range(2000))))
    plain = client.get("/n", headers={"Accept-Encoding": "identity"})
    with client.stream("GET", "/n", headers={"Accept-Encoding": coding}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == coding
    assert int(answer.headers["content-length"]) == len(raw) < len(plain.content)
    assert plain.headers["vary"] == answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] == f"W/{plain.headers['etag']}"


def test_what_is_compressed_already_stays():
    def image():
        return Response(bytes(5000), media_type="image/png")

    answer = TestClient(app_with(image)).get("/n", headers={"Accept-Encoding": "gzip"})
    assert not {"content-encoding", "vary"} & set(answer.headers)


def test_stream_is_kept_whole():
    def stream():
        return StreamingResponse(iter(["a", "b"]))

    answer = TestClient(app_with(stream)).get("/n")
    assert (answer.text, answer.headers["content-length"]) == ("ab", "2")


# --- refreshing --------------------------------------------------------------------------------


def test_refresh_from_another_thread():
    counter = Counter()
    app = app_with(counter.coroutine, name="numbers")
    with TestClient(app) as client:
        app.native("numbers").refresh().result(20)
        assert client.get("/n").json() == {"calls": 2}


def test_refresh_inside_the_loop_can_be_awaited():
    counter = Counter()
    app = app_with(counter.plain)

    @app.post("/refresh")
    async def renew():
        refresh = app.native("/n").refresh()
        with pytest.raises(RuntimeError, match="await it"):
            refresh.result()
        await refresh
        await refresh  # again is harmless

    with TestClient(app) as client:
        assert client.post("/refresh").status_code == 200
        assert client.get("/n").json() == {"calls": 2}


def test_refresh_without_a_loop_lets_the_next_request_make_it():
    app = app_with(Counter().plain)
    client = TestClient(app)
    assert client.get("/n").json() == {"calls": 1}
    refresh = app.native("plain").refresh()
    refresh.result()
    assert not app.native("plain").is_frozen
    assert client.get("/n").json() == {"calls": 2}


def test_failed_refresh_keeps_the_answer():
    calls = []

    def once():
        calls.append(1)
        if len(calls) > 1:
            raise ValueError("gone")
        return "first"

    app = app_with(once)
    with TestClient(app) as client:
        with pytest.raises(ValueError, match="gone"):
            app.native("once").refresh().result(20)
        assert client.get("/n").json() == "first"


def test_answer_is_made_anew_in_time(caplog):
    counter, third = Counter(), threading.Event()

    def count():
        answer = counter.plain()
        if counter.calls == 2:
            raise ValueError("once in a while")
        if counter.calls == 3:
            third.set()
        return answer

    app = app_with(count, refresh_every=0.01)
    with TestClient(app) as client:
        assert third.wait(20), "a failure must not end the refreshing"
        # The answer is there when the function's thread has ended and the loop has seen it.
        app.native("count").refresh().result(20)
        assert client.get("/n").json()["calls"] > 3
    assert "native answer not refreshed route='/n'" in caplog.text
    ended = counter.calls
    assert ended == counter.calls, "the end of the application is the end of its timers"


def test_first_requests_at_once_share_one_call():
    counter = Counter()

    async def slow():
        counter.calls += 1
        await asyncio.sleep(0)
        return counter.calls

    app = app_with(slow)

    async def ask():
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/n", "headers": [], "query_string": b""}
        await app(scope, None, send)
        return sent[1]["body"]

    async def both():
        return await asyncio.gather(ask(), ask(), ask())

    assert asyncio.run(both()) == [b"1", b"1", b"1"]


def test_unknown_name_is_told():
    app = app_with(Counter().plain)
    with pytest.raises(UsageError, match=r"no native route 'x' .* there are plain"):
        app.native("x")
    with pytest.raises(UsageError, match="there are none"):
        FastAPI().native("x")


# --- what cannot hold --------------------------------------------------------------------------


async def guard():
    return None


def with_query(q: str): ...
def with_header(x_token: Annotated[str, Header()]): ...
def with_dependency(user: Annotated[str, Depends(guard)]): ...
def with_tasks(tasks: BackgroundTasks): ...
def with_body(item: Item): ...


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (with_query, "query parameter 'q'"),
        (with_header, "header parameter 'x-token'"),
        (with_dependency, "dependency 'guard'"),
        (with_tasks, "background tasks"),
        (with_body, "body parameter 'item'"),
    ],
)
def test_parameters_are_refused(endpoint, words):
    with pytest.raises(UsageError, match=f"called at start-up.*{words}"):
        app_with(decorated(endpoint))


def decorated(endpoint):
    @functools.wraps(endpoint)
    def answer(*args, **kwargs):
        return endpoint(*args, **kwargs)

    return answer


def test_decorators_around_empty_functions_are_not_lost():
    with pytest.raises(UsageError, match="would never run"):
        FastAPI().get("/", native="metrics")(decorated(with_nothing))


def test_dependencies_from_outside_are_refused():
    router = APIRouter()
    router.get("/n", handler_type="native")(Counter().plain)
    for target in (FastAPI(), APIRouter()):
        with pytest.raises(UsageError, match="included with dependencies"):
            target.include_router(router, dependencies=[Depends(guard)])
    outer = APIRouter()
    outer.include_router(router)
    with pytest.raises(UsageError, match="parameters in their path"):
        FastAPI().include_router(outer, prefix="/{tenant}")
    with pytest.raises(UsageError, match="dependency 'guard'"):
        FastAPI(dependencies=[Depends(guard)]).get("/n", handler_type="native")(lambda: 1)
    with pytest.raises(UsageError, match="dependency 'guard'"):
        app_with(Counter().plain, dependencies=[Depends(guard)])


@pytest.mark.parametrize(
    ("path", "options", "words"),
    [
        ("/{x}", {}, "path parameter 'x'"),
        ("/x", {"methods": ["POST"]}, r"answers GET, got \['POST'\]"),
        ("/x", {"handler_type": "java"}, "must be 'python', 'native' or 'cpp', got 'java'"),
        ("/x", {"refresh_every": 0}, "above 0, got 0"),
        ("/x", {"refresh_every": True}, "above 0, got True"),
        ("/x", {"refresh_every": float("inf")}, "above 0, got inf"),
        ("/x", {"handler_type": "python", "refresh_every": 1}, "handler_type='native'"),
        ("/x", {"handler_type": "python", "native": "health"}, "contradict"),
        ("/x", {"native": "health"}, "would never run"),
    ],
)
def test_wrong_declarations_are_refused(path, options, words):
    def answer():
        return 1

    app = FastAPI()
    with pytest.raises(UsageError, match=words):
        app.add_api_route(path, answer, **{"handler_type": "native", **options})


def test_generators_are_refused():
    async def stream():
        yield 1

    with pytest.raises(UsageError, match="cannot yield"):
        app_with(stream)


def test_answers_for_one_client_are_refused():
    def cookie():
        answer = PlainTextResponse("x")
        answer.set_cookie("session", "1")
        return answer

    def task():
        return PlainTextResponse("x", background=print)

    for endpoint, words in ((cookie, "sets a cookie"), (task, "background task")):
        with pytest.raises(UsageError, match=words):
            TestClient(app_with(endpoint)).get("/n")


@pytest.mark.parametrize(
    "what", ["headers", "cookies", "query_params", "client", "url", "base_url"]
)
def test_nothing_of_a_request_is_there(what):
    def show(request: Request):
        return str(getattr(request, what))

    with pytest.raises(UsageError, match="without a request, and has no"):
        TestClient(app_with(show)).get("/n")


# --- bound by name -----------------------------------------------------------------------------


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(native_registry, "_registered", {})


def test_empty_functions_are_bound_by_name():
    app = FastAPI()

    @app.get("/a", native="health")
    def a(): ...

    @app.get("/b", native="ping")
    async def b():
        """Documented."""

    @app.get("/health", handler_type="native")
    def health():
        pass

    client = TestClient(app)
    assert client.get("/a").json() == client.get("/health").json() == {"status": "ok"}
    assert client.get("/b").text == "pong"
    assert app.openapi()["paths"]["/b"]["get"]["description"] == "Documented."


def test_metrics_are_in_the_text_format():
    app = FastAPI()

    @app.get("/metrics", native="metrics")
    def metrics(): ...

    answer = TestClient(app).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE process_cpu_seconds_total counter\n" in answer.text


def test_unknown_names_list_the_known_ones():
    def nothing(): ...

    with pytest.raises(UsageError, match="no native handler 'x'; registered are health, metrics"):
        FastAPI().get("/", native="x")(nothing)
    with pytest.raises(UsageError, match="no native handler 'nothing'"):
        app_with(nothing)


@pytest.mark.usefixtures("registry")
def test_own_handlers_can_be_registered():
    counter = Counter()
    register("numbers", counter.coroutine, refresh_every=60)
    assert "numbers" in native_names()
    app = FastAPI()

    @app.get("/n", native="numbers")
    def n() -> dict[str, int]: ...

    with TestClient(app) as client:
        assert client.get("/n").json() == {"calls": 1}
        assert app.native("n").refresh_every == 60
    with pytest.raises(UsageError, match="exists already"):
        register("numbers", counter.plain)
    register("health", lambda: "mine", replace=True)
    app = FastAPI()
    app.get("/", native="health")(with_nothing)
    assert TestClient(app).get("/").json() == "mine"


def with_nothing(): ...


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("name", "handler", "options", "words"),
    [
        ("", print, {}, "must be a word"),
        (3, print, {}, "must be a word"),
        ("x", 3, {}, "must be a function"),
        ("x", lambda a: a, {}, "cannot have parameters"),
        ("x", lambda: 1, {"refresh_every": -1}, "above 0"),
        ("health", lambda: 1, {}, "exists already"),
        ("x", CompiledHandler.__new__(CompiledHandler), {}, "holds no function"),
    ],
)
def test_wrong_registrations_are_refused(name, handler, options, words):
    with pytest.raises(UsageError, match=words):
        register(name, handler, **options)


def test_pointers_cannot_be_made_in_python():
    for kind in (CompiledHandler, Exchange):
        with pytest.raises(TypeError, match="made by compiled code"):
            kind()
    closed = Exchange.__new__(Exchange)
    for call in (closed.method, closed.body, lambda: closed.header(b"x")):
        with pytest.raises(RuntimeError, match="the exchange is over"):
            call()


def test_unbound_handlers_answer_500_at_worst():
    app = FastAPI()
    app.get("/", native=CompiledHandler.__new__(CompiledHandler))(with_nothing)
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/").status_code == 500


def test_parameters_and_dependencies_of_a_compiled_handler_hold():
    async def secret(x_key: Annotated[str, Header()]):
        if x_key != "open":
            raise HTTPException(403)

    app = FastAPI()

    @app.get("/metrics", native="metrics", dependencies=[Depends(secret)])
    def metrics(limit: int): ...

    client = TestClient(app)
    assert client.get("/metrics").status_code == 422
    assert client.get("/metrics?limit=1", headers={"x-key": "no"}).status_code == 403
    assert client.get("/metrics?limit=x", headers={"x-key": "open"}).status_code == 422
    assert "process_" in client.get("/metrics?limit=1", headers={"x-key": "open"}).text


def test_router_dependencies_of_a_compiled_handler_hold():
    async def refuse():
        raise HTTPException(403)

    router = APIRouter()
    router.get("/metrics", native="metrics")(with_nothing)
    app = FastAPI()
    app.include_router(router, dependencies=[Depends(refuse)])
    assert TestClient(app).get("/metrics").status_code == 403


# --- among other routes ------------------------------------------------------------------------


def test_document_and_list_of_routes():
    app = FastAPI()

    @app.get("/n", handler_type="native", tags=["a"])
    def n() -> Item:
        """What it does."""
        return Item(name="pen")

    @app.get("/o", tags=["a"])
    def o() -> Item:
        """What it does."""
        return Item(name="pen")

    app.get("/m", native="metrics")(with_nothing)
    paths = app.openapi()["paths"]
    text = str(paths["/n"]).replace("n_n_get", "o_o_get").replace("'N'", "'O'")
    assert text == str(paths["/o"])
    rows = {(*row.methods, row.path): row for row in describe_routes(app)}
    assert rows["GET", "/n"].kind == rows["HEAD", "/n"].kind == "native, frozen"
    assert rows["GET", "/m"].kind == "native, compiled"
    assert rows["GET", "/n"].is_compiled
    assert rows["GET", "/m"].is_compiled


def test_order_methods_and_slashes_agree_with_ordinary_routes():
    def build(kind):
        app = FastAPI()
        app.get("/x/first", handler_type=kind)(lambda: "first")
        app.get("/x/{name}")(lambda name: name)
        app.get("/x/last", handler_type=kind)(lambda: "last")
        app.post("/y")(lambda: "posted")
        app.get("/y", handler_type=kind)(lambda: "y")
        app.get("/z/", handler_type=kind)(lambda: "z")
        return TestClient(app, follow_redirects=False)

    native, ordinary = build("native"), build(None)
    for method in ("GET", "POST", "PUT", "OPTIONS", "DELETE"):
        for path in ("/x/first", "/x/last", "/x/other", "/y", "/z", "/z/", "/y/", "/x"):
            a, b = native.request(method, path), ordinary.request(method, path)
            a.headers.pop("etag", None)
            assert (a.status_code, a.headers, a.content) == (b.status_code, b.headers, b.content)


class OtherJson(JSONResponse):
    media_type = "application/other"


def test_included_routers_have_answers_of_their_own():
    router = APIRouter()
    router.get("/n", handler_type="native")(Counter().plain)
    app = FastAPI()
    app.include_router(router, prefix="/a")
    app.include_router(router, prefix="/b", default_response_class=OtherJson)
    with TestClient(app) as client:
        assert client.get("/a/n").headers["content-type"] == "application/json"
        assert client.head("/b/n").headers["content-type"] == "application/other"
        other = FastAPI()
        other.include_router(router)
        assert TestClient(other).get("/n").json() == {"calls": 3}
        app.get("/later")(with_nothing)
        router.get("/new", handler_type="native")(Counter().plain)
        assert client.get("/a/n").json() == {"calls": 1}, "new routes do not call the old ones"
        assert client.get("/a/new").json() == {"calls": 1}


def test_function_middleware_sees_native_answers():
    app = app_with(Counter().plain)

    @app.middleware("http")
    async def mark(request, call_next):
        answer = await call_next(request)
        answer.headers["X-Seen"] = request.url.path
        return answer

    with TestClient(app) as client:
        for _ in range(2):
            answer = client.get("/n")
            assert (answer.json(), answer.headers["x-seen"]) == ({"calls": 1}, "/n")
        assert client.get("/n", headers={"If-None-Match": "*"}).headers["x-seen"] == "/n"


def test_short_style():
    app = App()

    @app.get("/n", handler_type="native")
    def n(req, res):
        res.headers["x-own"] = "1"
        return {"app": req.app is app}

    @app.get("/a", handler_type="cpp")
    async def a(req, res):
        return res.text("hello")

    @app.get("/bad", handler_type="native")
    def bad(req):
        return req.headers["host"]

    router = Router()
    router.get("/metrics", native="metrics")(with_nothing)
    app.include_router(router)
    client = TestClient(app)
    assert (client.get("/n").json(), client.get("/n").headers["x-own"]) == ({"app": True}, "1")
    assert client.get("/a").text == "hello"
    assert "process_" in client.get("/metrics").text
    with pytest.raises(UsageError, match="has no headers"):
        client.get("/bad")


def test_routes_with_a_handler_of_their_own_wrap_the_native_one():
    class Marking(APIRoute):
        def get_route_handler(self):
            handle = super().get_route_handler()

            async def marking(request):
                answer = await handle(request)
                answer.headers["x-mark"] = "1"
                return answer

            return marking

    counter = Counter()
    app = FastAPI()
    app.router.route_class = Marking
    app.get("/n", handler_type="native")(counter.plain)
    client = TestClient(app)
    assert [client.get("/n").headers["x-mark"] for _ in range(2)] == ["1", "1"]
    assert counter.calls == 1


def test_mounted_applications_freeze_with_their_first_request():
    counter = Counter()
    app = FastAPI()
    app.mount("/sub", app_with(counter.plain))
    with TestClient(app) as client:
        assert counter.calls == 0
        assert client.get("/sub/n").json() == client.get("/sub/n").json() == {"calls": 1}


def test_overrides_leave_the_answer():
    app = app_with(Counter().plain)
    app.dependency_overrides[guard] = guard
    assert TestClient(app).get("/n").json() == {"calls": 1}
