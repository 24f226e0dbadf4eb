"""From a request to a response: what happens around one endpoint.

The parts are functions of their own because compiled plans call the same ones wherever they
have no faster way.
"""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

import fasterapi.routing as names
from fasterapi._compat import ModelField, Undefined
from fasterapi._form_limits import _FormLimits
from fasterapi.datastructures import Default, DefaultPlaceholder
from fasterapi.dependencies.models import (
    Dependant,
    _is_async_gen_callable,
    _is_gen_callable,
)
from fasterapi.exceptions import EndpointContext, WebSocketRequestValidationError
from fasterapi.executors.placing import EXECUTOR_MARK
from fasterapi.routing.body import exit_stack_of, read_request_body
from fasterapi.routing.paths import require
from fasterapi.routing.rules import ResponseRules, Solved, resolved, response_rules
from fasterapi.routing.streaming import stream_response
from fasterapi.types import IncEx

__all__ = (
    "end_response",
    "endpoint_context",
    "finish_response",
    "get_request_handler",
    "get_websocket_app",
    "read_request_body",
    "response_rules",
    "run_endpoint_function",
    "serialize_response",
    "stream_response",
)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_endpoint_context_cache: dict[int, tuple[Any, EndpointContext]] = {}


def _extract_endpoint_context(func: Any) -> EndpointContext:
    """Return file, line and name of *func*, as far as they can be found."""
    # The function is kept beside its entry: a freed one would leave its id to another.
    known = _endpoint_context_cache.get(id(func))
    if known is not None and known[0] is func:
        return known[1].copy()
    found = EndpointContext()
    try:
        # Where an executor stands before the function, the function is meant all the same.
        code = func.__wrapped__ if hasattr(func, EXECUTOR_MARK) else func
        if (file := inspect.getsourcefile(code)) is not None:
            found["file"] = file
        found["line"] = inspect.getsourcelines(func)[1]
        if (name := getattr(func, "__name__", None)) is not None:
            found["function"] = name
    except Exception:
        found = EndpointContext()
    _endpoint_context_cache[id(func)] = (func, found)
    return found.copy()


def endpoint_context(dependant: Dependant, connection: HTTPConnection, label: str) -> Any:
    """Return where the endpoint is defined and what was asked of it, for error reports.

    Args:
        dependant: The endpoint's.
        connection: The request or WebSocket.
        label: What stands before the path: the method, or ``WS``.
    """
    found = names._extract_endpoint_context(dependant.call)
    if dependant.path:
        mounted_at = connection.scope.get("root_path", "").rstrip("/")
        found["path"] = f"{label} {mounted_at}{dependant.path}"
    return found


async def serialize_response(
    *,
    field: ModelField | None = None,
    response_content: Any,
    include: IncEx | None = None,
    exclude: IncEx | None = None,
    by_alias: bool = True,
    exclude_unset: bool = False,
    exclude_defaults: bool = False,
    exclude_none: bool = False,
    is_coroutine: bool = True,
    endpoint_ctx: EndpointContext | None = None,
    dump_json: bool = False,
) -> Any:
    """Return *response_content* validated and filtered by *field*, ready for JSON.

    Returns:
        JSON bytes with *dump_json* and a field; otherwise values that JSON knows.

    Raises:
        ResponseValidationError: The content does not fit the field.
    """
    if not field:
        return names.jsonable_encoder(response_content)
    if is_coroutine:
        value, errors = field.validate(response_content, {}, loc=("response",))
    else:
        value, errors = await names.run_in_threadpool(
            field.validate, response_content, {}, loc=("response",)
        )
    if errors:
        raise names.ResponseValidationError(
            errors=errors, body=response_content, endpoint_ctx=endpoint_ctx or EndpointContext()
        )
    write = field.serialize_json if dump_json else field.serialize
    return write(
        value,
        include=include,
        exclude=exclude,
        by_alias=by_alias,
        exclude_unset=exclude_unset,
        exclude_defaults=exclude_defaults,
        exclude_none=exclude_none,
    )


async def run_endpoint_function(
    *, dependant: Dependant, values: dict[str, Any], is_coroutine: bool
) -> Any:
    """Return what the endpoint returns; a plain function runs in a worker thread."""
    call = dependant.call
    if call is None:
        raise AssertionError("dependant.call must be a function")
    if not is_coroutine:
        return await names.run_in_threadpool(
            names._run_sync_endpoint,
            function=call,
            arguments=values,
        )
    with names._operation(name="endpoint", function=call):
        return await call(**values)


