"""Dispatcher: from a request to its plan, through middleware, to the answer; the ASGI door.

Request path: server -> [here] -> lookup, plan -> [here] -> server.
Reference implementation: the stack of ASGI applications that
`fasterapi.applications.FasterAPI.build_middleware_stack` makes, which answers everything that
is not compiled: it is `compatible` below.
"""

cimport cython
from fasterapi._speedups.call cimport call_list
from fasterapi._speedups.error_answers cimport ErrorAnswers
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.head cimport check as check_fields
from fasterapi._speedups.lookup cimport Lookup
from fasterapi._speedups.plan cimport EndpointPlan
from fasterapi._speedups.closing cimport drop_tasks, keep_task, raise_unchanged
from fasterapi._speedups.stepping cimport Rest, begin

from functools import partial
from inspect import CO_COROUTINE as COROUTINE_FLAG
from types import FunctionType

from starlette._utils import is_async_callable
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response, StreamingResponse

from fasterapi._speedups.handoff import run_background, run_in_thread
from fasterapi._speedups.closing import close_stacks, close_with, settle, settle_with
from fasterapi._speedups.ranges import file_scope

cdef object PLAIN_CALL = Response.__call__
cdef int CO_COROUTINE = COROUTINE_FLAG
cdef tuple BODILESS = (204, 205, 304)

cdef enum:
    HANDLING_LAYERS = 2


