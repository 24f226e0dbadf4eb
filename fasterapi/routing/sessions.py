"""ASGI apps around a function of the request or the WebSocket, with the exit stacks it needs."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from types import FunctionType
from typing import Any

from starlette._utils import is_async_callable
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

import fasterapi.routing as names
from fasterapi._guard import handler_exit
from fasterapi._speedups.head import check_headers
from fasterapi._speedups.ranges import file_scope
from fasterapi.exceptions import FastAPIError

RESPONSE_NOT_AWAITED = (
    "Response not awaited. There's a high chance that the application code is raising an "
    "exception and a dependency with yield has a block with a bare except, or a block with "
    "except Exception, and is not raising the exception again. Read more about it in the docs: "
    "https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/"
    "#dependencies-with-yield-and-except"
)


def request_response(func: Callable[[Request], Awaitable[Response] | Response]) -> ASGIApp:
    """Return the ASGI app that answers with what *func* returns for the request.

    Dependencies of scope "function" are closed before the answer is sent, those of scope
    "request" after it.
    """
    in_thread: Any = names.run_in_threadpool
    # PERF: a route's handler is such a function, which need not be looked into.
    is_async = (
        type(func) is FunctionType and func.__code__.co_flags & inspect.CO_COROUTINE
    ) or is_async_callable(func)
    respond: Any = func if is_async else functools.partial(in_thread, func)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = names.Request(scope, receive, send)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            sent = False
            async with names.AsyncExitStack() as request_stack:
                scope["fastapi_inner_astack"] = request_stack
                async with names.AsyncExitStack() as function_stack:
                    scope["fastapi_function_astack"] = function_stack
                    response = await respond(request)
                _check_head(response)
                await response(file_scope(response, scope), receive, send)
                sent = True
            if not sent:
                # An exit stack swallowed the exception, so nothing was answered.
                raise FastAPIError(RESPONSE_NOT_AWAITED)

        try:
            await names.wrap_app_handling_exceptions(answer, request)(scope, receive, send)
        except (SystemExit, KeyboardInterrupt) as error:
            # Here rather than further out: a middleware may have begun a task for this.
            raise handler_exit(error) from error

    return app


def _check_head(response: Any) -> None:
    """Raise ValueError if *response* has a header that cannot be sent.

    SECURITY: before anything is sent, so that the client gets the program's own error page.
    """
    headers = getattr(response, "raw_headers", None)
    if isinstance(headers, list):
        check_headers(headers)


def websocket_session(func: Callable[[WebSocket], Awaitable[None]]) -> ASGIApp:
    """Return the ASGI app that runs *func* on the WebSocket."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        session = names.WebSocket(scope, receive=receive, send=send)

        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            async with names.AsyncExitStack() as request_stack:
                scope["fastapi_inner_astack"] = request_stack
                async with names.AsyncExitStack() as function_stack:
                    scope["fastapi_function_astack"] = function_stack
                    await func(session)

        try:
            await names.wrap_app_handling_exceptions(run, session)(scope, receive, send)
        except (SystemExit, KeyboardInterrupt) as error:
            raise handler_exit(error) from error

    return app
