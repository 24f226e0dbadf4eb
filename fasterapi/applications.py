"""FasterAPI: the application class, FastAPI's under both names."""

import os
import sys
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, ExceptionHandler, Lifespan, Receive, Scope, Send
from typing_extensions import deprecated as deprecated_parameter

from fasterapi import routing
from fasterapi._body_limit import AppBodyLimitMiddleware
from fasterapi._form_limits import _FormLimits
from fasterapi._guard import ResponseGuard
from fasterapi._lazy import lazy_names
from fasterapi.concurrency import coroutine_function
from fasterapi.datastructures import Default, DefaultPlaceholder
from fasterapi.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
    websocket_request_validation_exception_handler,
)
from fasterapi.exceptions import (
    FastAPIDeprecationWarning,
    RequestValidationError,
    WebSocketRequestValidationError,
)
from fasterapi.executors import ExecutorConfig
from fasterapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fasterapi.middleware.checks import check_cors, checked
from fasterapi.params import Depends
from fasterapi.routing.delegating import AppDeclarations
from fasterapi.routing.documentation import add_documentation
from fasterapi.routing.paths import require
from fasterapi.routing.router import ROUTES_DEPRECATED
from fasterapi.routing.version import ROUTES_VERSION
from fasterapi.telemetry import TelemetryConfig
from fasterapi.telemetry._asgi import ExceptionTelemetryMiddleware, NativeTelemetry, _legacy_otel
from fasterapi.types import DecoratedCallable, IncEx
from fasterapi.utils import generate_unique_id

if TYPE_CHECKING:
    from fasterapi.middleware.stack import Stack
    from fasterapi.openapi.docs import (
        get_redoc_html,
        get_swagger_ui_html,
        get_swagger_ui_oauth2_redirect_html,
    )
    from fasterapi.openapi.utils import get_openapi
    from fasterapi.routing.table import PlanRow
    from fasterapi.tasks import TaskConfig, TaskQueue

# COMPAT: programs import more than the class from here, and replace functions of the pages.
__all__ = (
    "AppBodyLimitMiddleware",
    "AppType",
    "AsyncExitStackMiddleware",
    "BaseHTTPMiddleware",
    "DecoratedCallable",
    "DefaultPlaceholder",
    "ExceptionMiddleware",
    "ExceptionTelemetryMiddleware",
    "FastAPI",
    "FasterAPI",
    "HTMLResponse",
    "IncEx",
    "ServerErrorMiddleware",
    "get_openapi",
    "get_redoc_html",
    "get_swagger_ui_html",
    "get_swagger_ui_oauth2_redirect_html",
)

# PERF: a program whose document nobody reads has no use for them.
_PAGES = ("get_redoc_html", "get_swagger_ui_html", "get_swagger_ui_oauth2_redirect_html")
__getattr__, __dir__ = lazy_names(
    __name__,
    {"get_openapi": "fasterapi.openapi.utils"} | dict.fromkeys(_PAGES, "fasterapi.openapi.docs"),
)

AppType = TypeVar("AppType", bound="FasterAPI")


_ROOT_PATH_DEPRECATED: Final = (
    "The `root_path` parameter is deprecated. Configure the server's root path instead, "
    "for example with `fastapi run --root-path /api/v1`."
)

_KEPT_OPTIONS: Final = (
    "max_body_size",
    "cancel_on_disconnect",
    "debug",
    "title",
    "summary",
    "description",
    "version",
    "terms_of_service",
    "contact",
    "license_info",
    "openapi_url",
    "openapi_tags",
    "root_path_in_servers",
    "docs_url",
    "redoc_url",
    "swagger_ui_oauth2_redirect_url",
    "swagger_ui_init_oauth",
    "swagger_ui_parameters",
    "docs_assets",
    "strict_json",
    "max_error_input",
    "separate_input_output_schemas",
    "openapi_external_docs",
)
"""Options that are attributes of the same name, nothing more."""

_DEFAULT_HANDLERS: Final[dict[type[Exception], Any]] = {
    HTTPException: http_exception_handler,
    RequestValidationError: request_validation_exception_handler,
    WebSocketRequestValidationError: websocket_request_validation_exception_handler,
}


def _telemetry_config(given: TelemetryConfig | None) -> TelemetryConfig:
    """Return *given* with every key."""
    wants_export = os.getenv("FASTAPI_OTEL_AUTO_CONFIGURE", "").lower() == "true"
    complete: TelemetryConfig = {
        "tracer_provider": None,
        "meter_provider": None,
        "logger_provider": None,
        "tracing": True,
        "metrics": True,
        "logs": True,
        "operation_spans": True,
        "auto_configure": wants_export,
        "exclude": None,
        **(given or {}),
    }
    return complete


