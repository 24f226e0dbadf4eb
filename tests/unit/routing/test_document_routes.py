"""The OpenAPI document is encoded once, and again when it changes."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from fasterapi import APIRouter, FastAPI, applications
from fasterapi.routing import documentation


@pytest.fixture
def encodings(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The documents that were encoded."""
    seen: list[Any] = []
    own = documentation.JSONResponse

    def counting(content: Any) -> Any:
        seen.append(content)
        return own(content)

    monkeypatch.setattr(documentation, "JSONResponse", counting)
    return seen


def fetch(app: FastAPI, root_path: str = "") -> Any:
    return TestClient(app, root_path=root_path).get(f"{root_path}/openapi.json").json()


def test_document_is_encoded_once(encodings: list[Any]) -> None:
    app = FastAPI()
    assert fetch(app) == fetch(app) == app.openapi()
    assert len(encodings) == 1


def test_late_routes_appear() -> None:
    app, router = FastAPI(), APIRouter()
    app.include_router(router, prefix="/r")
    assert fetch(app)["paths"] == {}
    app.get("/a")(lambda: 1)
    assert set(fetch(app)["paths"]) == {"/a"}
    router.get("/b")(lambda: 1)
    assert set(fetch(app)["paths"]) == {"/a", "/r/b"}


def test_new_and_changed_documents_are_encoded_again(encodings: list[Any]) -> None:
    app = FastAPI()
    fetch(app)
    app.openapi_schema = {"openapi": "3.1.0", "info": {}, "paths": {}}
    assert fetch(app)["info"] == {}
    app.openapi()["info"]["x-logo"] = "a"
    assert fetch(app)["info"] == {"x-logo": "a"}
    app.openapi()["paths"]["/x"] = {}
    assert fetch(app)["paths"] == {"/x": {}}
    assert len(encodings) == 4


def test_each_root_path_is_a_server(encodings: list[Any]) -> None:
    app = FastAPI(servers=[{"url": "https://a.org"}, {"url": "/known"}])
    plain = fetch(app)["servers"]
    for _ in range(2):
        assert fetch(app, "/api")["servers"] == [{"url": "/api"}, *plain]
        assert fetch(app, "/known")["servers"] == plain
    assert fetch(app)["servers"] == plain
    assert len(encodings) == 3


def test_root_paths_do_not_pile_up() -> None:
    document = documentation.EncodedDocument({"openapi": "3.1.0"})
    for number in range(1000):
        assert f'"/{number}"'.encode() in document.encoded(f"/{number}")
    assert len(document._variants) <= documentation._MAX_VARIANTS


@pytest.mark.parametrize("by", ["attribute", "subclass"])
def test_overridden_document_is_asked_for_each_time(by: str) -> None:
    answers = iter([{"n": 1}, {"n": 2}])
    if by == "attribute":
        app = FastAPI()
        app.openapi = lambda: next(answers)
    else:
        app = type("Own", (FastAPI,), {"openapi": lambda self: next(answers)})()
    assert [fetch(app), fetch(app)] == [{"n": 1}, {"n": 2}]


def test_pages_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(FastAPI())
    own = applications.get_swagger_ui_html
    monkeypatch.setattr(
        applications,
        "get_swagger_ui_html",
        lambda **options: own(**{**options, "swagger_js_url": "/own.js"}),
    )
    assert "/own.js" in client.get("/docs").text


@pytest.mark.parametrize("root_path", ["", "/api"])
def test_local_assets_are_served_by_the_app(root_path: str) -> None:
    client = TestClient(FastAPI(docs_assets="local"), root_path=root_path)
    for page in ("/docs", "/redoc"):
        text = client.get(root_path + page).text
        assert "cdn.jsdelivr" not in text
        assert f'"{root_path}/docs/static/' in text.replace("'", '"')
    assert client.get(f"{root_path}/docs/static/swagger-ui.css").status_code == 200


def test_unknown_kind_of_assets_is_refused() -> None:
    with pytest.raises(AssertionError, match="docs_assets must be 'cdn' or 'local', got 'x'"):
        FastAPI(docs_assets="x")
