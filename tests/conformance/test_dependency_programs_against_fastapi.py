"""Programs with trees of dependencies answer, document and fail as they do with FastAPI."""

import functools
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any, Generic, Literal, TypeVar

import fastapi
import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator
from starlette.testclient import TestClient

import fasterapi

T = TypeVar("T")
Build = Callable[[Any], Any]
PROGRAMS: dict[str, Build] = {}


class Item(BaseModel):
    name: str
    price: float = 1


class Page(BaseModel, Generic[T]):
    items: list[T] = []
    next: "Page[T] | None" = None


class Numbers(RootModel[list[int]]):
    pass


class FromText(BaseModel):
    value: int

    @model_validator(mode="before")
    @classmethod
    def split(cls, data: Any) -> Any:
        return {"value": data[1:]} if isinstance(data, str) else data


def program(build: Build) -> Build:
    PROGRAMS[build.__name__] = build
    return build


@program
def shared_dependencies(f: Any) -> Any:
    app = f.FastAPI()

    def query(q: int, x_token: Annotated[str | None, f.Header()] = None) -> Any:
        return {"q": q, "token": x_token}

    def middle(a: Annotated[Any, f.Depends(query)], skip: int = 0) -> Any:
        return {**a, "skip": skip}

    @app.get("/thing")
    def endpoint(
        a: Annotated[Any, f.Depends(query)],
        b: Annotated[Any, f.Depends(middle)],
        c: Annotated[Any, f.Depends(middle, use_cache=False)],
        limit: int = 5,
    ) -> Any:
        return [a, b, c, limit, a is b]

    return app


@program
def callables_of_all_kinds(f: Any) -> Any:
    app = f.FastAPI()

    class Checker:
        def __init__(self, allowed: str) -> None:
            self.allowed = allowed

        def __call__(self, q: str = "x") -> bool:
            return self.allowed in q

        async def check(self, q: str = "x") -> bool:
            return q in self.allowed

        def generate(self, q: str = "x") -> Iterator[str]:
            yield q + self.allowed

    @dataclass
    class Common:
        skip: int = 0
        q: str | None = None

    def base(q: str, factor: int, offset: int = 1) -> int:
        return len(q) * factor + offset

    @functools.wraps(base)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return base(*args, **kwargs)

    async def agenerate(skip: int = 3) -> AsyncIterator[int]:
        yield skip

    checker = Checker("ab")

    @app.get("/thing")
    def endpoint(
        a: Annotated[bool, f.Depends(checker)],
        b: Annotated[bool, f.Depends(checker.check)],
        c: Annotated[str, f.Depends(checker.generate)],
        common: Annotated[Common, f.Depends()],
        d: int = f.Depends(functools.partial(base, factor=2)),
        e: Any = f.Depends(agenerate),
        g: Common = f.Depends(),
        h: Any = f.Depends(wrapper),
    ) -> Any:
        return [a, b, c, common.skip, common.q, d, e, g is common, h]

    return app


@program
def text_annotations(f: Any) -> Any:
    namespace: dict[str, Any] = {"f": f, "Item": Item, "Annotated": Annotated}
    source = """
from __future__ import annotations
app = f.FastAPI()
def dependency(q: int = 0) -> Unknown: return q
def other(item_id: Annotated[int, f.Path(ge=2)], d: Annotated[str, f.Depends(dependency)]): return d
@app.post("/thing")
@app.post("/thing/{item_id}")
def endpoint(item: Item, d: int = f.Depends(dependency), tags: list[str] = f.Query([])) -> Item:
    return Item(name=str(d) + ",".join(tags), price=item.price)
@app.get("/thing/{item_id}", dependencies=[f.Depends(other)])
async def read(item_id: str) -> None: return None
"""
    exec(source, namespace)
    return namespace["app"]


@program
def security_scopes(f: Any) -> Any:
    app = f.FastAPI()
    scheme = f.security.OAuth2PasswordBearer(tokenUrl="t", scopes={"a": "A"}, auto_error=False)

    def user(scopes: f.security.SecurityScopes, token: Annotated[Any, f.Depends(scheme)]) -> Any:
        return {"scopes": scopes.scopes, "text": scopes.scope_str, "token": token}

    def admin(u: Annotated[Any, f.Security(user, scopes=["b", "a"])]) -> Any:
        return u

    @app.get("/thing")
    def endpoint(
        a: Annotated[Any, f.Security(user, scopes=["a"])],
        b: Annotated[Any, f.Security(admin, scopes=["c", "a"])],
        c: Annotated[Any, f.Depends(user)],
    ) -> Any:
        return [a, b, c]

    return app


