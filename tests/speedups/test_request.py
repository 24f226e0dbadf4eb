"""The compiled request is Starlette's, for everybody who looks: both are asked the same."""

import asyncio
import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse

from fasterapi import FasterAPI
from tests.speedups.exchanges import has_plan

Look = Callable[[Request], Any]


async def no_send(message: Any) -> None:
    pass


def replay(messages: list[dict[str, Any]]) -> Any:
    rest = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(rest)

    return receive


APP = FasterAPI(openapi_url=None)
LOOKING: list[Any] = []


@APP.api_route("/{path:path}", methods=["GET", "POST", "PROPFIND"])
async def endpoint(request: Request) -> None:
    assert type(request) is not Request
    LOOKING.append(await LOOKING.pop()(request))


def compiled_request(scope: dict[str, Any], receive: Any, look: Any) -> Any:
    """Return what *look*, an async function, gives for the request that an endpoint gets."""
    assert has_plan(APP, "/{path:path}")
    LOOKING[:] = [look]
    asyncio.run(APP(scope, receive, no_send))  # type: ignore[arg-type]
    return LOOKING.pop()


def genuine_request(scope: dict[str, Any], receive: Any, look: Any) -> Any:
    return asyncio.run(look(Request(scope, receive, no_send)))


def scope_of(**changes: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"",
        "headers": [],
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1234),
        "root_path": "",
        "http_version": "1.1",
        "state": {"a": 1},
    } | changes


def outcome(look: Look, request: Request) -> Any:
    try:
        return look(request)
    except Exception as error:
        return type(error), str(error)


NAMES = st.sampled_from(["host", "cookie", "x-a", "x-b", "content-type", "accept"])
TEXT = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=12)
COOKIES = st.lists(st.sampled_from(["a=1", 'b="x;', "c", "=d", "a=%20", 'e="\\054"']), max_size=3)
FIELDS = st.one_of(
    st.tuples(NAMES, TEXT), COOKIES.map(lambda parts: ("cookie", "; ".join(parts)))
).map(lambda pair: (pair[0].encode(), pair[1].encode("latin-1")))
SCOPES = st.fixed_dictionaries(
    {
        "headers": st.lists(FIELDS, max_size=5),
        "query_string": st.one_of(
            st.binary(max_size=20).filter(bytes.isascii),
            st.sampled_from([b"a=1&a=2&b", b"a=%ff&b=%C3%A9", b"a+b=c+d&&=", b"a;b=c"]),
        ),
        "client": st.sampled_from([("::1", 1), ["a", 2], None]),
        "scheme": st.sampled_from(["http", "https"]),
        "server": st.sampled_from([("a", 80), ("a", 8000), ("a", 443), None]),
        "method": st.sampled_from(["GET", "POST", "PROPFIND"]),
    }
)
LOOKS: dict[str, Look] = {
    "headers": lambda r: (type(r.headers).__name__, r.headers.items(), repr(r.headers)),
    "header": lambda r: [r.headers.get("X-A"), r.headers.getlist("COOKIE"), "x-b" in r.headers],
    "missing": lambda r: r.headers["nothing"],
    "raw": lambda r: (r.headers.raw, r.headers.mutablecopy(), dict(r.headers), len(r.headers)),
    "equal": lambda r: r.headers == Headers(raw=r.headers.raw),
    "query": lambda r: (r.query_params, r.query_params.multi_items(), str(r.query_params)),
    "one": lambda r: (r.query_params.get("a"), r.query_params.getlist("a")),
    "query type": lambda r: type(r.query_params) is QueryParams,
    "cookies": lambda r: r.cookies,
    "url": lambda r: (str(r.url), r.url.path, str(r.base_url)),
    "client": lambda r: r.client,
    "method": lambda r: (r.method, r["method"], r.get("nothing"), "path" in r),
    "state": lambda r: (r.state.a, setattr(r.state, "b", 2), r.scope["state"]),
    "no session": lambda r: r.session,
    "no user": lambda r: r.user,
    "names": lambda r: (type(r).__name__, type(r).__module__, type(r).__qualname__),
    "kinds": lambda r: (isinstance(r, Request), isinstance(r, HTTPConnection), r == r, bool(r)),
    "hash": lambda r: hash(r) == object.__hash__(r),
    "private": lambda r: (r._stream_consumed, r._is_disconnected, r._form),
    "receive": lambda r: (r.receive is r._receive, r._send is r._send),
    "attributes": lambda r: sorted(vars(r)),
    "own attribute": lambda r: (setattr(r, "mine", 1), r.mine, "mine" in vars(r)),
    "live scope": lambda r: (r.scope.update(x=1), r["x"], r.scope is r.scope),
    "headers of the scope": lambda r: (
        r.headers,
        r.scope["headers"].append((b"x-late", b"1")),
        r.headers.get("x-late"),
    ),
    "scope before headers": lambda r: (r.scope.update(headers=[(b"x", b"y")]), r.headers["x"]),
    "scope before query": lambda r: (r.scope.update(query_string=b"z=1"), r.query_params["z"]),
    "scope before cookies": lambda r: (
        r.scope.update(headers=[(b"cookie", b"k=v")]),
        r.cookies,
    ),
    "exchanged scope": lambda r: (setattr(r, "scope", dict(r.scope, method="X")), r.method),
    "exchanged headers": lambda r: (setattr(r, "_headers", Headers({"h": "1"})), r.headers["h"]),
    "exchanged query": lambda r: (setattr(r, "_query_params", QueryParams("q=2")), r.query_params),
    "body set": lambda r: (setattr(r, "_body", b"x"), vars(r)["_body"], hasattr(r, "_json")),
    "deleted": lambda r: (setattr(r, "_json", 1), delattr(r, "_json"), hasattr(r, "_json")),
    "copy": lambda r: (type(copy.copy(r)) is Request, copy.copy(r).headers, vars(copy.copy(r))),
    "copied headers": lambda r: copy.deepcopy(r.headers),
    "no such thing": lambda r: r.nothing,
    "not ascii": lambda r: r.headers["\u20ac"],
    "no text": lambda r: r.headers.get(5),
}
DIFFERENT = {"path", "path_params", "endpoint", "route", "router", "app", "fastapi"}


