"""The files of the documentation pages, served by the app itself."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from fasterapi.openapi import assets
from fasterapi.openapi.docs import get_redoc_html, get_swagger_ui_html

STATIC = Path(assets.__file__).parent / "static"
NAMES = ["swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js", "favicon.svg"]


class App(Starlette):
    docs_url: str | None = "/docs"
    redoc_url: str | None = "/redoc"


@pytest.fixture
def client() -> TestClient:
    app = App()
    assets.mount_assets(app)
    return TestClient(app)


def urls_of(html: bytes) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]+)"', html.decode())


@pytest.mark.parametrize("root_path", ["", "/proxied"])
def test_pages_need_nothing_from_elsewhere(client: TestClient, root_path: str) -> None:
    path = root_path + "/docs/static"
    swagger = get_swagger_ui_html(openapi_url="/o", title="t", **assets.swagger_ui_urls(path))
    redoc = get_redoc_html(openapi_url="/o", title="t", **assets.redoc_urls(path))
    urls = urls_of(swagger.body) + urls_of(redoc.body)
    assert len(urls) == 5
    for url in urls:
        assert url.startswith(path)
        assert client.get(url.removeprefix(root_path)).status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_compressed_and_plain_answers_hold_the_same(client: TestClient, name: str) -> None:
    url = f"/docs/static/{name}"
    plain = client.get(url, headers={"accept-encoding": "identity"})
    packed = client.get(url, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    assert plain.headers["etag"] == packed.headers["etag"]
    assert plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("GZIP", "gzip"),
        ("*", "gzip"),
        ("", None),
        ("br", None),
        ("gzip;q=0", None),
        ("*, gzip;q=0", None),
        ("gzip;q=x", None),
    ],
)
def test_encoding_follows_the_request(
    client: TestClient, accepted: str, encoding: str | None
) -> None:
    response = client.get("/docs/static/swagger-ui.css", headers={"accept-encoding": accepted})
    assert response.headers.get("content-encoding") == encoding
    assert b".swagger-ui" in response.content


def test_known_etag_is_answered_without_content(client: TestClient) -> None:
    first = client.get("/docs/static/favicon.svg")
    again = client.get("/docs/static/favicon.svg", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_only_the_current_version_is_kept_for_ever(client: TestClient) -> None:
    current = assets.swagger_ui_urls("/docs/static")["swagger_css_url"]
    assert "immutable" in client.get(current).headers["cache-control"]
    assert "immutable" not in client.get(current + "0").headers["cache-control"]


@pytest.mark.parametrize("name", ["nothing.js", "README.md", "..%2fassets.py", "swagger-ui.css.gz"])
def test_other_files_are_not_served(client: TestClient, name: str) -> None:
    assert client.get(f"/docs/static/{name}").status_code == 404


def test_path_follows_the_documentation() -> None:
    app = App()
    assert assets.assets_path(app) == "/docs/static"
    app.docs_url = None
    assert assets.assets_path(app) == "/redoc/static"
    assert assets.mount_assets(app, "/own/") == "/own"
    assert [route.path for route in app.routes if isinstance(route, Route)] == ["/own/{name}"]


def test_route_is_not_documented() -> None:
    app = App()
    assets.mount_assets(app)
    assert not any(route.include_in_schema for route in app.routes if isinstance(route, Route))


def test_files_are_those_the_readme_names() -> None:
    readme = (STATIC / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| `([\w.-]+)\.gz` \| npm `[\w-]+` ([\d.]+), .*\| `(\w{64})`", readme)
    assert len(rows) == 3
    for name, version, digest in rows:
        content = gzip.decompress((STATIC / f"{name}.gz").read_bytes())
        assert hashlib.sha256(content).hexdigest() == digest
        assert version in (assets.SWAGGER_UI_VERSION, assets.REDOC_VERSION)
