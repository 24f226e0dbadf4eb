"""A tree of dependencies and a request -> the endpoint's arguments."""

from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from anyio import CancelScope
from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from fasterapi._compat import Undefined
from fasterapi._security_scopes import SecurityScopes
from fasterapi.background import BackgroundTasks
from fasterapi.concurrency import (
    _asynccontextmanager_with_shielded_exit,
    _contextmanager_with_concurrency_limit,
    contextmanager_in_threadpool,
    run_in_threadpool,
)
from fasterapi.dependencies.body import request_body_to_args
from fasterapi.dependencies.extract import Errors, request_params_to_args
from fasterapi.dependencies.models import (
    Dependant,
    _get_cache_key,
    _get_oauth_scopes,
    _UsesScopesCache,
    call_kind,
)
from fasterapi.dependencies.signature import get_dependant
from fasterapi.encoded import InjectedResponse
from fasterapi.types import DependencyCacheKey

Arguments: TypeAlias = dict[str, Any]


@dataclass
class SolvedDependency:
    """What came out of `solve_dependencies`.

    Attributes:
        values: The arguments by name.
        errors: What is wrong with the request; the endpoint must not be called if there is any.
        background_tasks: The tasks that dependencies or the endpoint may add to, if any asked.
        response: Where they may have set headers, cookies and the status.
        dependency_cache: Results of dependencies.
    """

    values: dict[str, Any]
    errors: list[Any]
    background_tasks: StarletteBackgroundTasks | None
    response: Response
    dependency_cache: dict[DependencyCacheKey, Any]


@dataclass(slots=True)
class _Solving:
    """What all nodes of one request's tree share."""

    request: Request | WebSocket
    body: Any
    embed_body_fields: bool
    response: Response
    background_tasks: StarletteBackgroundTasks | None
    overrides_provider: Any | None
    cache: dict[DependencyCacheKey, Any]
    uses_scopes_cache: _UsesScopesCache
    request_stack: AsyncExitStack
    function_stack: AsyncExitStack


def _stack(request: Request | WebSocket, key: str) -> AsyncExitStack:
    stack = request.scope.get(key)
    if not isinstance(stack, AsyncExitStack):
        raise AssertionError(f"{key} not found in request scope")
    return stack


async def solve_dependencies(
    *,
    request: Request | WebSocket,
    dependant: Dependant,
    body: Any = Undefined,
    background_tasks: StarletteBackgroundTasks | None = None,
    response: Response | None = None,
    dependency_overrides_provider: Any | None = None,
    dependency_cache: dict[DependencyCacheKey, Any] | None = None,
    # COMPAT: not read, the stacks in the scope are; kept for those who replace this function.
    async_exit_stack: AsyncExitStack,  # noqa: ARG001, RUF100
    embed_body_fields: bool,
    _uses_scopes_cache: _UsesScopesCache | None = None,
) -> SolvedDependency:
    """Call the dependencies of *dependant* and find its arguments.

    Args:
        request: The request or WebSocket, in whose scope the exit stacks are.
        dependant: The endpoint's tree.
        body: Parsed JSON, a form, bytes that are neither, or `Undefined`.
        background_tasks: Tasks that exist already.
        response: A response to which dependencies may add; None makes a blank one.
        dependency_overrides_provider: Has ``dependency_overrides``, as an app does.
        dependency_cache: Results that exist already.
        async_exit_stack: Not used.
        embed_body_fields: Whether the body is an object with one key per parameter.

    Returns:
        Arguments, or errors if the request does not have what is needed.
    """
    solving = _Solving(
        request=request,
        body=body,
        embed_body_fields=embed_body_fields,
        response=InjectedResponse() if response is None else response,
        background_tasks=background_tasks,
        overrides_provider=dependency_overrides_provider,
        cache={} if dependency_cache is None else dependency_cache,
        uses_scopes_cache={} if _uses_scopes_cache is None else _uses_scopes_cache,
        request_stack=_stack(request, "fastapi_inner_astack"),
        function_stack=_stack(request, "fastapi_function_astack"),
    )
    values, errors = await _solve(dependant, solving)
    return SolvedDependency(
        values=values,
        errors=errors,
        background_tasks=solving.background_tasks,
        response=solving.response,
        dependency_cache=solving.cache,
    )


