"""What a request may carry."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Json, SecretStr

from tests.conformance.openapi_programs.models import (
    Cat,
    Colour,
    Item,
    Size,
)
from tests.conformance.openapi_programs.registry import program


@program
def parameters_of_all_kinds(api: Any) -> Any:
    app = api.FastAPI()

    @app.get("/items/{item_id}/{rest:path}")
    def read(
        item_id: Annotated[int, api.Path(title="The id", ge=1, le=1000)],
        rest: str,
        q: str | None = None,
        plain: int = 3,
        limited: Annotated[str, api.Query(min_length=2, max_length=5, pattern="^x")] = "xx",
        many: Annotated[list[int], api.Query()] = [],  # noqa: B006
        aliased: Annotated[str, api.Query(alias="item-query", deprecated=True)] = "a",
        hidden: Annotated[str, api.Query(include_in_schema=False)] = "h",
        shown: Annotated[int, api.Query(examples=[1, 2], description="with examples")] = 1,
        named: Annotated[
            str, api.Query(openapi_examples={"a": {"summary": "A", "value": "x"}, "b": {}})
        ] = "n",
        user_agent: Annotated[str | None, api.Header()] = None,
        x_token: Annotated[list[str] | None, api.Header()] = None,
        raw_name: Annotated[str | None, api.Header(convert_underscores=False)] = None,
        session: Annotated[str | None, api.Cookie(description="of the session")] = None,
        colour: Colour = Colour.GREEN,
        size: Size = Size.SMALL,
        choice: Literal["a", "b"] = "a",
        when: datetime | None = None,
        day: date | None = None,
        clock: time | None = None,
        span: timedelta | None = None,
        unique: UUID | None = None,
        amount: Decimal | None = None,
        ratio: Annotated[float, api.Query(gt=0, lt=1)] = 0.5,
        flag: bool = False,
    ) -> None: ...

    return app


@program
def parameter_models(api: Any) -> Any:
    app = api.FastAPI()

    class Filters(BaseModel):
        model_config = ConfigDict(extra="forbid")
        limit: int = Field(100, gt=0, le=100, description="at most")
        order_by: Literal["created", "updated"] = "created"
        tags: list[str] = []
        renamed: str = Field("r", alias="re-named")

    class Headers(BaseModel):
        host_name: str
        save_data: bool = Field(False, deprecated=True)
        x_tag: list[str] = []

    class Cookies(BaseModel):
        session: str
        tracker: str | None = None

    @app.get("/models")
    def models(
        filters: Annotated[Filters, api.Query()],
        headers: Annotated[Headers, api.Header()],
        cookies: Annotated[Cookies, api.Cookie()],
    ) -> None: ...

    @app.get("/plain-headers")
    def plain(headers: Annotated[Headers, api.Header(convert_underscores=False)]) -> None: ...

    @app.get("/optional")
    def optional(filters: Annotated[Filters | None, api.Query()] = None) -> None: ...

    return app


@program
def bodies(api: Any) -> Any:
    app = api.FastAPI()

    @app.post("/one")
    def one(item: Item) -> Item: ...

    @app.put("/many/{n}", response_model=list[Item])
    def many(n: int, item: Item, cat: Cat, importance: Annotated[int, api.Body(gt=0)]) -> Any: ...

    @app.post("/embedded")
    def embedded(item: Annotated[Item, api.Body(embed=True)]) -> dict[str, Item]: ...

    @app.post("/optional")
    def optional(item: Item | None = None) -> Item | None: ...

    @app.post("/examples")
    def examples(
        item: Annotated[
            Item,
            api.Body(openapi_examples={"normal": {"summary": "n", "value": {"name": None}}}),
        ],
    ) -> None: ...

    @app.post("/plain")
    def plain(items: list[int], flag: bool = False) -> dict[str, int]: ...

    @app.post("/media")
    def media(text: Annotated[str, api.Body(media_type="application/x-text")]) -> str: ...

    @app.delete("/json")
    def as_json(data: Json[list[int]]) -> tuple[int, str]: ...

    return app


@program
def forms_and_files(api: Any) -> Any:
    app = api.FastAPI()

    class Login(BaseModel):
        model_config = ConfigDict(extra="forbid")
        username: str
        password: SecretStr
        tags: list[str] = []

    @app.post("/login")
    def login(
        username: Annotated[str, api.Form()], remember: Annotated[bool, api.Form()] = False
    ): ...

    @app.post("/model")
    def model(data: Annotated[Login, api.Form()]) -> None: ...

    @app.post("/file")
    def file(file: api.UploadFile, note: Annotated[str | None, api.Form()] = None) -> None: ...

    @app.post("/files")
    def files(
        files: Annotated[list[bytes], api.File(description="several")],
        more: list[api.UploadFile] | None = None,
        token: Annotated[str, api.Form(min_length=3)] = "abc",
    ) -> None: ...

    return app


@program
def security_schemes(api: Any) -> Any:
    app = api.FastAPI()
    s = api.security
    oauth2 = s.OAuth2PasswordBearer(
        tokenUrl="token", scopes={"read": "Read", "write": "Write"}, description="by password"
    )
    code = s.OAuth2AuthorizationCodeBearer(
        authorizationUrl="auth", tokenUrl="token", refreshUrl="again", scheme_name="Code"
    )

    def user(scopes: s.SecurityScopes, token: Annotated[str, api.Depends(oauth2)]) -> str: ...

    def reader(name: Annotated[str, api.Security(user, scopes=["read"])]) -> str: ...

    @app.get("/me", dependencies=[api.Depends(code)])
    def me(
        name: Annotated[str, api.Security(reader, scopes=["write"])],
        other: Annotated[str, api.Security(user, scopes=["read", "admin"])],
    ) -> None: ...

    for index, scheme in enumerate(
        [
            s.APIKeyCookie(name="c"),
            s.APIKeyHeader(name="X-Key", description="a key", auto_error=False),
            s.APIKeyQuery(name="k", scheme_name="Query key"),
            s.HTTPBasic(realm="simple"),
            s.HTTPBearer(bearerFormat="JWT"),
            s.HTTPDigest(),
            s.http.HTTPBase(scheme="Other"),
            s.OpenIdConnect(openIdConnectUrl="/openid"),
            s.OAuth2(flows={"implicit": {"authorizationUrl": "a", "scopes": {"x": "X"}}}),
        ]
    ):

        def endpoint(credentials: Annotated[Any, api.Security(scheme)]) -> None: ...

        app.get(f"/scheme{index}", name=f"scheme {index}")(endpoint)

    @app.post("/token")
    def token(form: Annotated[s.OAuth2PasswordRequestForm, api.Depends()]) -> None: ...

    @app.post("/strict-token")
    def strict(form: Annotated[s.OAuth2PasswordRequestFormStrict, api.Depends()]) -> None: ...

    return app


@program
def dependencies(api: Any) -> Any:
    app = api.FastAPI(dependencies=[api.Depends(lambda x_global: None)])

    class Common:
        def __init__(self, q: str | None = None, skip: int = 0) -> None: ...

    def first(shared: int, a: int = 1) -> None: ...

    async def second(shared: int = 5, b: Annotated[str | None, api.Header()] = None) -> Any:
        yield first

    @app.get("/", dependencies=[api.Depends(second)])
    def root(
        common: Annotated[Common, api.Depends()],
        one: Annotated[None, api.Depends(first)],
        uncached: Annotated[None, api.Depends(first, use_cache=False)],
        a: int = 2,
    ) -> None: ...

    return app