@program
def bodies(f: Any) -> Any:
    app = f.FastAPI()

    def part(other: Annotated[Item, f.Body(alias="otherItem")]) -> Any:
        return other.name

    @app.post("/thing")
    def endpoint(
        item: Item,
        p: Annotated[str, f.Depends(part)],
        numbers: Numbers | None = None,
        importance: Annotated[int, f.Body(gt=0)] = 3,
    ) -> Any:
        return [item, p, numbers, importance]

    @app.post("/single")
    def single(item: Annotated[Item, f.Body(embed=True)]) -> Any:
        return item

    @app.post("/same")
    def same(item: Item, other: Annotated[Any, f.Depends(lambda item: item)]) -> Any:
        return item

    @app.post("/page")
    def page(page: Page[Item] | None = None) -> Any:
        return page

    @app.post("/numbers")
    def numbers(numbers: Numbers) -> Any:
        return numbers

    @app.post("/converted")
    def converted(value: FromText) -> FromText:
        return value

    return app


@program
def forms(f: Any) -> Any:
    app = f.FastAPI()

    class Address(BaseModel):
        model_config = ConfigDict(populate_by_name=True)
        street: Annotated[str, Field(alias="Street")]
        numbers: list[int] = []

    class Cat(BaseModel):
        kind: Literal["cat"]
        lives: int = 9

    class Dog(BaseModel):
        kind: Literal["dog"]
        tricks: list[str] = []

    @app.post("/thing")
    def endpoint(
        address: Annotated[Address, f.Form()],
        pet: Annotated[Cat | Dog | None, f.Form()] = None,
        extra: Annotated[str, f.Form()] = "none",
        file: f.UploadFile | None = None,
    ) -> Any:
        return [address, pet, extra, file and file.filename]

    @app.post("/pet")
    def pet(pet: Annotated[Cat | Dog, f.Form(discriminator="kind")]) -> Any:
        return pet

    @app.post("/optional")
    def optional(address: Annotated[Address | None, f.Form()] = None) -> Any:
        return address

    @app.post("/mixed")
    def mixed(item: Annotated[str, f.Body()], files: list[f.UploadFile]) -> Any:
        return [item, [file.filename for file in files]]

    return app


@program
def overrides(f: Any) -> Any:
    app = f.FastAPI()

    def original(q: str) -> str:
        return q

    def middle(a: Annotated[str, f.Depends(original)]) -> str:
        return a + "!"

    async def override(skip: int) -> str:
        return str(skip)

    @app.get("/thing", dependencies=[f.Depends(original)])
    def endpoint(a: Annotated[str, f.Depends(middle)]) -> Any:
        return a

    app.dependency_overrides[original] = override
    return app


@program
def response_parts(f: Any) -> Any:
    app = f.FastAPI()

    def dependency(response: f.Response, tasks: f.BackgroundTasks, status: int = 200) -> None:
        response.headers["x-dependency"] = "1"
        response.set_cookie("a", "b")
        if status != 200:
            response.status_code = status
        tasks.add_task(lambda: None)

    @app.get("/thing", dependencies=[f.Depends(dependency)])
    def endpoint(
        request: f.Request, connection: f.requests.HTTPConnection, q: str | None = None
    ) -> Any:
        return [request.url.path, connection is request, q]

    return app


@program
def failing_generators(f: Any) -> Any:
    app = f.FastAPI()

    def guarded(mode: str = "") -> Iterator[str]:
        try:
            yield mode
        except ValueError as error:
            raise f.HTTPException(418, detail=str(error)) from error
        if mode == "after":
            raise f.HTTPException(419)

    @app.get("/thing")
    def endpoint(a: Annotated[str, f.Depends(guarded)], q: int = 0) -> Any:
        if a == "during":
            raise ValueError("during")
        return a

    return app