async def _solve(dependant: Dependant, solving: _Solving) -> tuple[Arguments, Errors]:
    """The arguments of one node, after its dependencies have been called."""
    values: Arguments = {}
    errors: Errors = []
    for child in dependant.dependencies:
        used = _overridden(child, solving.overrides_provider)
        # Even where the result is known already: what is below may ask to be called each time, and
        # a dependency that failed is reported by everyone who needs it.
        child_values, child_errors = await _solve(used, solving)
        if child_errors:
            errors.extend(child_errors)
            continue
        key = _get_cache_key(dependant=child, uses_scopes_cache=solving.uses_scopes_cache)
        cache = solving.cache
        if child.use_cache and key in cache:
            result = cache[key]
        else:
            result = await _call(child, used, child_values, solving)
        if child.name is not None:
            values[child.name] = result
        cache.setdefault(key, result)
    _add_params(dependant, solving.request, values, errors)
    if dependant.body_params:
        body_values, body_errors = await request_body_to_args(
            body_fields=dependant.body_params,
            received_body=solving.body,
            embed_body_fields=solving.embed_body_fields,
        )
        values.update(body_values)
        errors.extend(body_errors)
    _add_injected(dependant, solving, values)
    return values, errors


def _overridden(child: Dependant, provider: Any | None) -> Dependant:
    """*child*, or the tree of what ``dependency_overrides`` has in place of its callable."""
    if not provider:
        return child
    overrides = getattr(provider, "dependency_overrides", None)
    if not overrides:
        return child
    call = overrides.get(child.call, child.call)
    if call is child.call:
        return child
    return get_dependant(
        path=cast(str, child.path),
        call=call,
        name=child.name,
        parent_oauth_scopes=_get_oauth_scopes(dependant=child),
        scope=child.scope,
        concurrency=child.concurrency,
    )


async def _call(child: Dependant, used: Dependant, values: Arguments, solving: _Solving) -> Any:
    """The result of *used*, which is *child* itself or its override."""
    call: Any = used.call
    kind = call_kind(call)
    if kind.is_any_generator:
        in_function = child.scope == "function"
        return await _solve_generator(
            dependant=used,
            stack=solving.function_stack if in_function else solving.request_stack,
            sub_values=values,
            request=solving.request,
        )
    if used.concurrency is None:
        if kind.is_coroutine:
            return await call(**values)
        return await run_in_threadpool(call, **values)
    async with used.concurrency.get_semaphore():
        if kind.is_coroutine:
            return await call(**values)
        return await run_in_threadpool(call, **values)


async def _solve_generator(
    *,
    dependant: Dependant,
    stack: AsyncExitStack,
    sub_values: dict[str, Any],
    request: Request | WebSocket,
) -> Any:
    """What the generator yields; the rest of it runs when *stack* is closed."""
    call: Any = dependant.call
    manager: Any
    if call_kind(call).is_async_generator:
        manager = _asynccontextmanager_with_shielded_exit(
            asynccontextmanager(call)(**sub_values), _cleanup_scope(request)
        )
    else:
        manager = contextmanager_in_threadpool(contextmanager(call)(**sub_values))
    if dependant.concurrency is not None:
        semaphore = dependant.concurrency.get_semaphore()
        manager = _contextmanager_with_concurrency_limit(manager, semaphore)
    return await stack.enter_async_context(manager)


def _cleanup_scope(request: Request | WebSocket) -> CancelScope:
    """The scope that lets async generators finish while the request is being cancelled.

    It is entered once, before the first of them and in the stack that is closed last, so that it
    encloses the scopes that the generators open themselves.
    """
    scopes: dict[AsyncExitStack, CancelScope] = request.scope.setdefault(
        "fastapi_async_cleanup_scopes", {}
    )
    stack = _stack(request, "fastapi_inner_astack")
    scope = scopes.get(stack)
    if scope is None:
        scope = scopes[stack] = stack.enter_context(CancelScope())
        stack.callback(scopes.pop, stack)
    return scope


def _add_params(
    dependant: Dependant, request: Request | WebSocket, values: Arguments, errors: Errors
) -> None:
    """Add the arguments from path, query, headers and cookies, parsing only what is asked for."""
    places = (
        (dependant.path_params, "path_params"),
        (dependant.query_params, "query_params"),
        (dependant.header_params, "headers"),
        (dependant.cookie_params, "cookies"),
    )
    for fields, attribute in places:
        if fields:
            found, found_errors = request_params_to_args(fields, getattr(request, attribute))
            values.update(found)
            errors.extend(found_errors)


def _add_injected(dependant: Dependant, solving: _Solving, values: Arguments) -> None:
    """Add the request, the response and the other objects that are asked for by type."""
    request = solving.request
    if dependant.http_connection_param_name:
        values[dependant.http_connection_param_name] = request
    if dependant.request_param_name and isinstance(request, Request):
        values[dependant.request_param_name] = request
    elif dependant.websocket_param_name and isinstance(request, WebSocket):
        values[dependant.websocket_param_name] = request
    if dependant.background_tasks_param_name:
        if solving.background_tasks is None:
            solving.background_tasks = BackgroundTasks()
        values[dependant.background_tasks_param_name] = solving.background_tasks
    if dependant.response_param_name:
        values[dependant.response_param_name] = solving.response
    if dependant.security_scopes_param_name:
        values[dependant.security_scopes_param_name] = SecurityScopes(
            scopes=_get_oauth_scopes(dependant=dependant)
        )