def comparable(value: Any) -> Any:
    """Return *value* without what routing puts into a scope."""
    if isinstance(value, dict):
        kept = {key: comparable(item) for key, item in value.items() if key not in DIFFERENT}
        return {key: item for key, item in kept.items() if not str(key).endswith(("stack", "ers"))}
    if isinstance(value, tuple):
        return tuple(map(comparable, value))
    return str(value) if callable(value) else value


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@settings(max_examples=30)
@given(changes=SCOPES)
def test_both_show_the_same(look: Look, changes: dict[str, Any]) -> None:
    async def compare(request: Request) -> Any:
        scope = dict(scope_of(**copy.deepcopy(changes)), app=request.app)
        reference = Request(scope, request._receive, request._send)
        return outcome(look, request), outcome(look, reference)

    ours, theirs = compiled_request(scope_of(**copy.deepcopy(changes)), replay([]), compare)
    assert comparable(ours) == comparable(theirs)


CHUNKS = st.lists(st.binary(max_size=5), min_size=1, max_size=4)
READINGS: dict[str, Any] = {
    "body": lambda r: r.body(),
    "json": lambda r: r.json(),
    "twice": lambda r: both(r.body, r.body),
    "json, then body": lambda r: both(r.json, r.body),
    "stream, then body": lambda r: both(lambda: streamed(r), r.body),
    "body, then stream": lambda r: both(r.body, lambda: streamed(r)),
    "form": lambda r: r.form(),
}


async def both(first: Any, second: Any) -> Any:
    return await first(), await second()


async def streamed(request: Request) -> list[bytes]:
    return [chunk async for chunk in request.stream()]


@pytest.mark.parametrize("read", READINGS.values(), ids=READINGS)
@settings(max_examples=30)
@given(chunks=CHUNKS, is_whole=st.booleans(), is_json=st.booleans())
def test_bodies_are_read_alike(read: Any, chunks: Any, is_whole: bool, is_json: bool) -> None:
    if is_json:
        chunks = [b'{"a": [1,', b" 2]", b"}"]
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    if is_whole:
        messages[-1].pop("more_body")
    messages += [{"type": "http.disconnect"}]

    async def look(request: Request) -> Any:
        try:
            result = repr(await read(request))
        except (ClientDisconnect, RuntimeError, ValueError) as error:
            result = repr(error)
        kept = ("_body", "_json", "_stream_consumed", "_is_disconnected")
        return result, {name: vars(request).get(name) for name in kept}

    ours = compiled_request(scope_of(), replay(messages), look)
    assert ours == genuine_request(scope_of(), replay(messages), look)


def test_a_request_pickles_as_starlettes() -> None:
    async def look(request: Request) -> Any:
        for name in ("app", "router", "route", "endpoint"):
            request.scope.pop(name)
        for name in [name for name in request.scope if name.endswith(("stack", "handlers"))]:
            request.scope.pop(name)
        request._receive = request._send = len  # type: ignore[assignment]
        return pickle.loads(pickle.dumps(request)), request.scope

    request, scope = compiled_request(scope_of(), replay([]), look)
    assert type(request) is Request
    assert request.scope == scope


def test_a_method_replaced_in_starlette_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    app = FasterAPI()

    @app.get("/")
    async def read(request: Request) -> Any:
        return JSONResponse([request.client, (await request.body()).decode()])

    def answer() -> bytes:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        whole = replay([{"type": "http.request", "body": b"b"}])
        asyncio.run(app(scope_of(path="/"), whole, send))  # type: ignore[arg-type]
        return bytes(sent[1]["body"])

    async def body(self: Request) -> bytes:
        return b"patched"

    assert answer() == b'[["127.0.0.1",1234],"b"]'
    with monkeypatch.context() as patch:
        patch.setattr(Request, "body", body)
        assert answer() == b'[["127.0.0.1",1234],"patched"]'
        patch.setattr(HTTPConnection, "client", property(lambda self: "nobody"))
        assert answer() == b'["nobody","patched"]'
    assert answer() == b'[["127.0.0.1",1234],"b"]'


def test_headers_replaced_in_starlette_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(request: Request) -> Any:
        return request.headers["x"]

    monkeypatch.setattr(Headers, "__getitem__", lambda self, key: "patched")
    assert compiled_request(scope_of(), replay([]), look) == "patched"