class FasterAPI(AppDeclarations, Starlette):
    """An application: routes, middleware, exception handlers and an OpenAPI document.

    Args:
        telemetry: Which OpenTelemetry signals to send, and by which providers.
        debug: Whether errors are answered with their traceback.
        routes: Routes to begin with.
        title: Name of the API in its document.
        summary: Short summary of the API.
        description: Description of the API (Markdown).
        version: Version of the API, not of OpenAPI.
        openapi_url: Path of the document; None switches it and the pages off.
        openapi_tags: Descriptions of the tags, in the order in which pages show them.
        servers: Servers of the API for its document.
        dependencies: Dependencies of all routes.
        default_response_class: Class that answers unless a router or route has its own.
        redirect_slashes: Whether a path that only matches with (or without) a final slash is
            redirected there; "relative": without the host, which else the client chooses.
        docs_url: Path of the Swagger UI page; None for no page.
        redoc_url: Path of the ReDoc page; None for no page.
        swagger_ui_oauth2_redirect_url: Path that OAuth2 logins on the page come back to.
        swagger_ui_init_oauth: OAuth2 configuration of Swagger UI.
        middleware: Middleware, the first one outermost.
        exception_handlers: Functions that answer, by status or exception class.
        on_startup: Functions to run at start.
        on_shutdown: Functions to run at stop.
        lifespan: Async context manager function around the app's life, instead of both.
        terms_of_service: URL of the terms of service.
        contact: Contact (``name``, ``url``, ``email``).
        license_info: License (``name``, ``identifier`` or ``url``).
        root_path: Deprecated: path under which a proxy serves the app.
        root_path_in_servers: Whether the document lists the root path as a server.
        responses: Further OpenAPI responses of all routes.
        callbacks: OpenAPI callbacks of all routes.
        webhooks: Routes that document requests the API makes to its users.
        deprecated: Whether OpenAPI marks all routes as deprecated.
        include_in_schema: Whether OpenAPI lists the routes.
        swagger_ui_parameters: Configuration of Swagger UI.
        generate_unique_id_function: Makes the operation id from the route.
        separate_input_output_schemas: Whether models have two schemas where input and
            output differ.
        openapi_external_docs: ``externalDocs`` of the document.
        strict_content_type: Whether JSON must be declared as such to be parsed.
        max_body_size: Largest request body in bytes; over it 413. None: no limit here.
        form_limits: Limits of form parsing.
        cancel_on_disconnect: Whether a handler is cancelled, and its dependencies are closed,
            when the client is gone; by our own HTTP server. None: what that was told.
        strict_json: Whether to refuse JSON that readers understand differently: other than
            UTF-8, NaN and infinities, a key twice. FastAPI takes it.
        max_error_input: How many characters of input each finding of a 422 may repeat; longer
            input is left out (it may hold passwords). None: any number, as FastAPI.
        docs_assets: Where the pages load scripts and styles from: "cdn", or "local" for
            files that the app serves itself.
        executor_config: Where plain functions run; a mapping of its fields will do.
        task_config: How `tasks` does its work; a mapping of its fields will do.
    """

    max_body_size: int | None
    cancel_on_disconnect: bool | None
    title: str
    summary: str | None
    description: str
    version: str
    terms_of_service: str | None
    contact: dict[str, str | Any] | None
    license_info: dict[str, str | Any] | None
    openapi_url: str | None
    openapi_tags: list[dict[str, Any]] | None
    root_path_in_servers: bool
    docs_url: str | None
    redoc_url: str | None
    swagger_ui_oauth2_redirect_url: str | None
    swagger_ui_init_oauth: dict[str, Any] | None
    swagger_ui_parameters: dict[str, Any] | None
    docs_assets: Literal["cdn", "local"]
    strict_json: bool
    max_error_input: int | None
    separate_input_output_schemas: bool
    openapi_external_docs: dict[str, Any] | None

    def __init__(  # noqa: PYI019  the lifespan is typed with the app's class
        self: AppType,
        *,
        telemetry: TelemetryConfig | None = None,
        debug: bool = False,
        routes: Annotated[list[BaseRoute] | None, deprecated_parameter(ROUTES_DEPRECATED)] = None,
        title: str = "FastAPI",
        summary: str | None = None,
        description: str = "",
        version: str = "0.1.0",
        openapi_url: str | None = "/openapi.json",
        openapi_tags: list[dict[str, Any]] | None = None,
        servers: list[dict[str, str | Any]] | None = None,
        dependencies: Sequence[Depends] | None = None,
        default_response_class: type[Response] = Default(JSONResponse),
        redirect_slashes: bool | Literal["relative"] = True,
        docs_url: str | None = "/docs",
        redoc_url: str | None = "/redoc",
        swagger_ui_oauth2_redirect_url: str | None = "/docs/oauth2-redirect",
        swagger_ui_init_oauth: dict[str, Any] | None = None,
        middleware: Sequence[Middleware] | None = None,
        exception_handlers: dict[
            int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]
        ]
        | None = None,
        on_startup: Sequence[Callable[[], Any]] | None = None,
        on_shutdown: Sequence[Callable[[], Any]] | None = None,
        lifespan: Lifespan[AppType] | None = None,
        terms_of_service: str | None = None,
        contact: dict[str, str | Any] | None = None,
        license_info: dict[str, str | Any] | None = None,
        root_path: Annotated[str, deprecated_parameter(_ROOT_PATH_DEPRECATED)] = "",
        root_path_in_servers: bool = True,
        responses: dict[int | str, dict[str, Any]] | None = None,
        callbacks: list[BaseRoute] | None = None,
        webhooks: routing.APIRouter | None = None,
        deprecated: bool | None = None,
        include_in_schema: bool = True,
        swagger_ui_parameters: dict[str, Any] | None = None,
        generate_unique_id_function: Callable[[routing.APIRoute], str] = Default(
            generate_unique_id
        ),
        separate_input_output_schemas: bool = True,
        openapi_external_docs: dict[str, Any] | None = None,
        strict_content_type: bool = True,
        max_body_size: int | None = None,
        form_limits: _FormLimits | None = None,
        cancel_on_disconnect: bool | None = None,
        strict_json: bool = False,
        max_error_input: int | None = None,
        docs_assets: Literal["cdn", "local"] = "cdn",
        executor_config: ExecutorConfig | Mapping[str, Any] | None = None,
        task_config: "TaskConfig | Mapping[str, Any] | None" = None,
    ) -> None:
        given = locals()
        for option in _KEPT_OPTIONS:
            setattr(self, option, given[option])
        self.servers = servers or []
        self.openapi_version = "3.1.0"
        self.openapi_schema: dict[str, Any] | None = None
        self._openapi_routes_version: int | None = None
        self._encoded_document: Any = None
        if openapi_url:
            require(title, "A title must be provided for OpenAPI, e.g.: 'My API'")
            require(version, "A version must be provided for OpenAPI, e.g.: '2.1.0'")
        require(
            docs_assets in ("cdn", "local"),
            f"docs_assets must be 'cdn' or 'local', got {docs_assets!r}",
        )
        if root_path:
            warnings.warn(_ROOT_PATH_DEPRECATED, FastAPIDeprecationWarning, stacklevel=2)
        self.root_path = root_path
        self.state = State()
        self.dependency_overrides: dict[Callable[..., Any], Callable[..., Any]] = {}
        self.webhooks = webhooks or routing.APIRouter()
        self.router: routing.APIRouter = routing.APIRouter(
            routes=routes,
            redirect_slashes=redirect_slashes,
            dependency_overrides_provider=self,
            on_startup=on_startup,
            on_shutdown=on_shutdown,
            lifespan=lifespan,
            default_response_class=default_response_class,
            dependencies=dependencies,
            callbacks=callbacks,
            deprecated=deprecated,
            include_in_schema=include_in_schema,
            responses=responses,
            generate_unique_id_function=generate_unique_id_function,
            strict_content_type=strict_content_type,
            max_body_size=max_body_size,
            form_limits=form_limits,
        )
        self.exception_handlers: dict[Any, Callable[[Request, Any], Any]] = {
            **(exception_handlers or {})
        }
        for kind, handler in _DEFAULT_HANDLERS.items():
            self.exception_handlers.setdefault(kind, handler)
        self.executor_config = ExecutorConfig.of(executor_config)
        self._task_config = task_config
        self._tasks: TaskQueue | None = None
        if task_config is not None:
            _ = self.tasks  # what is wrong with it is an error now
        self._telemetry = _telemetry_config(telemetry)
        self._native_telemetry = NativeTelemetry(self._telemetry)
        self.user_middleware = checked(middleware or [])
        self._stack: Stack | None = None
        self._door: ASGIApp | None = None
        self.middleware_stack = None
        self.setup()

    @property
    def middleware_stack(self) -> ASGIApp | None:
        """The layers as FastAPI builds them; None until the first request.

        COMPAT: programs set it, to None for a new one or to a wrapped one; what was compiled
        for the former is out of use then.
        """
        return self._middleware_stack

    @middleware_stack.setter
    def middleware_stack(self, stack: ASGIApp | None) -> None:
        self._middleware_stack = stack
        self._door = None

    def build_middleware_stack(self) -> ASGIApp:
        """Return the app's layers, outermost first: errors, middleware, handlers, routes."""
        # PERF: the compiler is imported when the first app starts, not with the package.
        from fasterapi.middleware.stack import build_stack  # noqa: PLC0415

        self._stack = build_stack(self)
        return self._stack.compatible

    def _open_door(self) -> ASGIApp:
        """Return what answers HTTP requests: compiled dispatch, or the layers as they stand."""
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        compiled = self._stack.door_of(self.middleware_stack) if self._stack else None
        # Starlette's __call__ on purpose, where it has been replaced too.
        self._door = compiled or ResponseGuard(super().__call__)
        return self._door

    @property
    def tasks(self) -> "TaskQueue":
        """The app's queue of work that is done in this process, after the answers."""
        if self._tasks is None:
            # PERF: few apps have one.
            from fasterapi.tasks import TaskConfig, TaskQueue  # noqa: PLC0415

            self._tasks = TaskQueue(TaskConfig.of(self._task_config))
        return self._tasks

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made anew after routes have changed.

        Programs override this, or set ``app.openapi`` to a function of their own.
        """
        version = self.router._get_routes_version()  # noqa: SLF001
        if not self.openapi_schema or self._openapi_routes_version != version:
            self.openapi_schema = sys.modules[__name__].get_openapi(
                title=self.title,
                version=self.version,
                openapi_version=self.openapi_version,
                summary=self.summary,
                description=self.description,
                terms_of_service=self.terms_of_service,
                contact=self.contact,
                license_info=self.license_info,
                routes=self.routes,
                webhooks=self.webhooks.routes,
                tags=self.openapi_tags,
                servers=self.servers,
                separate_input_output_schemas=self.separate_input_output_schemas,
                external_docs=self.openapi_external_docs,
            )
            self._openapi_routes_version = version
        return self.openapi_schema

    def setup(self) -> None:
        """Add the routes of the document and its pages; called once, at the end of init."""
        add_documentation(self, sys.modules[__name__])

    @coroutine_function
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request, WebSocket or lifespan: the app is an ASGI application."""
        door = self._door
        if (
            door is None
            or self.root_path
            or scope["type"] != "http"
            or "opentelemetry" in sys.modules
        ):
            return self._serve(scope, receive, send)
        scope["app"] = self
        return door(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what `__call__` has no short way for: the first request, for example."""
        if self.root_path:
            scope["root_path"] = self.root_path
        kind = scope["type"]
        if kind == "lifespan":
            # Only apps that are started need it.
            from fasterapi.lifetime import live  # noqa: PLC0415

            await live(self, super().__call__, self._compile, scope, receive, send)
        elif self._native_telemetry.enabled() and self._is_observed(scope):
            await self._native_telemetry(
                app=ResponseGuard(super().__call__),
                scope=scope,
                receive=receive,
                send=send,
                legacy_otel=_legacy_otel(self.middleware_stack),
            )
        elif kind == "http":
            scope["app"] = self
            await (self._door or self._open_door())(scope, receive, send)
        else:
            await ResponseGuard(super().__call__)(scope, receive, send)

    def _compile(self) -> None:
        """Compile the routes."""
        getattr(self._door or self._open_door(), "prepare", int)()

    def _is_observed(self, scope: Scope) -> bool:
        """Return whether telemetry has to record this connection; builds the layers if so."""
        if scope["type"] not in ("http", "websocket") or "fastapi.telemetry" in scope:
            return False
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        scope["app"] = self
        return True

    def plan_report(self) -> "list[PlanRow]":
        """Return a row for each route: its compiled plan, or why it has none."""
        # The compiler comes with it, which is imported when the first app starts.
        from fasterapi.middleware.report import report_plans  # noqa: PLC0415

        return report_plans(self)

    def add_middleware(self, middleware_class: Any, *args: Any, **kwargs: Any) -> None:
        """Add middleware outside of what was added before; not once the app has started.

        Args:
            middleware_class: Called with the app that it wraps, *args* and *kwargs*.
            args: Further arguments.
            kwargs: Further arguments.
        """
        check_cors(middleware_class, args, kwargs)
        super().add_middleware(middleware_class, *args, **kwargs)
        ROUTES_VERSION.bump()

    def add_exception_handler(
        self, exc_class_or_status_code: int | type[Exception], handler: ExceptionHandler
    ) -> None:
        """Answer exceptions of a class, or with a status, by what *handler* returns."""
        super().add_exception_handler(exc_class_or_status_code, handler)
        ROUTES_VERSION.bump()


FastAPI = FasterAPI
"""The same class under the name that programs know."""
