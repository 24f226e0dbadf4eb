"""Routes, routers, and everything that happens between a request and its endpoint.

The package has every name of the module ``fastapi.routing``. Monitoring tools replace some of
them (see `fasterapi.routing.patchpoints`), so what uses these looks them up here each time.
"""

import contextlib
import copy
import email.message
import errno
import functools
import inspect
import json
import math
import os
import stat
import sys
import threading
import types
import warnings
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
)
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Protocol, TypeVar, cast

import anyio
from anyio.abc import ObjectReceiveStream
from starlette import routing
from starlette._exception_handler import wrap_app_handling_exceptions
from starlette._utils import get_route_path, is_async_callable
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.datastructures import URL, URLPath
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.requests import Request
from starlette.responses import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import BaseRoute, Match, Mount, NoMatchFound, compile_path, get_name
from starlette.staticfiles import StaticFiles
from starlette.types import AppType, ASGIApp, Lifespan, Receive, Scope, Send
from starlette.websockets import WebSocket
from typing_extensions import deprecated

from fasterapi import params
from fasterapi._body_limit import (
    get_body_limit_error,
    get_body_size_limit,
    validate_max_body_size,
    wrap_app_with_body_limit,
)
from fasterapi._compat import ModelField, Undefined, lenient_issubclass
from fasterapi._form_limits import _FormLimits, _validate_form_limits
from fasterapi.datastructures import Default, DefaultPlaceholder
from fasterapi.dependencies.models import (
    Dependant,
    _is_async_gen_callable,
    _is_coroutine_callable,
    _is_gen_callable,
)
from fasterapi.dependencies.utils import (
    SolvedDependency,
    _get_body_field,
    _get_flat_body_params,
    _should_embed_body_fields,
    get_dependant,
    get_parameterless_sub_dependant,
    get_stream_item_type,
    get_typed_return_annotation,
    solve_dependencies,
)
from fasterapi.encoders import jsonable_encoder
from fasterapi.exceptions import (
    EndpointContext,
    FastAPIError,
    RequestValidationError,
    ResponseValidationError,
    WebSocketRequestValidationError,
)
from fasterapi.routing import patchpoints
from fasterapi.routing.context import RouteContext, _EffectiveRouteContext
from fasterapi.routing.frontend import (
    _frontend_dependency_endpoint,
    _frontend_path_specificity,
    _FrontendRoute,
    _FrontendRouteGroup,
    _join_frontend_paths,
    _normalize_frontend_path,
)
from fasterapi.routing.frontend_files import (
    _FrontendStaticFiles,
    _get_resolved_absolute_path,
    _is_frontend_navigation_request,
    _iter_accept_media_types,
    _resolve_frontend_check_dir,
)
from fasterapi.routing.handler import (
    _build_response_args,
    _endpoint_context_cache,
    _extract_endpoint_context,
    get_request_handler,
    get_websocket_app,
    run_endpoint_function,
    serialize_response,
)
from fasterapi.routing.include import (
    _IncludedRouter,
    _iter_included_route_candidates,
    _iter_routes_with_context,
    _RouterIncludeContext,
    _RouteWithPath,
    iter_route_contexts,
)
from fasterapi.routing.lifespan import (
    _AsyncLiftContextManager,
    _DefaultLifespan,
    _merge_lifespan_context,
    _wrap_gen_lifespan_context,
)
from fasterapi.routing.route import (
    APIRoute,
    APIWebSocketRoute,
    _APIRouteLike,
    _populate_api_route_state,
)
from fasterapi.routing.router import APIRouter
from fasterapi.routing.scope import (
    _FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY,
    _FASTAPI_FORM_LIMITS_KEY,
    _FASTAPI_FRONTEND_PATH_KEY,
    _FASTAPI_FRONTEND_SPECIFICITY_KEY,
    _FASTAPI_INCLUDED_ROUTER_KEY,
    _FASTAPI_SCOPE_KEY,
    _SCOPE_MISSING,
    _apply_router_form_limits,
    _effective_route_context_var,
    _frontend_scope_specificity,
    _get_fastapi_scope,
    _get_scope_effective_route_context,
    _get_scope_included_router,
    _resolve_form_limits,
    _restore_fastapi_scope_key,
    _update_scope,
)
from fasterapi.routing.sessions import request_response, websocket_session
from fasterapi.routing.state import _build_dependant_with_parameterless_dependencies
from fasterapi.routing.streaming import _normalize_non_finite_floats
from fasterapi.sse import (
    _PING_INTERVAL,
    KEEPALIVE_COMMENT,
    EventSourceResponse,
    ServerSentEvent,
    format_sse_event,
)
from fasterapi.telemetry._api import (
    _operation,
    _route_selected,
    _run_sync_endpoint,
    _validation_failed,
    get_telemetry_data,
)
from fasterapi.types import DecoratedCallable, IncEx
from fasterapi.utils import (
    create_model_field,
    generate_unique_id,
    get_value_or_default,
    is_body_allowed_for_status_code,
)