def _build_response_args(*, status_code: int | None, solved_result: Any) -> dict[str, Any]:
    """Return the keyword arguments of the answer: background tasks and status.

    A status set on the injected response wins over the route's; with neither there is none,
    and the response class has its own.
    """
    arguments: dict[str, Any] = {"background": solved_result.background_tasks}
    injected = solved_result.response.status_code
    chosen = injected or status_code or injected
    if chosen is not None:
        arguments["status_code"] = chosen
    return arguments


async def finish_response(
    result: Any,
    rules: ResponseRules,
    solved: Solved,
    *,
    call: Callable[..., Any] | None = None,
    endpoint_ctx: EndpointContext | None = None,
) -> Response:
    """Return the answer for what an endpoint returned.

    Args:
        result: The endpoint's result; a response is passed on as it is.
        rules: How the route answers.
        solved: Background tasks and the injected response of the dependencies.
        call: The endpoint, for telemetry.
        endpoint_ctx: Where the endpoint is defined, for error reports.
    """
    if isinstance(result, Response):
        if result.background is None:
            result.background = solved.background_tasks
        return result
    arguments = names._build_response_args(status_code=rules.status_code, solved_result=solved)
    with names._operation(name="serialization", function=call):
        content = await names.serialize_response(
            field=rules.field,
            response_content=result,
            **rules.dump_options(),
            is_coroutine=rules.is_coroutine,
            endpoint_ctx=endpoint_ctx,
            dump_json=rules.dumps_json,
        )
    response: Response
    if rules.dumps_json:
        response = names.Response(content, media_type="application/json", **arguments)
    else:
        response = rules.response_class(content, **arguments)
    end_response(response, solved.response)
    return response


def end_response(response: Response, injected: Response | None) -> None:
    """Drop a body that the status forbids, and add the fields of the injected response."""
    if not names.is_body_allowed_for_status_code(response.status_code):
        response.body = b""
        if "content-length" in response.headers:
            # Status 205: the header would announce the body that was dropped.
            response.headers["content-length"] = "0"
    if injected is not None:
        response.headers.raw.extend(injected.headers.raw)


class _Work(NamedTuple):
    """Everything about a route that handling one request needs."""

    dependant: Dependant
    body_field: ModelField | None
    form_limits: _FormLimits | None
    strict_content_type: bool
    overrides_provider: Any
    embeds_body: bool
    rules: ResponseRules


class _SessionWork(NamedTuple):
    """Everything about a WebSocket route that handling one connection needs."""

    dependant: Dependant
    overrides_provider: Any
    embeds_body: bool


async def _solve(work: _Work | _SessionWork, connection: Any, telemetry: Any, **body: Any) -> Any:
    """Return the solved dependencies, which may hold errors."""
    stack = exit_stack_of(connection, "fastapi_inner_astack")
    with names._operation(name="dependencies", function=work.dependant.call):
        solved = await names.solve_dependencies(
            request=connection,
            dependant=work.dependant,
            **body,
            dependency_overrides_provider=work.overrides_provider,
            async_exit_stack=stack,
            embed_body_fields=work.embeds_body,
        )
        if telemetry is not None:
            telemetry.values = solved.values
            telemetry.errors = solved.errors
    return solved


def _streams(call: Callable[..., Any], rules: ResponseRules) -> bool:
    # The callable is looked at anew: tools exchange `dependant.call` of finished routes.
    is_stream = rules.is_sse_stream or rules.is_json_stream
    return is_stream or _is_async_gen_callable(call) or _is_gen_callable(call)


async def _handle(work: _Work, request: Request) -> Response:
    telemetry = names.get_telemetry_data()
    if telemetry is not None:
        telemetry.request = request
    exit_stack_of(request, "fastapi_middleware_astack")
    call = work.dependant.call
    where = endpoint_context(work.dependant, request, request.method)
    body: Any = Undefined
    if work.body_field:
        body = await read_request_body(
            request,
            work.body_field,
            form_limits=work.form_limits,
            strict_content_type=work.strict_content_type,
            endpoint_ctx=where,
        )
    known_body = None if body is Undefined else body
    if telemetry is not None:
        telemetry.body = known_body
    solved = await _solve(work, request, telemetry, body=body)
    if solved.errors:
        invalid = names.RequestValidationError(solved.errors, body=known_body, endpoint_ctx=where)
        names._validation_failed(invalid)
        raise invalid
    if call is not None and _streams(call, work.rules):
        stack = exit_stack_of(request, "fastapi_inner_astack")
        return await stream_response(call, solved.values, work.rules, solved, stack, where)
    result = await names.run_endpoint_function(
        dependant=work.dependant, values=solved.values, is_coroutine=work.rules.is_coroutine
    )
    return await finish_response(result, work.rules, solved, call=call, endpoint_ctx=where)