JSON_BODIES: tuple[Any, ...] = (
    {"item": {"name": "a"}, "otherItem": {"name": "b"}},
    {"item": {"name": "a"}, "other": {"name": "b"}, "numbers": [1, "2"], "importance": 0},
    {"name": "a", "price": "2"},
    {"item": None},
    [1, "2"],
    ["a"],
    "x5",
    "xy",
    5,
    None,
    {"items": [{"name": "a"}], "next": {"items": [{}]}},
)
FORMS = (
    "",
    "Street=s&numbers=1&numbers=2&kind=cat&lives=3",
    "street=s&kind=dog&tricks=a&tricks=b&extra=e",
    "street=s&kind=bird",
    "kind=dog",
    "extra=",
)
QUERIES = (
    "",
    "?q=1",
    "?q=a&skip=2",
    "?q=ab&skip=x&limit=3",
    "?mode=during",
    "?mode=after",
    "?status=404",
)
PATHS = ("/thing", "/thing/1", "/thing/5", "/single", "/same", "/page", "/numbers", "/converted",
         "/pet", "/optional", "/mixed")  # fmt: skip


def requests() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for query in QUERIES:
        headers = [("x-token", "t"), ("authorization", "Bearer token")]
        yield "GET", f"/thing{query}", {}
        yield "GET", f"/thing/5{query}", {"headers": headers}
        yield "GET", f"/thing{query}", {"headers": headers}
    for path in PATHS:
        yield "POST", path, {}
        for body in JSON_BODIES:
            yield "POST", f"{path}?q=7&tags=a&tags=b", {"json": body}
        for form in FORMS:
            kind = "application/x-www-form-urlencoded"
            yield "POST", path, {"content": form, "headers": [("content-type", kind)]}
        for name in ("file", "files", "Street"):
            yield "POST", path, {"files": [(name, ("a.txt", b"x"))], "data": {"item": "i"}}


def outcomes(build: Build, package: ModuleType) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        app = build(package)
        client = TestClient(app, raise_server_exceptions=False)
        found: list[Any] = [("document", app.openapi())]
        known = {
            (method.upper(), path)
            for path, item in app.openapi()["paths"].items()
            for method in item
        }
        for method, path, options in requests():
            plain = path.split("?")[0]
            if not {(method, plain), (method, "/thing/{item_id}")} & known:
                continue
            response = client.request(method, path, **options)
            answer = response.text if "filename" not in response.text else "an upload"
            headers = sorted(response.headers.items())
            found.append(((method, path, options), response.status_code, answer, headers))
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_answers_as_in_fastapi(name: str) -> None:
    ours, theirs = outcomes(PROGRAMS[name], fasterapi), outcomes(PROGRAMS[name], fastapi)
    assert len(ours) > 10
    different = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    assert different == []


def endless(f: Any) -> Any:
    class Unusable: ...

    return Unusable


BROKEN: dict[str, Callable[[Any], Any]] = {
    "two markers": lambda f: (Annotated[int, f.Query()], f.Header()),
    "depends and query": lambda f: (Annotated[int, f.Query()], f.Depends(int)),
    "two depends": lambda f: (Annotated[int, f.Depends(int)], f.Depends(int)),
    "default in annotated": lambda f: (Annotated[int, f.Query(3)], 1),
    "query for a path": lambda f: (int, f.Query()),
    "path with default": lambda f: (Annotated[int, f.Path()], 3),
    "list in a path": lambda f: (list[int], f.Path()),
    "request with query": lambda f: (f.Request, f.Query()),
    "unusable type": lambda f: (endless(f), 1),
    "unusable list": lambda f: (list[endless(f)], f.Body()),  # type: ignore[misc]
    "body as header of model list": lambda f: (list[Item], f.Query()),
    "plain pydantic field": lambda f: (int, Field(3)),
    "positional depends": lambda f: (Annotated[int, f.Depends(5)], 1),
    "scope": lambda f: (Annotated[int, f.Depends(_generator(f))], 1),
}


def _generator(f: Any) -> Any:
    def short() -> Iterator[int]:
        yield 1

    def long(a: Annotated[int, f.Depends(short, scope="function")]) -> Iterator[int]:
        yield a

    return long


@pytest.mark.parametrize("path", ["/thing", "/{value}"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_wrong_declaration_is_refused_as_in_fastapi(name: str, path: str) -> None:
    messages = []
    for package in (fasterapi, fastapi):
        annotation, default = BROKEN[name](package)

        def endpoint(value: Any) -> None: ...

        endpoint.__annotations__["value"] = annotation
        endpoint.__defaults__ = (default,)
        app: Any = package.FastAPI()
        try:
            app.get(path)(endpoint)
        except Exception as error:
            # A class of the same name or, as with usage errors, one that FastAPI's derives from.
            messages.append((isinstance(error, AssertionError), str(error)))
        else:
            messages.append((False, "accepted"))
    ours, theirs = ((kind, text.replace("fasterapi", "fastapi")) for kind, text in messages)
    assert ours == theirs
