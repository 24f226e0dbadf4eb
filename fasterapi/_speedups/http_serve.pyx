"""What runs for one request of the HTTP door: its plan, or an ASGI application.

Request path: http1 -> [here] -> plan, dispatch (middleware, exception handlers) -> [here] ->
http_exchange.
Reference implementation: `Dispatcher._serve` for plans, uvicorn's `run_asgi` for applications.

One coroutine, and so one task, does all of a request: context variables, cancel scopes and
`current_task` are the same in the handler, in its dependencies' exits and in background tasks.
"""

from fasterapi._speedups.call cimport call_list
from fasterapi._speedups.dispatch cimport Dispatcher
from fasterapi._speedups.http_exchange cimport HttpExchange, Link
from fasterapi._speedups.plan cimport EndpointPlan
from fasterapi._speedups.stepping cimport Rest, begin

from asyncio import CancelledError

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from fasterapi._speedups.dispatch import NO_RESPONSE
from fasterapi._speedups.handoff import run_background
from fasterapi._speedups.closing import settle

cdef object PLAIN_CALL = Response.__call__


cdef object answer_by_plan(HttpExchange x):
    """Return the coroutine that runs the exchange's plan."""
    return run_plan(x, x.dispatcher, x.plan)


cdef object answer_by_app(HttpExchange x):
    """Return the coroutine that runs the server's ASGI application."""
    return run_app(x)


async def run_plan(HttpExchange x not None, Dispatcher dispatcher not None,
                   EndpointPlan plan not None):
    """Answer by a compiled plan."""
    try:
        if plan.is_direct and not dispatcher.middleware:
            # All of `respond` for the most common plan, without its coroutines.
            try:
                value = begin(
                    call_list(plan.final.call, plan.prepare(x), plan.final.keywords)
                )
                if type(value) is Rest:
                    value = await value
                if not plan.encode(x, value):
                    x.response = await plan.finish_cold(x, value)
                if x.lent is not None:
                    await settle(x)
            except Exception as error:
                x.open()
                await dispatcher._recover(x, error)
        else:
            rest = begin(dispatcher.respond(x, plan))
            if type(rest) is Rest:
                await rest
        if x.response is None:
            x.write_answer()
            if x.background is not None:
                await run_background(x.background)
        elif write_response(x, dispatcher):
            if x.response.background is not None:
                await run_background(x.response.background)
        else:
            x.open()
            await dispatcher.send_response(x)
        x.adopt_stacks()
        if x.stacks:
            rest = begin(dispatcher.close(x))
            if type(rest) is Rest:
                await rest
    except Exception as error:
        x.open()
        try:
            await dispatcher.fail(x, error)
        except BaseException as last:
            fail(x, last)
    except BaseException as error:  # cancelled: what is open must be closed all the same
        x.open()
        try:
            await dispatcher.abort(x, error)
        except BaseException as last:
            fail(x, last)
    end(x)


async def run_app(HttpExchange x not None):
    """Answer by the ASGI application, checking what it does as uvicorn does."""
    try:
        # uvicorn's layer for X-Forwarded-* has nothing to do where no such field has come.
        app = x.host.app if x.is_forwarded else x.host.inner_app
        result = begin(app(x.get_scope(), x.receive, x.send))
        if type(result) is Rest:
            result = await result
        if result is not None:
            x.host.logger.error(
                "ASGI callable should return None, but returned '%s'.", result
            )
    except BaseException as error:
        fail(x, error)
    end(x)


cdef bint write_response(HttpExchange x, Dispatcher dispatcher) except -1:
    """Write a Response of one piece; false where it has to send itself."""
    response = x.response
    if type(response) is dispatcher.encoded_response:
        if response._iterator is not None:
            return False
    elif type(response).__call__ is not PLAIN_CALL or response is NO_RESPONSE:
        return False
    if x.link is None:
        return True
    if x.link.is_write_paused:
        return False
    x.begin(response.status_code, response.raw_headers)
    body = response.body
    x.write_body(body, False)
    return True


cdef int fail(HttpExchange x, object error) except -1:
    """Log what nobody handled; answer 500 if nothing was sent, else break the connection.

    Also SystemExit and KeyboardInterrupt: one request must not end the process.
    """
    cdef bint is_cancelled = isinstance(error, CancelledError)
    if is_cancelled:
        # SECURITY: also this a client can have as often as it likes, if its loss cancels.
        log = x.host.logger.info if x.is_gone else x.host.logger.warning
        log("request cancelled %s", describe(x))
    elif x.is_gone and isinstance(error, ClientDisconnect):
        # SECURITY: any client can have this; a traceback for each would flood the log.
        x.host.logger.info("client gone before its request was read %s", describe(x))
    else:
        x.host.logger.error(
            "Exception in ASGI application %s\n", describe(x), exc_info=error
        )
    if x.link is None or x.is_finished:
        return 0
    if x.is_head_out:
        return cut_off(x)
    if is_cancelled:
        return refuse(x, 503, b"Service Unavailable")
    return refuse(x, 500, b"Internal Server Error")


cdef int cut_off(HttpExchange x) except -1:
    """Close in the middle of an answer: the client must see that it is incomplete."""
    cdef Link link = x.link
    x.link = None
    return 0 if link is None else link.broken()


cdef int end(HttpExchange x) except -1:
    """Leave the connection in order, whatever the program has left undone."""
    x.is_over = True
    if x.link is not None and not x.is_finished:
        if not x.is_gone:
            x.host.logger.error("response not completed, connection closed %s", describe(x))
        if x.is_head_out:
            cut_off(x)
        else:
            refuse(x, 500, b"Internal Server Error")
    # They refer back to the exchange.
    x.receive = None
    x.send = None
    x.request = None
    x.scope = None
    x.task = None
    return 0


cdef int refuse(HttpExchange x, int status, bytes reason) except -1:
    """Answer with an error, and close: the program may have stopped in mid body."""
    x.head = None
    x.framing = 0
    x.keep_alive = x.says_close = False
    x.trailers = None
    x.begin(status, [(b"content-type", b"text/plain; charset=utf-8")])
    return x.write_body(reason, False)


cdef str describe(HttpExchange x):
    """Return method, path and route for the log, control characters escaped."""
    text = f"method={x.method} path={x.scope_path!r}"
    if x.plan is not None:
        text += f" route={getattr(x.plan.original, 'path', None)!r}"
    return text
