"""Forms of compiled routes against the reference path: arguments, errors, bodies that break off.

For a program that exists twice, compiled and with its door closed, the same form is the same
answer, whatever kinds of parameters read it.
"""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import AliasChoices, BaseModel, Field, Json, model_validator

from fasterapi import APIRouter, Body, Depends, FastAPI, File, Form, Query, Request, UploadFile
from tests.hardening.doors import ask
from tests.speedups.exchanges import close_door, has_plan

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=B"


class Plain(BaseModel):
    a: int
    b: list[str] = []
    c: str | None = None


class Forbidding(BaseModel, extra="forbid"):
    a: str = "x"


class Allowing(BaseModel, extra="allow"):
    b: list[int] = []


class Named(BaseModel, populate_by_name=True):
    a: int = Field(alias="b")
    c: str = Field("d", validation_alias=AliasChoices("x", "c"))


class Checked(BaseModel):
    a: int = 1

    @model_validator(mode="before")
    @classmethod
    def before(cls, data: Any) -> Any:
        return {**data, "a": len(data)}


class WithFile(BaseModel, arbitrary_types_allowed=True):
    a: UploadFile | str
    b: Annotated[bytes, File()] = b""


KINDS: dict[str, Any] = {
    "str": Annotated[str, Form()],
    "int": Annotated[int, Form(ge=0, lt=100)],
    "short": Annotated[str, Form(min_length=1, max_length=2)],
    "optional": Annotated[str | None, Form()],
    "list": Annotated[list[str], Form()],
    "numbers": Annotated[list[int] | None, Form()],
    "set": Annotated[set[int], Form()],
    "json": Annotated[Json[list[int]], Form()],
    "aliased": Annotated[int, Form(alias="b")],
    "choices": Annotated[int, Form(validation_alias=AliasChoices("x", "a"))],
    "body": Annotated[str, Body()],
    "plain": Annotated[Plain, Form()],
    "plain-or-none": Annotated[Plain | None, Form()],
    "forbidding": Annotated[Forbidding, Form()],
    "allowing": Annotated[Allowing | None, Form()],
    "named": Annotated[Named, Form()],
    "union": Annotated[Plain | Forbidding, Form()],
    "union-or-none": Annotated[Plain | Allowing | None, Form()],
    "checked": Annotated[Checked, Form()],
    "json-model": Annotated[Json[Plain], Form()],
    "file": UploadFile,
    "files": list[UploadFile],
    "bytes": Annotated[bytes, File()],
    "many-bytes": Annotated[list[bytes], File()],
    "with-file": Annotated[WithFile, Form()],
}
NONE: dict[str, Any] = {"optional", "numbers", "plain-or-none", "allowing", "union-or-none"}


async def told(value: Any) -> Any:
    """Return *value* as JSON can show it, with its type."""
    if isinstance(value, BaseModel):
        return {name: await told(item) for name, item in value}
    if isinstance(value, list):
        return [await told(item) for item in value]
    if hasattr(value, "filename"):
        return ["file", value.filename, value.size, (await value.read()).decode("latin-1")]
    return repr(value)


def add_routes(app: FastAPI) -> None:
    for name, kind in KINDS.items():
        add_route(app, name, kind, None if name in NONE else ...)
        add_route(app, f"{name}-default", kind, None)

    def shared(b: Annotated[str, Form()], f: UploadFile | None = None) -> list[Any]:
        return [b, f and f.filename]

    @app.post("/mixed")
    def mixed(
        d: Annotated[list[Any], Depends(shared)],
        q: Annotated[int, Query()] = 3,
        a: Annotated[int, Form()] = 5,
        validated: Annotated[int, Form(validate_default=True)] = "x",  # type: ignore[assignment]
    ) -> list[Any]:
        return [d, q, a, validated]

    @app.post("/made")
    async def made(a: Annotated[list[int], Form(default_factory=lambda: [7])]) -> list[int]:
        return a

    @app.post("/request")
    async def request(request: Request, a: Annotated[str, Form()] = "") -> Any:
        form = await request.form()
        return [a, [[name, await told(value)] for name, value in form.multi_items()]]


def add_route(app: FastAPI, name: str, kind: Any, default: Any) -> None:
    if default is None:

        @app.post(f"/{name}")
        async def endpoint(a: kind = None) -> Any:
            return await told(a)

    else:

        @app.post(f"/{name}")
        async def required(a: kind) -> Any:
            return await told(a)


def both(build: Callable[[FastAPI], None], **options: Any) -> tuple[FastAPI, FastAPI]:
    compiled, closed = FastAPI(**options), FastAPI(**options)
    build(compiled)
    build(closed)
    return compiled, close_door(closed)