__all__ = (
    "KEEPALIVE_COMMENT",
    "MAX_BODY_SIZE_SCOPE_KEY",
    "URL",
    "_FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY",
    "_FASTAPI_FORM_LIMITS_KEY",
    "_FASTAPI_FRONTEND_PATH_KEY",
    "_FASTAPI_FRONTEND_SPECIFICITY_KEY",
    "_FASTAPI_INCLUDED_ROUTER_KEY",
    "_FASTAPI_SCOPE_KEY",
    "_PING_INTERVAL",
    "_SCOPE_MISSING",
    "_T",
    "APIRoute",
    "APIRouter",
    "APIWebSocketRoute",
    "ASGIApp",
    "AbstractAsyncContextManager",
    "AbstractContextManager",
    "Annotated",
    "Any",
    "AppType",
    "AsyncExitStack",
    "AsyncIterator",
    "Awaitable",
    "BaseRoute",
    "Callable",
    "Collection",
    "ContextVar",
    "Coroutine",
    "DecoratedCallable",
    "Default",
    "DefaultPlaceholder",
    "Dependant",
    "EndpointContext",
    "Enum",
    "EventSourceResponse",
    "FastAPIError",
    "Generator",
    "HTTPException",
    "IncEx",
    "IntEnum",
    "Iterator",
    "JSONResponse",
    "Lifespan",
    "Literal",
    "Mapping",
    "Match",
    "Middleware",
    "ModelField",
    "Mount",
    "NoMatchFound",
    "ObjectReceiveStream",
    "PlainTextResponse",
    "Protocol",
    "Receive",
    "RedirectResponse",
    "Request",
    "RequestValidationError",
    "Response",
    "ResponseValidationError",
    "RouteContext",
    "Scope",
    "Send",
    "Sequence",
    "ServerSentEvent",
    "SolvedDependency",
    "StaticFiles",
    "StreamingResponse",
    "TypeVar",
    "URLPath",
    "Undefined",
    "WebSocket",
    "WebSocketRequestValidationError",
    "_APIRouteLike",
    "_AsyncLiftContextManager",
    "_DefaultLifespan",
    "_EffectiveRouteContext",
    "_FormLimits",
    "_FrontendRoute",
    "_FrontendRouteGroup",
    "_FrontendStaticFiles",
    "_IncludedRouter",
    "_RouteWithPath",
    "_RouterIncludeContext",
    "_apply_router_form_limits",
    "_build_dependant_with_parameterless_dependencies",
    "_build_response_args",
    "_effective_route_context_var",
    "_endpoint_context_cache",
    "_extract_endpoint_context",
    "_frontend_dependency_endpoint",
    "_frontend_path_specificity",
    "_frontend_scope_specificity",
    "_get_body_field",
    "_get_fastapi_scope",
    "_get_flat_body_params",
    "_get_resolved_absolute_path",
    "_get_scope_effective_route_context",
    "_get_scope_included_router",
    "_is_async_gen_callable",
    "_is_coroutine_callable",
    "_is_frontend_navigation_request",
    "_is_gen_callable",
    "_iter_accept_media_types",
    "_iter_included_route_candidates",
    "_iter_routes_with_context",
    "_join_frontend_paths",
    "_merge_lifespan_context",
    "_normalize_frontend_path",
    "_normalize_non_finite_floats",
    "_operation",
    "_populate_api_route_state",
    "_resolve_form_limits",
    "_resolve_frontend_check_dir",
    "_restore_fastapi_scope_key",
    "_route_selected",
    "_run_sync_endpoint",
    "_should_embed_body_fields",
    "_update_scope",
    "_validate_form_limits",
    "_validation_failed",
    "_wrap_gen_lifespan_context",
    "anyio",
    "asynccontextmanager",
    "cast",
    "compile_path",
    "contextlib",
    "copy",
    "create_model_field",
    "dataclass",
    "deprecated",
    "email",
    "errno",
    "field",
    "format_sse_event",
    "functools",
    "generate_unique_id",
    "get_body_limit_error",
    "get_body_size_limit",
    "get_dependant",
    "get_name",
    "get_parameterless_sub_dependant",
    "get_request_handler",
    "get_route_path",
    "get_stream_item_type",
    "get_telemetry_data",
    "get_typed_return_annotation",
    "get_value_or_default",
    "get_websocket_app",
    "inspect",
    "is_async_callable",
    "is_body_allowed_for_status_code",
    "iter_route_contexts",
    "iterate_in_threadpool",
    "json",
    "jsonable_encoder",
    "lenient_issubclass",
    "math",
    "os",
    "params",
    "patchpoints",
    "request_response",
    "routing",
    "run_endpoint_function",
    "run_in_threadpool",
    "serialize_response",
    "solve_dependencies",
    "stat",
    "threading",
    "types",
    "validate_max_body_size",
    "warnings",
    "websocket_session",
    "wrap_app_handling_exceptions",
    "wrap_app_with_body_limit",
)

_T = TypeVar("_T")

# Last: patch points are recorded as they are now, and assignments are noticed from here on.
patchpoints.record()
sys.modules[__name__].__class__ = patchpoints.PatchableModule
