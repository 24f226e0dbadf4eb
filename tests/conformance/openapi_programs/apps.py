"""Routers, callbacks, and facts about a whole API."""

from typing import Annotated, Any

from pydantic import AnyUrl

from tests.conformance.openapi_programs.models import (
    Cat,
    Colour,
    Dog,
    Item,
    Node,
)
from tests.conformance.openapi_programs.registry import program


@program
def callbacks_and_webhooks(api: Any) -> Any:
    app = api.FastAPI()
    callbacks = api.APIRouter()

    @callbacks.post("{$callback_url}/invoices/{$request.body.id}", response_model=Cat)
    def notify(body: Item) -> Any: ...

    @app.post("/invoices", callbacks=callbacks.routes, status_code=201)
    def create(cat: Cat, callback_url: AnyUrl | None = None) -> Dog: ...

    @app.webhooks.post("new-subscription")
    def subscribed(body: Dog, token: Annotated[str, api.Header()]) -> None:
        """A subscription was made."""

    return app


@program
def routers_and_tags(api: Any) -> Any:
    app = api.FastAPI(
        openapi_tags=[{"name": "users", "description": "Users", "x-order": 1}, {"name": "b"}],
        generate_unique_id_function=lambda route: f"{route.name}-{len(route.path)}",
        deprecated=True,
    )
    inner = api.APIRouter(prefix="/inner/{tenant}", tags=["inner", Colour.RED])
    outer = api.APIRouter(
        prefix="/outer",
        dependencies=[api.Depends(lambda x_key: None)],
        responses={403: {"description": "no"}},
        default_response_class=api.responses.PlainTextResponse,
    )

    @inner.get("/a/{b}", tags=["users"], summary="Short", operation_id="own-id")
    def a_b(tenant: str, b: int) -> None:
        """Longer.

        With *Markdown*.\fAnd a remark.
        """

    @inner.api_route("/several", methods=["POST"], deprecated=False, description="given")
    def several_words_in_a_name(item: Item) -> None: ...

    @inner.get("/hidden", include_in_schema=False)
    def hidden(dog: Dog) -> Node: ...

    outer.include_router(inner, prefix="/again", tags=["b"])
    app.include_router(outer, responses={404: {"model": Cat}}, callbacks=None)
    app.include_router(inner, generate_unique_id_function=lambda route: route.name.upper())
    app.include_router(outer, prefix="/out", include_in_schema=False)
    return app


@program
def extensions_of_operations(api: Any) -> Any:
    app = api.FastAPI()
    extra = {
        "x-codeSamples": [{"lang": "sh", "source": "curl", "none": None}],
        "requestBody": {"content": {"application/json": {"schema": {"title": "Replaced"}}}},
        "parameters": [{"name": "raw", "in": "query", "schema": {"type": "string"}}],
        "tags": ["late"],
        "x-_sa": {"_sa_state": 1, "kept": [None]},
    }

    @app.post("/extended", openapi_extra=extra, tags=["early"])
    def extended(cat: Cat, q: int = 1) -> None: ...

    @app.post("/after")
    def after(cat: Cat) -> Cat: ...

    return app


@program
def facts_about_the_api(api: Any) -> Any:
    app = api.FastAPI(
        title="The <API> & more",
        summary="In short",
        description="# Long",
        version="2.0.0",
        terms_of_service="https://example.com/terms",
        contact={"name": "me", "url": "https://example.com", "email": "me@example.com"},
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[
            {"url": "/", "description": "here"},
            {"url": "https://{region}.example.com", "variables": {"region": {"default": "eu"}}},
        ],
        openapi_external_docs={"description": "more", "url": "https://example.com/docs"},
    )
    app.get("/")(lambda: None)
    return app


@program
def nothing_at_all(api: Any) -> Any:
    return api.FastAPI()
