"""The pages that show the document: Swagger UI and ReDoc.

SECURITY: what comes from the program or the request (title, URLs with the
root path in them, parameters) is escaped for the place it stands in.
"""

import json
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from fasterapi.encoders import jsonable_encoder

__all__ = (
    "get_redoc_html",
    "get_swagger_ui_html",
    "get_swagger_ui_oauth2_redirect_html",
    "swagger_ui_default_parameters",
)

swagger_ui_default_parameters: dict[str, Any] = {
    "dom_id": "#swagger-ui",
    "layout": "BaseLayout",
    "deepLinking": True,
    "showExtensions": True,
    "showCommonExtensions": True,
}
"""Swagger UI's configuration; parameters of an app are laid over it."""

_FAVICON_URL = "https://fastapi.tiangolo.com/img/favicon.png"
_GOOGLE_FONTS = (
    '<link rel="stylesheet" href="https://fonts.googleapis.com/css'
    '?family=Montserrat:300,400,700|Roboto:300,400,700">\n'
)

_SWAGGER_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<title>{title}</title>
<link type="text/css" rel="stylesheet" href="{css_url}">
<link rel="shortcut icon" href="{favicon_url}">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{js_url}"></script>
<script>
const ui = SwaggerUIBundle({{
{options}
presets: [
SwaggerUIBundle.presets.apis,
SwaggerUIBundle.SwaggerUIStandalonePreset
],
}})
{start}</script>
</body>
</html>
"""

_REDOC_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{fonts}<link rel="shortcut icon" href="{favicon_url}">
<style>body {{ margin: 0; padding: 0; }}</style>
</head>
<body>
<noscript>This page is drawn by ReDoc, which needs JavaScript.</noscript>
<redoc spec-url="{openapi_url}"></redoc>
<script src="{js_url}"></script>
</body>
</html>
"""

# Swagger UI opens the login in a second window, which ends here; what the
# provider appended to the address is handed to the first window.
# Source: Swagger UI, docs/usage/oauth2.md, and the contract of its
# `swaggerUIRedirectOauth2` object (state, redirectUrl, auth, callback, errCb).
_OAUTH2_REDIRECT_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Swagger UI: OAuth2 Redirect</title>
</head>
<body>
<script>
"use strict";

function parametersOfAddress() {
  const hash = window.location.hash;
  const inHash = /code|token|error/.test(hash);
  const text = inHash ? hash.slice(1).replace("?", "&") : window.location.search.slice(1);
  return Object.fromEntries(new URLSearchParams(text));
}

function errorMessage(answer) {
  if (!answer.error) {
    return "[Authorization failed]: no accessCode received from the server.";
  }
  const reason = answer.error_description || "no accessCode received from the server";
  const more = answer.error_uri ? " More info: " + answer.error_uri : "";
  return "[" + answer.error + "]: " + reason + "." + more;
}

function finishLogin() {
  const request = window.opener.swaggerUIRedirectOauth2;
  const answer = parametersOfAddress();
  const isValid = answer.state === request.state;
  const codeFlows = ["accessCode", "authorizationCode", "authorization_code"];
  const report = (level, message) => request.errCb({
    authId: request.auth.name, source: "auth", level: level, message: message,
  });

  if (!codeFlows.includes(request.auth.schema.get("flow")) || request.auth.code) {
    request.callback({
      auth: request.auth, token: answer, isValid: isValid, redirectUrl: request.redirectUrl,
    });
  } else {
    if (!isValid) {
      report("warning", "Authorization may be unsafe: the state that came back from the "
        + "authorization server is not the one that was sent.");
    }
    if (answer.code) {
      delete request.state;
      request.auth.code = answer.code;
      request.callback({auth: request.auth, redirectUrl: request.redirectUrl});
    } else {
      report("error", errorMessage(answer));
    }
  }
  window.close();
}

if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", finishLogin);
} else {
  finishLogin();
}
</script>
</body>
</html>
"""


def get_swagger_ui_html(
    *,
    openapi_url: str,
    title: str,
    swagger_js_url: str = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js",
    swagger_css_url: str = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css",
    swagger_favicon_url: str = _FAVICON_URL,
    oauth2_redirect_url: str | None = None,
    init_oauth: dict[str, Any] | None = None,
    swagger_ui_parameters: dict[str, Any] | None = None,
) -> HTMLResponse:
    """Return the page that shows a document with Swagger UI.

    Args:
        openapi_url: Where the page loads the document from.
        title: Title of the page.
        swagger_js_url: Where Swagger UI's script is.
        swagger_css_url: Where its style sheet is.
        swagger_favicon_url: Icon of the page.
        oauth2_redirect_url: Path that OAuth2 logins come back to.
        init_oauth: Argument of Swagger UI's ``initOAuth``.
        swagger_ui_parameters: Configuration of Swagger UI, laid over
            `swagger_ui_default_parameters`.
    """
    parameters = {**swagger_ui_default_parameters, **(swagger_ui_parameters or {})}
    options = [f"url: {_js_string(openapi_url)},"]
    options += [
        f"{_html_safe_json(key)}: {_html_safe_json(jsonable_encoder(value))},"
        for key, value in parameters.items()
    ]
    if oauth2_redirect_url:
        path = _js_string(oauth2_redirect_url)
        options.append(f"oauth2RedirectUrl: window.location.origin + {path},")
    start = ""
    if init_oauth:
        start = f"ui.initOAuth({_html_safe_json(jsonable_encoder(init_oauth))})\n"
    return HTMLResponse(
        _SWAGGER_PAGE.format(
            title=escape(title, quote=False),
            css_url=_html_text(swagger_css_url),
            js_url=_html_text(swagger_js_url),
            favicon_url=_html_text(swagger_favicon_url),
            options="\n".join(options),
            start=start,
        )
    )


def get_redoc_html(
    *,
    openapi_url: str,
    title: str,
    redoc_js_url: str = "https://cdn.jsdelivr.net/npm/redoc@2/bundles/redoc.standalone.js",
    redoc_favicon_url: str = _FAVICON_URL,
    with_google_fonts: bool = True,
) -> HTMLResponse:
    """Return the page that shows a document with ReDoc.

    Args:
        openapi_url: Where the page loads the document from.
        title: Title of the page.
        redoc_js_url: Where ReDoc's script is.
        redoc_favicon_url: Icon of the page.
        with_google_fonts: Whether the page loads its fonts from Google.
    """
    return HTMLResponse(
        _REDOC_PAGE.format(
            title=escape(title, quote=False),
            fonts=_GOOGLE_FONTS if with_google_fonts else "",
            favicon_url=_html_text(redoc_favicon_url),
            openapi_url=_html_text(openapi_url),
            js_url=_html_text(redoc_js_url),
        )
    )


def get_swagger_ui_oauth2_redirect_html() -> HTMLResponse:
    """Return the page that hands the result of an OAuth2 login to Swagger UI."""
    return HTMLResponse(_OAUTH2_REDIRECT_PAGE)


def _html_text(value: object) -> str:
    """Return *value* as text of an element or of a quoted attribute."""
    return escape(str(value))


def _html_safe_json(value: Any) -> str:
    """Return *value* as JSON that cannot end the script element it stands in."""
    text = json.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _js_string(value: object) -> str:
    """Return *value* as a string literal of JavaScript, in single quotes."""
    inner = _html_safe_json(str(value))[1:-1]
    return "'" + inner.replace("'", "\\u0027") + "'"
