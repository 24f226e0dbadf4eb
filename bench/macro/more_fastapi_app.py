"""What programs do beyond the first table, written as FastAPI's manual writes it."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import (
    BackgroundTasks,
    Cookie,
    Depends,
    FastAPI,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    Security,
    UploadFile,
)
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    StreamingResponse,
)
from fastapi.security import OAuth2PasswordBearer

from macro.more_models import (
    ACCOUNTS,
    EVENT,
    VALUES,
    Account,
    Amount,
    Cat,
    Dog,
    Event,
    Line,
    Point,
    PrivateAccount,
    Row,
    Search,
    Titled,
)

bearer = OAuth2PasswordBearer(tokenUrl="token")


class Typed(JSONResponse):
    media_type = "application/vnd.account+json"


class SoldOutError(Exception):
    pass


class Paging:
    def __init__(self, page: int = 1, size: int = 20) -> None:
        self.page, self.size = page, size


async def connection() -> Any:
    yield {"open": True}


def session() -> Any:
    yield {"open": True}


async def note(_text: str) -> None:
    pass


def more() -> FastAPI:
    app = FastAPI()
    _bodies(app)
    _parameters(app)
    _typed(app)
    _answers(app)
    _values(app)
    _responses(app)
    _refusals(app)
    return app


def _bodies(app: FastAPI) -> None:
    @app.post("/lines")
    async def lines(lines: list[Line]) -> dict[str, int]:
        return {"count": len(lines)}

    @app.post("/union")
    async def union(pet: Cat | Dog) -> dict[str, str]:
        return {"kind": pet.kind}

    @app.post("/titled")
    async def titled(titled: Titled) -> dict[str, str]:
        return {"title": titled.title}

    @app.post("/pair")
    async def pair(line: Line, titled: Titled) -> dict[str, str]:
        return {"sku": line.sku, "title": titled.title}

    @app.post("/event")
    async def event(event: Event) -> Event:
        return event

    @app.post("/form")
    async def form(name: Annotated[str, Form()], age: Annotated[int, Form()]) -> dict[str, Any]:
        return {"name": name, "age": age}

    @app.post("/upload")
    async def upload(file: UploadFile) -> dict[str, Any]:
        return {"name": file.filename, "size": len(await file.read())}

    @app.post("/fields")
    async def fields(
        file: UploadFile, title: Annotated[str, Form()], tag: Annotated[list[str], Form()]
    ) -> dict[str, Any]:
        return {"title": title, "tag": tag, "size": file.size}

    @app.post("/asked")
    async def asked(request: Request) -> dict[str, Any]:
        sent = await request.form()
        return {"name": sent["name"], "age": sent["age"]}


def _parameters(app: FastAPI) -> None:
    @app.get("/many")
    async def many(
        a: Amount, b: Amount = 2, c: str = "c", d: bool = False, e: float = 0.5,
        tag: Annotated[list[str] | None, Query()] = None,
    ) -> dict[str, Any]:  # fmt: skip
        return {"a": a, "b": b, "c": c, "d": d, "e": e, "tag": tag}

    @app.get("/headers")
    async def headers(
        user_agent: Annotated[str, Header()], session: Annotated[str, Cookie()]
    ) -> dict[str, str]:
        return {"agent": user_agent, "session": session}

    @app.get("/shops/{shop}/rows/{row:int}/{rest:path}")
    async def several(shop: str, row: int, rest: str) -> dict[str, Any]:
        return {"shop": shop, "row": row, "rest": rest}

    @app.get("/class")
    async def by_class(paging: Annotated[Paging, Depends()]) -> dict[str, int]:
        return {"page": paging.page, "size": paging.size}

    @app.get("/yield")
    async def by_yield(opened: Annotated[dict, Depends(connection)]) -> dict[str, bool]:
        return opened

    @app.get("/yield/thread")
    async def by_yield_in_thread(opened: Annotated[dict, Depends(session)]) -> dict[str, bool]:
        return opened

    @app.get("/background")
    async def with_background(tasks: BackgroundTasks) -> dict[str, bool]:
        tasks.add_task(note, "done")
        return {"noted": True}

    @app.get("/bearer")
    async def by_bearer(token: Annotated[str, Security(bearer)]) -> dict[str, str]:
        return {"token": token}


def _typed(app: FastAPI) -> None:
    @app.get("/keys/{key}")
    async def keyed(
        key: UUID, day: date | None = None, rows: Annotated[list[int] | None, Query()] = None
    ) -> dict[str, int]:
        return {"rows": len(rows or ())}

    @app.get("/search")
    async def search(search: Annotated[Search, Query()]) -> dict[str, int]:
        return {"limit": search.limit}


def _answers(app: FastAPI) -> None:
    @app.get("/filtered", response_model=Account)
    async def filtered() -> Any:
        return PrivateAccount(id=1, name="Ada")

    @app.get("/orm", response_model=Account)
    async def orm() -> Any:
        return Row(1, "Ada")

    @app.get("/accounts")
    async def accounts() -> list[Account]:
        return ACCOUNTS

    @app.get("/modelled", response_model=Account)
    async def modelled() -> Any:
        return {"id": 1, "name": "Ada"}


def _values(app: FastAPI) -> None:
    @app.get("/dataclass")
    async def dataclass() -> Point:
        return Point(1, 2.5)

    @app.get("/dated")
    async def dated() -> Event:
        return EVENT

    @app.get("/untyped", response_model=None)
    async def untyped() -> Any:
        return {"event": EVENT}

    @app.get("/values", response_model=None)
    async def values() -> Any:
        return VALUES

    @app.get("/number")
    async def number() -> int:
        return 42

    @app.get("/empty", status_code=204)
    async def empty() -> None:
        return None

    @app.get("/marked")
    async def marked(response: Response) -> dict[str, bool]:
        response.headers["x-mark"] = "1"
        return {"ok": True}


def _responses(app: FastAPI) -> None:
    @app.get("/own")
    async def own() -> Any:
        return JSONResponse({"id": 1, "name": "Ada"}, headers={"x-mark": "1"})

    @app.get("/text")
    async def text() -> Any:
        return PlainTextResponse("hello")

    @app.get("/page", response_class=HTMLResponse)
    async def page() -> str:
        return "<p>hello</p>"

    @app.get("/own-class", response_class=Typed, response_model=None)
    async def own_class() -> Any:
        return {"id": 1, "name": "Ada"}

    @app.get("/old")
    async def old() -> Any:
        return RedirectResponse("/new?from=old")

    @app.get("/cookie")
    async def cookie(response: Response) -> dict[str, bool]:
        response.set_cookie("session", "s1", max_age=3600, httponly=True)
        return {"ok": True}

    @app.get("/pieces")
    async def pieces() -> Any:
        return StreamingResponse(iter(["a", "b"]), media_type="text/plain")

    @app.exception_handler(SoldOutError)
    async def sold_out(request: Request, error: SoldOutError) -> Any:
        return JSONResponse({"sold": "out"}, 409)

    @app.get("/handled")
    async def handled() -> None:
        raise SoldOutError


def _refusals(app: FastAPI) -> None:
    @app.get("/missing")
    async def missing() -> None:
        raise HTTPException(404, "no such thing")

    @app.get("/typed/{number}")
    async def typed(number: int) -> int:
        return number
