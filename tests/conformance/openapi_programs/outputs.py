"""What comes back, and how types become schemas."""

from collections.abc import AsyncIterable, Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from tests.conformance.openapi_programs.models import (
    Cat,
    Colour,
    Computed,
    Dog,
    Item,
    Line,
    Node,
    Page,
    Point,
    Split,
)
from tests.conformance.openapi_programs.registry import program


@program
def unions_and_recursion(api: Any) -> Any:
    app = api.FastAPI()
    Pet = Annotated[Cat | Dog, Field(discriminator="kind")]

    class Numbers(RootModel[list[int]]):
        """Only numbers."""

    @app.post("/pets", response_model=Cat | Dog)
    def pets(pet: Pet) -> Any: ...

    @app.post("/any", response_model=list[Cat | Dog | int | None])
    def any_of(pet: Cat | Dog | None = None) -> Any: ...

    @app.get("/tree")
    def tree() -> Node: ...

    @app.post("/numbers")
    def numbers(numbers: Numbers) -> Page[Numbers]: ...

    @app.get("/pages")
    def pages(colour: Colour | Literal["any"] = "any") -> Page[Item]: ...

    return app


def _split_models(api: Any, **options: Any) -> Any:
    app = api.FastAPI(**options)

    @app.post("/split")
    def split(value: Split) -> Split: ...

    @app.post("/computed")
    def computed(value: Computed) -> list[Computed]: ...

    @app.post("/secret", response_model_exclude_unset=True)
    def items(values: list[Item]) -> dict[str, Item]: ...

    return app


@program
def input_and_output_split(api: Any) -> Any:
    return _split_models(api)


@program
def input_and_output_together(api: Any) -> Any:
    return _split_models(api, separate_input_output_schemas=False)


@program
def responses(api: Any) -> Any:
    r = api.responses
    app = api.FastAPI(responses={418: {"description": "teapot"}})

    @app.get(
        "/declared",
        response_model=Item,
        response_description="Here it is",
        responses={
            200: {
                "content": {"image/png": {}},
                "headers": {"X-Rate": {"schema": {"type": "integer"}}},
            },
            404: {"model": Cat, "description": "none"},
            "4XX": {"model": Dog},
            "5xx": {},
            "default": {"model": Node, "links": {"next": {"operationId": "tree"}}},
            501: {},
        },
    )
    def declared(n: int) -> Any: ...

    @app.get("/own422/{n}", responses={422: {"model": Cat}})
    def own(n: int) -> None: ...

    @app.delete("/gone", status_code=204)
    def gone(n: int) -> None: ...

    for cls in ("HTMLResponse", "PlainTextResponse", "RedirectResponse", "StreamingResponse"):
        app.get(f"/{cls}", response_class=getattr(r, cls), name=cls)(lambda: None)
    app.get("/file", response_class=r.FileResponse, name="file")(lambda: None)
    app.get("/base", response_class=r.Response, name="base", responses={404: {"model": Cat}})(
        lambda: None
    )

    class Teapot(r.JSONResponse):
        media_type = "application/x-tea"

        def __init__(self, content: Any = None, status_code: int = 418, **more: Any) -> None: ...

    @app.get("/teapot", response_class=Teapot, responses={404: {"model": Cat}})
    def teapot() -> Dog: ...

    @app.get("/annotated")
    def annotated() -> r.JSONResponse: ...

    return app


@program
def streams(api: Any) -> Any:
    app = api.FastAPI()

    @app.get("/jsonl")
    async def jsonl() -> AsyncIterable[Item]:
        yield

    @app.get("/bare")
    async def bare():
        yield 1

    @app.get("/events", response_class=api.sse.EventSourceResponse)
    async def events() -> AsyncIterable[Cat]:
        yield

    @app.post("/sync-events", response_class=api.sse.EventSourceResponse)
    def sync_events(n: int) -> Iterable[api.sse.ServerSentEvent]:
        yield

    @app.get("/untyped-events", response_class=api.sse.EventSourceResponse, status_code=202)
    def untyped():
        yield 1

    @app.get("/bytes", response_class=api.responses.StreamingResponse)
    async def chunks() -> AsyncIterable[bytes]:
        yield b""

    return app


@program
def dataclasses(api: Any) -> Any:
    app = api.FastAPI()

    @app.post("/lines", response_model=list[Line])
    def lines(line: Line, point: Point | None = None) -> Any: ...

    @app.get("/line")
    def line(x: int = 0) -> Line: ...

    return app


@program
def equal_names(api: Any) -> Any:
    def model(**fields: Any) -> Any:
        from pydantic import create_model

        return create_model("Same", __module__=f"m{len(fields)}", **fields)

    first, second = model(a=(int, 1)), model(a=(int, 1), b=(str, ...))
    app = api.FastAPI()

    @app.post("/first")
    def one(body: first) -> list[second]: ...

    @app.post("/second")
    def two(body: second) -> first: ...

    return app
