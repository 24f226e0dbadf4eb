"""The documentation pages: what is on them, and that nothing breaks out of its place."""

import inspect
import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from fasterapi.openapi.docs import (
    get_redoc_html,
    get_swagger_ui_html,
    get_swagger_ui_oauth2_redirect_html,
    swagger_ui_default_parameters,
)

ATTACKS = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "'});alert(1);({a:'",
    "\\'});alert(1);//",
    "</title><script>alert(1)</script>",
    "<!--<script>",
    "a\nb\r\u2028c",
]


class Page(HTMLParser):
    """The elements of a page in order, and the text of scripts and title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {"script": "", "title": ""}
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in self.texts:
            self.texts[self._inside] += data

    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]


def swagger(**options: object) -> str:
    defaults = {"openapi_url": "/openapi.json", "title": "API"}
    return get_swagger_ui_html(**{**defaults, **options}).body.decode()


def redoc(**options: object) -> str:
    defaults = {"openapi_url": "/openapi.json", "title": "API"}
    return get_redoc_html(**{**defaults, **options}).body.decode()


def test_swagger_page_loads_the_document() -> None:
    html = swagger(title="My API - Swagger UI")
    assert "url: '/openapi.json'," in html
    assert "<title>My API - Swagger UI</title>" in html
    assert '<div id="swagger-ui">' in html
    assert "presets: [" in html


def test_default_urls_are_on_the_pages() -> None:
    for function, page in ((get_swagger_ui_html, swagger()), (get_redoc_html, redoc())):
        for name, parameter in inspect.signature(function).parameters.items():
            if name.endswith("_url") and isinstance(parameter.default, str):
                assert parameter.default in page


def test_parameters_are_laid_over_the_defaults() -> None:
    html = swagger(swagger_ui_parameters={"deepLinking": False, "syntaxHighlight": {"a": [1]}})
    assert '"deepLinking": false,' in html
    assert '"syntaxHighlight": {"a": [1]},' in html
    assert '"dom_id": "#swagger-ui",' in html
    assert swagger_ui_default_parameters["deepLinking"] is True


def test_oauth2_is_configured_only_if_asked_for() -> None:
    assert "oauth2RedirectUrl" not in swagger()
    assert "initOAuth" not in swagger()
    html = swagger(oauth2_redirect_url="/docs/oauth2-redirect", init_oauth={"clientId": "me"})
    assert "oauth2RedirectUrl: window.location.origin + '/docs/oauth2-redirect'," in html
    assert 'ui.initOAuth({"clientId": "me"})' in html


def test_redoc_page_loads_the_document() -> None:
    html = redoc()
    assert '<redoc spec-url="/openapi.json"></redoc>' in html
    assert "fonts.googleapis.com" in html
    assert "fonts.googleapis.com" not in redoc(with_google_fonts=False)


def test_redirect_page_answers_the_opener() -> None:
    response = get_swagger_ui_oauth2_redirect_html()
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert b"window.opener.swaggerUIRedirectOauth2" in response.body


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(
    "option",
    [
        "openapi_url",
        "title",
        "swagger_js_url",
        "swagger_css_url",
        "swagger_favicon_url",
        "oauth2_redirect_url",
    ],
)
def test_swagger_text_stays_in_its_place(option: str, attack: str) -> None:
    harmless, attacked = (Page(swagger(**{option: value})) for value in ("/x", attack))
    assert attacked.tags() == harmless.tags()
    assert [sorted(a) for _, a in attacked.elements] == [sorted(a) for _, a in harmless.elements]
    assert len(attacked.texts["script"].splitlines()) == len(harmless.texts["script"].splitlines())


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("option", ["openapi_url", "title", "redoc_js_url", "redoc_favicon_url"])
def test_redoc_text_stays_in_its_place(option: str, attack: str) -> None:
    harmless, attacked = (Page(redoc(**{option: value})) for value in ("/x", attack))
    assert attacked.tags() == harmless.tags()
    assert [sorted(a) for _, a in attacked.elements] == [sorted(a) for _, a in harmless.elements]


@pytest.mark.parametrize("attack", ATTACKS)
def test_url_reads_back_from_the_script(attack: str) -> None:
    script = Page(swagger(openapi_url=attack)).texts["script"]
    literal = re.search(r"url: '([^'\n]*)',", script)
    assert literal is not None
    assert json.loads(f'"{literal[1]}"') == attack


@pytest.mark.parametrize("attack", ATTACKS)
def test_parameters_read_back_from_the_script(attack: str) -> None:
    options = {"swagger_ui_parameters": {attack: [attack]}, "init_oauth": {attack: attack}}
    page = Page(swagger(**options))
    assert page.tags().count("script") == 2
    assert f"{json.dumps(attack)}: {json.dumps([attack])}," in page.texts["script"].replace(
        "\\u003c", "<"
    ).replace("\\u003e", ">").replace("\\u0026", "&")


@pytest.mark.parametrize("attack", ATTACKS)
def test_title_reads_back(attack: str) -> None:
    html = swagger(title=attack)
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    assert title is not None
    assert unescape(title[1]) == attack