def get_request_handler(
    dependant: Dependant,
    body_field: ModelField | None = None,
    status_code: int | None = None,
    response_class: type[Response] | DefaultPlaceholder = Default(JSONResponse),
    response_field: ModelField | None = None,
    response_model_include: IncEx | None = None,
    response_model_exclude: IncEx | None = None,
    response_model_by_alias: bool = True,
    response_model_exclude_unset: bool = False,
    response_model_exclude_defaults: bool = False,
    response_model_exclude_none: bool = False,
    dependency_overrides_provider: Any | None = None,
    embed_body_fields: bool = False,
    strict_content_type: bool | DefaultPlaceholder = Default(True),
    stream_item_field: ModelField | None = None,
    is_json_stream: bool = False,
    form_limits: _FormLimits | None = None,
) -> Handler:
    """Return the coroutine function that makes the response of one route.

    Args:
        dependant: The endpoint with its parameters and dependencies.
        body_field: Field of the whole body; None if the route reads none.
        status_code: Status of a normal answer; None leaves it to the response class.
        response_class: Class of the answer.
        response_field: Validates and serialises the result.
        response_model_include: As in the route's options, like all ``response_model_*``.
        response_model_exclude: Fields of the model to leave out.
        response_model_by_alias: Whether field names are sent as their aliases.
        response_model_exclude_unset: Whether to leave out fields that were never set.
        response_model_exclude_defaults: Whether to leave out fields equal to their default.
        response_model_exclude_none: Whether to leave out fields that are None.
        dependency_overrides_provider: The app whose ``dependency_overrides`` hold.
        embed_body_fields: Whether each body parameter is a key of the JSON object.
        strict_content_type: Whether a body without content type stays bytes.
        stream_item_field: Validates and serialises the items of a generator.
        is_json_stream: Whether a generator's items are sent as JSON lines.
        form_limits: The route's own limits of form parsing.
    """
    # PERF: not locals(), which takes longer than all else here.
    rules = response_rules(
        dependant,
        {
            "response_class": response_class,
            "status_code": status_code,
            "response_field": response_field,
            "response_model_include": response_model_include,
            "response_model_exclude": response_model_exclude,
            "response_model_by_alias": response_model_by_alias,
            "response_model_exclude_unset": response_model_exclude_unset,
            "response_model_exclude_defaults": response_model_exclude_defaults,
            "response_model_exclude_none": response_model_exclude_none,
            "stream_item_field": stream_item_field,
            "is_json_stream": is_json_stream,
        },
    )
    require(dependant.call is not None, "dependant.call must be a function")
    work = _Work(
        dependant=dependant,
        body_field=body_field,
        form_limits=form_limits,
        strict_content_type=resolved(strict_content_type),
        overrides_provider=dependency_overrides_provider,
        embeds_body=embed_body_fields,
        rules=rules,
    )

    async def app(request: Request) -> Response:
        return await _handle(work, request)

    return app


def get_websocket_app(
    dependant: Dependant,
    dependency_overrides_provider: Any | None = None,
    embed_body_fields: bool = False,
) -> Callable[[WebSocket], Coroutine[Any, Any, Any]]:
    """Return the coroutine function that runs one WebSocket route.

    Args:
        dependant: The endpoint with its parameters and dependencies.
        dependency_overrides_provider: The app whose ``dependency_overrides`` hold.
        embed_body_fields: Passed to the solver; a WebSocket has no body.
    """
    work = _SessionWork(dependant, dependency_overrides_provider, embed_body_fields)

    async def app(websocket: WebSocket) -> None:
        telemetry = names.get_telemetry_data()
        if telemetry is not None:
            telemetry.websocket = websocket
        where = endpoint_context(dependant, websocket, "WS")
        solved = await _solve(work, websocket, telemetry)
        if solved.errors:
            invalid = WebSocketRequestValidationError(solved.errors, endpoint_ctx=where)
            names._validation_failed(invalid)
            raise invalid
        call = dependant.call
        if call is None:
            raise AssertionError("dependant.call must be a function")
        with names._operation(name="endpoint", function=call):
            await call(**solved.values)

    return app
