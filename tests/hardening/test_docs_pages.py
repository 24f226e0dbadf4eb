"""The document and its pages: nothing of the program or the request becomes markup or script."""

import json
import re
from html.parser import HTMLParser
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from fasterapi import Cookie, FastAPI, File, Form, Header, HTTPException, Path, Query, UploadFile
from fasterapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from tests.hardening.doors import Answer, ask, make_app

EVIL = "</title></script><script>alert(1)</script>'\"\\\n\u2028<!--"
PAGES = ["/docs", "/redoc", "/docs/oauth2-redirect"]


class _Tags(HTMLParser):
    """Counts elements and keeps attributes and scripts, as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        last = self.tags[-1] if self.tags else ""
        self.text[last] = self.text.get(last, "") + data


def parsed(answer: Answer) -> _Tags:
    tags = _Tags()
    tags.feed(answer.body.decode())
    return tags


def evil_app() -> FastAPI:
    return FastAPI(
        title=EVIL,
        description=EVIL,
        swagger_ui_init_oauth={"appName": EVIL, EVIL: EVIL},
        swagger_ui_parameters={EVIL: EVIL, "x": [EVIL]},
        openapi_tags=[{"name": EVIL}],
    )


@pytest.mark.parametrize("page", PAGES)
def test_texts_of_the_program_are_no_markup(page: str) -> None:
    plain, evil = ask(FastAPI(swagger_ui_init_oauth={"a": 1}), page), ask(evil_app(), page)
    assert (evil.status, evil.error) == (200, None)
    assert parsed(evil).tags == parsed(plain).tags
    assert parsed(evil).attributes == parsed(plain).attributes
    assert b"<script>alert" not in evil.body


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("root_path", ["/" + EVIL, "/'+alert(1)+'", '/"onload=alert(1) x="'])
def test_root_path_is_no_markup(page: str, root_path: str) -> None:
    app = FastAPI()
    answer = ask(app, root_path + page, root_path=root_path)
    assert answer.error is None
    assert parsed(answer).attributes == parsed(ask(app, page)).attributes
    assert parsed(answer).tags == parsed(ask(app, page)).tags


@pytest.mark.parametrize("page", [*PAGES, "/openapi.json"])
def test_host_is_in_no_page(page: str) -> None:
    headers = [(b"host", b"evil.example"), (b"x-forwarded-host", b"evil.example")]
    answer = ask(FastAPI(), page, headers=headers)
    assert answer.status == 200
    assert b"evil.example" not in answer.body


def test_root_paths_do_not_pile_up() -> None:
    app = FastAPI()
    for number in range(100):
        answer = ask(app, "/openapi.json", root_path=f"/r{number}", path_is_kept=True)
        assert answer.status in (200, 404)
    document = app._encoded_document
    assert document is None or len(document._variants) <= 16


@pytest.mark.parametrize("make", [get_swagger_ui_html, get_redoc_html])
def test_urls_are_no_markup(make: Any) -> None:
    page = bytes(make(openapi_url=EVIL, title=EVIL).body).decode()
    assert "<script>alert" not in page
    assert re.search(r"alert\(1\)<", page) is None


def test_strings_of_the_script_stay_strings() -> None:
    page = bytes(
        get_swagger_ui_html(
            openapi_url="';alert(1);'", title="t", oauth2_redirect_url="\\';alert(1)//"
        ).body
    ).decode()
    assert "';alert" not in page
    assert "\\';alert" not in page.replace("\\\\", "")


def test_document_of_hostile_names_is_json(door: str) -> None:
    def build(app: FastAPI) -> None:
        @app.get("/x", summary=EVIL, description=EVIL, tags=[EVIL])
        async def endpoint(q: str = Query(default=EVIL, alias=EVIL)) -> str:
            return q

    answer = ask(make_app(door, build, title=EVIL), "/openapi.json")
    assert answer.status == 200
    assert json.loads(answer.body)["info"]["title"] == EVIL


# --- the documented statuses are all there are ----------------------------------------------


class Item(BaseModel):
    name: str = Field(max_length=20)
    price: float = Field(ge=0)
    tags: list[str] = []
    nested: dict[str, int] | None = None


def build_many(app: FastAPI) -> None:
    @app.get("/items/{item_id}", responses={404: {}})
    async def read(item_id: int = Path(ge=0), q: Literal["a", "b"] | None = None) -> dict[str, Any]:
        if item_id > 100:
            raise HTTPException(404)
        return {"id": item_id, "q": q}

    @app.post("/items")
    async def create(item: Item, x_count: int = Header(default=0), c: float = Cookie(0)) -> Item:
        return item

    @app.post("/form")
    async def form(a: str = Form(), b: int = Form(default=1)) -> list[Any]:
        return [a, b]

    @app.post("/upload")
    async def upload(file: UploadFile = File()) -> int:
        return len(await file.read())

    @app.get("/list")
    async def many(ids: list[int] = Query(default=[])) -> int:
        return len(ids)


# What the routes say, and what a body that cannot be read at all is answered with.
DOCUMENTED = {200, 400, 404, 405, 422}
APPS = {door: make_app(door, build_many) for door in ("compiled", "reference")}

raw = st.binary(max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
items = st.fixed_dictionaries(
    {}, optional={"name": json_values, "price": json_values, "tags": json_values,
                  "nested": json_values}
)  # fmt: skip
bodies = raw | items.map(lambda value: json.dumps(value).encode()) | st.just(b"")
types = st.sampled_from([
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b",
    "multipart/form-data", "text/plain", "", "application/problem+json", "a/b;c=\xff",
])  # fmt: skip
paths = st.sampled_from(["/items", "/form", "/upload", "/list", "/items/"]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=20
).map(lambda text: "/items/" + text)
methods = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT", "X", ""])
header_values = st.binary(max_size=20)


@settings(max_examples=300)
@given(methods, paths, raw, bodies, types, header_values, header_values)
def test_no_request_is_answered_by_what_is_not_documented(
    method: str, path: str, query: bytes, body: bytes, kind: str, one: bytes, two: bytes
) -> None:
    answers = []
    for app in APPS.values():
        headers = [(b"x-count", one), (b"cookie", b"c=" + two), (b"accept", two)]
        answer = ask(
            app, path, body, method=method, query=query, content_type=kind, headers=headers
        )
        assert answer.error is None
        assert answer.status in DOCUMENTED | {307}, answer
        answers.append((answer.status, answer.body))
    assert answers[0] == answers[1]