@cython.final
cdef class Dispatcher(Lookup):
    """An ASGI application that answers compiled routes itself and hands on the rest.

    Args:
        app: The FasterAPI application, which must have ``dependency_overrides``.
        version: Object whose ``value`` grows with every change of routes.
        compile: Function without arguments returning a `fasterapi.routing.table.CompiledTable`.
            Called again when the version has grown.
        compatible: ASGI application that answers whatever has no plan.
        middleware: Async functions ``(request, call_next)``, outermost first.
        exception_handlers: Exception class to handler, as ExceptionMiddleware holds them.
        status_handlers: Status code to handler.
        server_errors: Async function ``(scope, receive, send, error, started)`` that answers
            exceptions nobody handled and raises them again; None lets them through.
        routes: ASGI application around the routes, inside of the middleware.
        collect: Async function ``(app, scope, receive)`` giving an ASGI application's whole
            answer as one Response.
        encoded_response: Response class whose instances carry an encoded answer to middleware.
        lost_response: Function without arguments giving the exception for a request whose
            exception a dependency swallowed.
        inner_task: Class that runs a route in a task of its own, inside of middleware.
        guarded_send: Class around ASGI ``send`` whose instances check heads, drop bodies that
            the status forbids, and tell by ``started`` whether a head went out.
        exit_error: Function giving the exception to raise for a SystemExit or
            KeyboardInterrupt of the program's code.
        error_answers: Answers in the place of the handlers that every application has.
    """

    def __init__(self, *, object app, object version, object compile, object compatible,
                 tuple middleware not None, dict exception_handlers not None,
                 dict status_handlers not None, object server_errors, object routes,
                 object collect, object encoded_response, object lost_response,
                 object inner_task, object guarded_send, object exit_error,
                 ErrorAnswers error_answers not None):
        super().__init__(
            app=app, version=version, compile=compile, middleware=middleware,
            handlers=(exception_handlers, status_handlers),
        )
        self.compatible = compatible
        self.exception_handlers = exception_handlers
        self.status_handlers = status_handlers
        self.server_errors = server_errors
        self.routes = routes
        self.collect = collect
        self.encoded_response = encoded_response
        self.lost_response = lost_response
        self.inner_task = inner_task
        self.guarded_send = guarded_send
        self.exit_error = exit_error
        self.error_answers = error_answers

    def __call__(self, scope, receive, send):
        """Answer one ASGI connection; the result must be awaited."""
        if scope["type"] == "http" and type(scope) is dict:
            return self._serve(scope, receive, send)
        return self.compatible(scope, receive, send)

    async def _serve(self, dict scope not None, receive, send):
        """The ASGI door."""
        cdef Exchange x = Exchange.__new__(Exchange)
        cdef EndpointPlan plan = self.find_in_scope(x, scope)
        if plan is None:
            await self.compatible(scope, receive, send)
            return
        x.receive = receive
        x.send = send
        try:
            if self.middleware:
                x.response = await self._run_middleware(x, plan, 0)
            else:
                # `_answer` without its coroutine.
                try:
                    if plan.is_direct:
                        value = begin(
                            call_list(plan.final.call, plan.prepare(x), plan.final.keywords)
                        )
                        if type(value) is Rest:
                            value = await value
                        if not plan.encode(x, value):
                            x.response = await plan.finish_cold(x, value)
                    else:
                        rest = begin(plan.run(x))
                        if type(rest) is Rest:
                            await rest
                    if x.lent is not None:
                        await settle(x)
                except Exception as error:
                    await self._recover(x, error)
            if x.response is None:
                if x.sub_response is not None:
                    check_fields(x.get_head())
                x.started = True
                await send(
                    {
                        "type": "http.response.start",
                        "status": x.status,
                        "headers": x.get_head(),
                    }
                )
                await send({"type": "http.response.body", "body": x.payload})
                if x.background is not None:
                    await run_background(x.background)
            else:
                await self.send_response(x)
            x.adopt_stacks()
            if x.stacks:
                rest = begin(self.close(x))
                if type(rest) is Rest:
                    await rest
            x.request = None  # it refers back to the exchange
        except Exception as error:
            await self.fail(x, error)
        except BaseException as error:  # cancelled: what is open must be closed all the same
            await self.abort(x, error)

    async def respond(self, Exchange x not None, EndpointPlan plan not None):
        """Leave the answer in the exchange, whichever middleware and handlers have a say."""
        if self.middleware:
            x.response = await self._run_middleware(x, plan, 0)
        else:
            await self._answer(x, plan)

    async def _answer(self, Exchange x not None, EndpointPlan plan not None):
        """Run the plan; exceptions that have a handler become its response."""
        try:
            if plan.is_direct:
                value = begin(
                    call_list(plan.final.call, plan.prepare(x), plan.final.keywords)
                )
                if type(value) is Rest:
                    value = await value
                if not plan.encode(x, value):
                    x.response = await plan.finish_cold(x, value)
            else:
                rest = begin(plan.run(x))
                if type(rest) is Rest:
                    await rest
            if x.lent is not None:
                await settle(x)
            if plan.needs_stacks and self.middleware and isinstance(x.response, FileResponse):
                x.response = await self.encoded_response.begun(x.response, x.scope, x.receive)
        except Exception as error:
            await self._recover(x, error)

    async def _recover(self, Exchange x not None, error):
        """Answer with the handler of *error*, or raise it.

        COMPAT: in FastAPI two layers look for handlers, around the route and around all routes;
        so what a handler raises may have a handler as well.
        """
        cdef object handler
        if x.lent is not None:
            error = await settle_with(x, error, self.lost_response)
        handler = self.handler_of(error)
        while handler is not None and x.handled < HANDLING_LAYERS:
            x.handled += 1
            if self.error_answers.answer(x, handler, error):
                x.background = None
                error.__traceback__ = None
                return
            request = x.get_request()
            try:
                if is_async(handler):
                    response = begin(handler(request, error))
                    x.response = await response if type(response) is Rest else response
                else:
                    x.response = await run_in_thread(handler, request, error)
            except Exception as other:
                error = other
                handler = self.handler_of(error)
                continue
            if x.response is None:
                x.response = NO_RESPONSE
            x.background = None
            # COMPAT: a reused exception instance would collect tracebacks.
            error.__traceback__ = None
            return
        raise_unchanged(error)

    cdef object handler_of(self, object error):
        """Return the exception handler as Starlette chooses it, or None."""
        cdef object handler = None
        if isinstance(error, HTTPException):
            handler = self.status_handlers.get(error.status_code)
        if handler is None:
            for cls in type(error).__mro__:
                handler = self.exception_handlers.get(cls)
                if handler is not None:
                    break
        return handler

    cdef object after_start(self, Exchange x, object error):
        """Return what is raised for *error* after the response has begun."""
        if x.started and self.handler_of(error) is not None:
            other = RuntimeError("Caught handled exception, but response already started.")
            other.__cause__ = error
            return other
        return error

    async def send_response(self, Exchange x not None):
        """Send a Response object, its background task included."""
        response = x.response
        if response is NO_RESPONSE:
            return
        check_fields(response.raw_headers)
        if type(response) is self.encoded_response:
            is_plain = response._iterator is None
        else:
            is_plain = type(response).__call__ is PLAIN_CALL
        status = response.status_code
        if not is_plain or not 200 <= status <= 599 or \
                (status in BODILESS and not is_bare(response)):
            send = self.guarded_send(x.send)
            try:
                await response(file_scope(response, x.show_scope()), x.receive, send)
            finally:
                x.started = send.started
            return
        x.started = True
        await x.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": response.raw_headers,
            }
        )
        await x.send({"type": "http.response.body", "body": response.body})
        if response.background is not None:
            await run_background(response.background)

    async def _run_middleware(self, Exchange x not None, EndpointPlan plan not None,
                              Py_ssize_t index):
        """Run the middleware from *index* inwards and return the Response."""
        if index < len(self.middleware):
            request = x.get_cached_request()
            receive = x.receive
            kept = 0 if x.kept_tasks is None else len(x.kept_tasks)
            try:
                response = begin(
                    self.middleware[index](request, CallNext(self, x, plan, index + 1, request))
                )
                if type(response) is Rest:
                    response = await response
                if not isinstance(response, Response):
                    response = await self.collect(response, x.scope, request.wrapped_receive)
            except BaseException as error:
                await self.abandon(x, kept, index, error)
                raise
            x.receive = receive
            if index == 0:
                return response
            if isinstance(response, FileResponse):
                response = await self.encoded_response.begun(
                    response, x.scope, request.wrapped_receive
                )
            return self.shown(x, response)
        if self.is_rewritten(x):
            plan = self.find_again(x)
            if plan is None:
                return await self.collect(self.routes, x.scope, x.receive)
        self.describe_inside(x, plan)
        if x.inner_task is not None:
            await x.inner_task.finish()
        x.renew()
        if plan.needs_stacks:
            x.inner_task = self.inner_task(
                partial(self._answer, x, plan),
                partial(close_stacks, x),
                partial(close_with, x, lost_response=self.lost_response),
            )
            await x.inner_task.start()
            return self.as_response(x)
        try:
            if plan.is_direct:
                value = begin(
                    call_list(plan.final.call, plan.prepare(x), plan.final.keywords)
                )
                if type(value) is Rest:
                    value = await value
                if not plan.encode(x, value):
                    x.response = await plan.finish_cold(x, value)
            else:
                rest = begin(plan.run(x))
                if type(rest) is Rest:
                    await rest
            if x.lent is not None:
                await settle(x)
        except Exception as error:
            await self._recover(x, error)
        if x.response is not None and isinstance(x.response, FileResponse):
            await self._begin(x)
        return self.as_response(x)

    async def _begin(self, Exchange x not None):
        """Find out status and fields of a file, which it has only when it is being sent."""
        try:
            x.response = await self.encoded_response.begun(x.response, x.scope, x.receive)
        except Exception as error:
            await self._recover(x, error)

    async def abandon(self, Exchange x not None, Py_ssize_t kept, Py_ssize_t index, error):
        """Cancel what was opened inside of a failing middleware: one outside of it may answer."""
        drop_tasks(x, kept)
        if index > 0 and x.inner_task is not None:  # else `fail` does it
            inner_task = x.inner_task
            x.inner_task = None
            await inner_task.fail(error)

    cdef bint is_rewritten(self, Exchange x) except -1:
        """Return whether a middleware may have changed what the route depends on."""
        cdef dict scope = x.get_scope()
        return (
            scope["path"] is not x.scope_path
            or scope["method"] is not x.method
            or bool(scope.get("root_path"))
        )

    cdef EndpointPlan find_again(self, Exchange x):
        """Return the plan after a middleware has rewritten the target, or None."""
        for name in ("path_params", "endpoint", "route", "fastapi"):
            x.scope.pop(name, None)
        return self.find_in_scope(x, x.scope)

    cdef object as_response(self, Exchange x):
        """Return the answer as a Response that middleware can change."""
        response = x.response
        x.response = None
        if response is NO_RESPONSE:
            raise RuntimeError("No response returned.")
        if response is None:
            keep_task(x, x.background)
            return self.encoded_response(x.status, x.get_head(), x.payload, None)
        return self.shown(x, response)

    cdef object shown(self, Exchange x, object response):
        """Return *response* as the next middleware outwards gets it."""
        background = response.background
        if type(response) is self.encoded_response:
            response.background = None
        elif type(response).__call__ is PLAIN_CALL:
            # The middleware may change it; the program may give it more than once.
            response = self.encoded_response(
                response.status_code, response.raw_headers, response.body, None
            )
        else:
            response.background = None
            if isinstance(response, StreamingResponse):
                response.body_iterator = encoded_chunks(response.body_iterator, response.charset)
        keep_task(x, background)
        return response

    cdef object close(self, Exchange x):
        """Return an awaitable of closing what is open after the answer was sent."""
        return close_stacks(x) if x.inner_task is None else x.inner_task.finish()

    async def close_all_with(self, Exchange x not None, error):
        """Close what is open because of *error*, where it was opened."""
        if x.inner_task is not None:
            error = await x.inner_task.fail(error)
        return await close_with(x, error, self.lost_response)

    async def abort(self, Exchange x not None, error):
        """Close what is open because of a cancellation or SystemExit; raise what is left."""
        left = await self.close_all_with(x, error)
        if isinstance(left, (SystemExit, KeyboardInterrupt)):
            error = self.exit_error(left)
            error.__cause__ = left
            left = error
        if not isinstance(left, Exception):
            raise left
        await self.fail(x, left)

    async def fail(self, Exchange x not None, error):
        """Answer *error*, for which there is no handler, if anything can be sent; raise it."""
        error = await self.close_all_with(x, error)
        if not x.started and not self.middleware and self.handler_of(error) is not None:
            # The answer could not be begun, by a fault of its own.
            try:
                await self._recover(x, error)
                if x.response is None:
                    x.response = self.as_response(x)
                await self.send_response(x)
                x.request = None
                return
            except Exception as other:
                error = other
        error = self.after_start(x, error)
        x.request = None
        if self.server_errors is None:
            raise_unchanged(error)
        await self.server_errors(x.show_scope(), x.receive, x.send, error, x.started)


