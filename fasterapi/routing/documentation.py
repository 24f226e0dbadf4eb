"""An app's routes for its OpenAPI document and the pages that show it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from fasterapi.applications import FasterAPI

__all__ = ("EncodedDocument", "add_documentation", "document_response")

# The root path comes from the server, in some set-ups from a header.
_MAX_VARIANTS: Final = 16


def _top_level(schema: dict[str, Any]) -> list[Any]:
    """Return what shows that a document has changed: its parts, and the entries of ``info``."""
    info = schema.get("info")
    entries = list(info.values()) if isinstance(info, dict) else []
    paths = schema.get("paths")
    return [*schema, *schema.values(), *entries, len(paths) if isinstance(paths, dict) else None]


class EncodedDocument:
    """JSON of one OpenAPI document, made once for each root path.

    PERF: encoding takes milliseconds for large apps, and documents rarely change.
    """

    __slots__ = ("_parts", "_schema", "_variants")

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._parts = _top_level(schema)
        self._variants: dict[str, bytes] = {}

    def is_of(self, schema: dict[str, Any]) -> bool:
        """Return whether *schema* is the document, and still has the same parts."""
        if schema is not self._schema:
            return False
        parts = _top_level(schema)
        return len(parts) == len(self._parts) and all(
            now is before or (isinstance(now, int) and now == before)
            for now, before in zip(parts, self._parts, strict=True)
        )

    def encoded(self, root_path: str) -> bytes:
        """Return the JSON, with *root_path* among the servers."""
        known = self._variants.get(root_path)
        if known is None:
            if len(self._variants) >= _MAX_VARIANTS:
                self._variants.clear()
            known = bytes(JSONResponse(with_server(self._schema, root_path)).body)
            self._variants[root_path] = known
        return known


def with_server(schema: dict[str, Any], root_path: str) -> dict[str, Any]:
    """Return *schema* with *root_path* as its first server, unless it is one of them."""
    servers = schema.get("servers", [])
    if not root_path or root_path in {server.get("url") for server in servers}:
        return schema
    return {**schema, "servers": [{"url": root_path}, *servers]}


def _root_path(request: Request) -> str:
    root_path: str = request.scope.get("root_path", "")
    return root_path.rstrip("/")


def document_response(
    app: "FasterAPI", request: Request, own_openapi: Callable[..., Any]
) -> Response:
    """Return the app's OpenAPI document.

    Args:
        app: The app.
        request: Tells the root path.
        own_openapi: The ``openapi`` of the framework's class.
    """
    root_path = _root_path(request) if app.root_path_in_servers else ""
    schema = app.openapi()
    is_overridden = "openapi" in vars(app) or type(app).openapi is not own_openapi
    if is_overridden:
        # Somebody else's function may return what it likes, changed in place or not.
        return JSONResponse(with_server(schema, root_path))
    document = app._encoded_document  # noqa: SLF001
    if document is None or not document.is_of(schema):
        document = app._encoded_document = EncodedDocument(schema)  # noqa: SLF001
    return Response(document.encoded(root_path), media_type="application/json")


def add_documentation(app: "FasterAPI", pages: Any) -> None:
    """Add the routes that the app's ``openapi_url``, ``docs_url``, ... ask for.

    Args:
        app: The app.
        pages: The module whose ``get_swagger_ui_html``, ... make the pages; programs replace
            them there to change the pages.
    """
    if not app.openapi_url:
        return
    own_openapi = pages.FasterAPI.openapi

    async def openapi(req: Request) -> Response:
        return document_response(app, req, own_openapi)

    app.add_route(app.openapi_url, openapi, include_in_schema=False)
    assets_path = None
    if app.docs_assets == "local" and (app.docs_url or app.redoc_url):
        assets_path = _local("mount_assets", app)
    if app.docs_url:
        _add_swagger_ui(app, app.docs_url, assets_path, pages)
    if app.redoc_url:
        _add_redoc(app, app.redoc_url, assets_path, pages)


def _local(name: str, argument: Any) -> Any:
    """Return what the function *name* of the files that the app serves itself returns."""
    # PERF: hashes and gzip, for the few apps that do so.
    from fasterapi.openapi import assets  # noqa: PLC0415

    return getattr(assets, name)(argument)


def _add_swagger_ui(app: "FasterAPI", docs_url: str, assets_path: str | None, pages: Any) -> None:
    async def swagger_ui_html(req: Request) -> Any:
        root_path = _root_path(req)
        redirect_url = app.swagger_ui_oauth2_redirect_url
        urls: Any = (
            {} if assets_path is None else _local("swagger_ui_urls", root_path + assets_path)
        )
        return pages.get_swagger_ui_html(
            openapi_url=f"{root_path}{app.openapi_url}",
            title=f"{app.title} - Swagger UI",
            oauth2_redirect_url=root_path + redirect_url if redirect_url else redirect_url,
            init_oauth=app.swagger_ui_init_oauth,
            swagger_ui_parameters=app.swagger_ui_parameters,
            **urls,
        )

    app.add_route(docs_url, swagger_ui_html, include_in_schema=False)
    if app.swagger_ui_oauth2_redirect_url:

        async def swagger_ui_redirect(_: Request) -> Any:
            return pages.get_swagger_ui_oauth2_redirect_html()

        app.add_route(
            app.swagger_ui_oauth2_redirect_url, swagger_ui_redirect, include_in_schema=False
        )


def _add_redoc(app: "FasterAPI", redoc_url: str, assets_path: str | None, pages: Any) -> None:
    async def redoc_html(req: Request) -> Any:
        root_path = _root_path(req)
        urls = {} if assets_path is None else _local("redoc_urls", root_path + assets_path)
        return pages.get_redoc_html(
            openapi_url=f"{root_path}{app.openapi_url}",
            title=f"{app.title} - ReDoc",
            **urls,
        )

    app.add_route(redoc_url, redoc_html, include_in_schema=False)