COMPILED, CLOSED = both(add_routes)
PATHS = [route.path for route in COMPILED.routes if "POST" in getattr(route, "methods", ())]
PAIRS = st.tuples(
    st.sampled_from(["a", "b", "c", "x", "", "a[]", "q"]),
    st.sampled_from(
        ["", "1", "-1", "ab", "abc", "[1,2]", '{"a": 1}', "é", "on", "1" * 20, " 1", "%", "null"]
    ),
)
FILES = st.tuples(
    st.sampled_from(["a", "b", "f"]), st.sampled_from(["", "x.txt"]), st.sampled_from(["", "data"])
)


def urlencoded(pairs: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{name}={value}" for name, value in pairs).encode()


def multipart(pairs: list[tuple[str, str]], files: list[tuple[str, str, str]]) -> bytes:
    fields = [(f'name="{name}"', value) for name, value in pairs]
    fields += [(f'name="{name}"; filename="{given}"', value) for name, given, value in files]
    parts = [
        f"--B\r\nContent-Disposition: form-data; {named}\r\n\r\n{value}\r\n"
        for named, value in fields
    ]
    return "".join((*parts, "--B--\r\n")).encode()


def assert_same(path: str, body: Any, content_type: str) -> None:
    headers = [(b"content-type", content_type.encode())]
    ours, theirs = (
        ask(app, path, body, method="POST", content_type="", headers=headers)
        for app in (COMPILED, CLOSED)
    )
    assert (ours.status, ours.body, ours.error) == (theirs.status, theirs.body, theirs.error)


def test_all_routes_are_compiled() -> None:
    assert len(PATHS) > 50
    assert all(has_plan(COMPILED, path) for path in PATHS)


@settings(max_examples=300)
@given(path=st.sampled_from(PATHS), pairs=st.lists(PAIRS, max_size=4))
@example(path="/mixed", pairs=[])
def test_urlencoded_forms_are_bound_as_by_the_reference(
    path: str, pairs: list[tuple[str, str]]
) -> None:
    assert_same(path, urlencoded(pairs), URLENCODED)


@settings(max_examples=300)
@given(
    path=st.sampled_from(PATHS),
    pairs=st.lists(PAIRS, max_size=3),
    files=st.lists(FILES, max_size=2),
    size=st.sampled_from([0, 0, 40]),
)
def test_multipart_forms_are_bound_as_by_the_reference(
    path: str, pairs: list[tuple[str, str]], files: list[tuple[str, str, str]], size: int
) -> None:
    body = multipart(pairs, files)
    pieces = [body[i : i + size] for i in range(0, len(body), size)] if size else body
    assert_same(path, pieces, MULTIPART)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a=1&b=2&a=3", URLENCODED),
        (b"", URLENCODED),
        (b"", MULTIPART),
        (b'{"a": 1}', "application/json"),
        (b"--B\r\nbroken", MULTIPART),
        (b"a=1&" * 1001, URLENCODED),
        (multipart([("a", "")], [("a", "", ""), ("b", "", "")]), MULTIPART),
    ],
)
def test_every_route_answers_alike(path: str, body: bytes, content_type: str) -> None:
    assert_same(path, body, content_type)


# --- limits ---------------------------------------------------------------------------------


def limited(app: FastAPI) -> None:
    inner = APIRouter(form_limits={"max_part_size": 4})
    mounted = FastAPI()
    for target in (app, inner, mounted):

        @target.post("/form")
        async def form(a: Annotated[list[str], Form()]) -> int:
            return len(a)

        @target.post("/own", form_limits={"max_fields": 3, "max_files": 10**30})
        async def own(a: Annotated[list[str], Form()]) -> int:
            return len(a)

    app.include_router(inner, prefix="/inner", form_limits={"max_fields": 1})
    app.mount("/mounted", mounted)


@pytest.mark.parametrize("prefix", ["", "/inner", "/mounted"])
@pytest.mark.parametrize("name", ["/form", "/own"])
@pytest.mark.parametrize("limits", [None, {"max_fields": 2}])
def test_limits_are_those_of_all_routers_around(prefix: str, name: str, limits: Any) -> None:
    compiled, closed = both(limited, form_limits=limits)
    for body in (b"a=1", b"a=1&a=2", b"a=1&a=2&a=3", b"a=1&a=2&a=3&a=4", b"a=12345"):
        ours, theirs = (
            ask(app, prefix + name, body, content_type=URLENCODED) for app in (compiled, closed)
        )
        assert (ours.status, ours.body) == (theirs.status, theirs.body), body