cdef bint is_async(object handler) except -1:
    """Return whether *handler* is a coroutine function, or what Starlette takes for one."""
    if type(handler) is FunctionType and handler.__code__.co_flags & CO_COROUTINE:
        return True  # PERF: `inspect` takes 2 us to see that
    return is_async_callable(handler)


cdef bint is_bare(object response) except -1:
    """Return whether a response without a body says nothing of one; status 205 has to."""
    if response.status_code == 205 or response.body:
        return False
    for name, _ in response.raw_headers:
        if name.lower() == b"content-length":
            return False
    return True


async def encoded_chunks(chunks, charset):
    """Yield *chunks*, of a streaming response, as bytes, as the server gets them."""
    async for chunk in chunks:
        yield chunk.encode(charset) if isinstance(chunk, str) else chunk


NO_RESPONSE = Response()  # what a handler that returned None has answered: nothing


@cython.final
@cython.freelist(16)
cdef class CallNext:
    """The rest of the chain, as function middleware sees it."""

    cdef Dispatcher dispatcher
    cdef Exchange x
    cdef EndpointPlan plan
    cdef Py_ssize_t index
    cdef object request
    cdef bint is_called

    def __cinit__(self, Dispatcher dispatcher not None, Exchange x not None,
                  EndpointPlan plan not None, Py_ssize_t index, object request):
        self.dispatcher = dispatcher
        self.x = x
        self.plan = plan
        self.index = index
        self.request = request

    def __call__(self, request):
        """Return an awaitable of the response; *request* is the one that was passed in.

        May be called again: a body that the middleware has read is there once more.
        """
        if self.is_called:
            self.request._wrapped_rcv_consumed = False
        self.is_called = True
        self.x.receive = self.request.wrapped_receive
        return self.dispatcher._run_middleware(self.x, self.plan, self.index)
