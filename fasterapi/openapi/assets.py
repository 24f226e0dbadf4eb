"""Scripts and styles of the documentation pages, served by the app itself.

For networks that do not reach a CDN, and for pages whose content must not
depend on one. ``static/README.md`` says where the files come from.
"""

import gzip
import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = (
    "REDOC_VERSION",
    "SWAGGER_UI_VERSION",
    "RedocUrls",
    "SwaggerUiUrls",
    "assets_path",
    "mount_assets",
    "redoc_urls",
    "swagger_ui_urls",
)

SWAGGER_UI_VERSION = "5.35.0"
REDOC_VERSION = "2.5.4"

_MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "redoc.standalone.js": "text/javascript; charset=utf-8",
    "favicon.svg": "image/svg+xml",
}
_VERSIONS = {
    "swagger-ui-bundle.js": SWAGGER_UI_VERSION,
    "swagger-ui.css": SWAGGER_UI_VERSION,
    "redoc.standalone.js": REDOC_VERSION,
}
_KEPT = "public, max-age=31536000, immutable"


class SwaggerUiUrls(TypedDict):
    """Keyword arguments of `get_swagger_ui_html` for local files."""

    swagger_js_url: str
    swagger_css_url: str
    swagger_favicon_url: str


class RedocUrls(TypedDict):
    """Keyword arguments of `get_redoc_html` for local files."""

    redoc_js_url: str
    redoc_favicon_url: str
    with_google_fonts: bool


class _Asset(NamedTuple):
    content: bytes
    compressed: bytes | None  # gzip; None for files too small to gain from it
    etag: str


def mount_assets(app: "Starlette", path: str | None = None) -> str:
    """Add a route to *app* that serves the files, left out of its document.

    Args:
        app: The app; a FasterAPI, or any app with ``add_route``.
        path: Where to serve them; by default `assets_path` of *app*.

    Returns:
        The path, to be given to `swagger_ui_urls` and `redoc_urls` with the
        root path of the request before it.
    """
    mounted_at = assets_path(app) if path is None else path.rstrip("/")
    app.add_route(
        mounted_at + "/{name}", _serve, methods=["GET"], name="docs_assets", include_in_schema=False
    )
    return mounted_at


def assets_path(app: object) -> str:
    """Return the default path of the files: below the documentation of *app*."""
    docs_url: str = getattr(app, "docs_url", None) or getattr(app, "redoc_url", None) or "/docs"
    return docs_url.rstrip("/") + "/static"


def swagger_ui_urls(path: str) -> SwaggerUiUrls:
    """Return where `get_swagger_ui_html` finds the files that are served at *path*."""
    return SwaggerUiUrls(
        swagger_js_url=f"{path}/swagger-ui-bundle.js?v={SWAGGER_UI_VERSION}",
        swagger_css_url=f"{path}/swagger-ui.css?v={SWAGGER_UI_VERSION}",
        swagger_favicon_url=f"{path}/favicon.svg",
    )


def redoc_urls(path: str) -> RedocUrls:
    """Return where `get_redoc_html` finds the files that are served at *path*.

    Google's fonts are switched off: they would be the one file from elsewhere.
    """
    return RedocUrls(
        redoc_js_url=f"{path}/redoc.standalone.js?v={REDOC_VERSION}",
        redoc_favicon_url=f"{path}/favicon.svg",
        with_google_fonts=False,
    )


async def _serve(request: Request) -> Response:
    name: str = request.path_params["name"]
    media_type = _MEDIA_TYPES.get(name)
    if media_type is None:
        raise HTTPException(status_code=404)
    asset = _asset(name)
    headers = {
        "Cache-Control": _KEPT if _is_versioned(request, name) else "public, max-age=3600",
        "ETag": asset.etag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if asset.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = asset.content
    if asset.compressed is not None and _accepts_gzip(request.headers.get("accept-encoding", "")):
        content = asset.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=media_type, headers=headers)


def _is_versioned(request: Request, name: str) -> bool:
    """Return whether the URL names the version served, so that it never changes."""
    return name in _VERSIONS and request.query_params.get("v") == _VERSIONS[name]


@lru_cache(maxsize=len(_MEDIA_TYPES))
def _asset(name: str) -> _Asset:
    """Return the file *name*, read once; *name* must be a key of `_MEDIA_TYPES`."""
    folder = files("fasterapi.openapi") / "static"
    packed = folder / f"{name}.gz"
    compressed = packed.read_bytes() if packed.is_file() else None
    content = (folder / name).read_bytes() if compressed is None else gzip.decompress(compressed)
    # Weak: the same validator stands for the plain and for the compressed bytes.
    digest = hashlib.sha256(content).hexdigest()[:32]
    return _Asset(content, compressed, f'W/"{digest}"')


def _accepts_gzip(accept_encoding: str) -> bool:
    """Return whether an ``Accept-Encoding`` value allows gzip.

    Source: RFC 9110 section 12.5.3; a weight of 0 forbids.
    """
    weights: dict[str, float] = {}
    for item in accept_encoding.lower().split(","):
        coding, _, parameter = item.partition(";")
        weight = parameter.strip().removeprefix("q=")
        try:
            weights[coding.strip()] = float(weight) if weight else 1.0
        except ValueError:
            weights[coding.strip()] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0
