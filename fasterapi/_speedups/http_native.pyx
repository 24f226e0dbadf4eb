"""Answers of native routes through the HTTP door: no coroutine, no task, no Python code.

Request path: http1 -> [here] -> frozen, native -> [here] -> http_exchange.
Reference implementation: the handlers of `fasterapi.routing.native`, which answer the same
routes where a middleware lies around them, and at the ASGI door.
"""

from fasterapi._speedups.frozen cimport Frozen, FrozenSlot, Reply
from fasterapi._speedups.http_exchange cimport HttpExchange
from fasterapi._speedups.native cimport CompiledSlot, Exchange, open_exchange

cdef tuple BODILESS = (204, 205, 304)

cdef enum:
    KEPT_BYTES = 65536     # a longer body is written beside its head, as that of other routes


cdef bint answer_natively(HttpExchange x) except -1:
    """Answer by the native part of the exchange's plan; false where its coroutine must.

    That is so behind middleware functions, which see a request and a response, while a frozen
    answer has not been made yet, while a body is still coming, and after a compiled handler
    has failed: exceptions become answers in the plan's way.
    """
    cdef Frozen frozen
    if x.dispatcher.middleware:
        return False
    if type(x.plan.native) is FrozenSlot:
        frozen = (<FrozenSlot>x.plan.native).answer
        if frozen is None:
            return False
        write_frozen(x, frozen.choose(x.method == "HEAD", x.headers))
    elif x.body is None or not call_compiled(x, <CompiledSlot>x.plan.native):
        return False
    x.is_over = True
    # The access log may have asked for them, and they refer back to the exchange.
    x.receive = None
    x.send = None
    x.scope = None
    return True


cdef int write_frozen(HttpExchange x, Reply reply) except -1:
    """Write an answer whose bytes are there already, but for a new Date each second."""
    if x.link is None:
        return 0
    if len(reply.body) > KEPT_BYTES:
        x.begin(reply.status, reply.fields)
        return x.write_body(reply.body, False)
    x.status = reply.status
    x.started = True
    x.has_head = True
    x.link.put(reply.wire(x.common_lines()))
    return x.finish()


cdef bint call_compiled(HttpExchange x, CompiledSlot slot) except -1:
    """Answer by a compiled handler; false after it has raised."""
    cdef Exchange seen = open_exchange(
        x.method, x.scope_path, x.query_string, x.headers, x.path_names, x.path_values, x.body
    )
    try:
        payload = slot.answer(seen)
        x.answer(seen._status, payload, seen._media_type)
        if seen._fields or seen._status in BODILESS:
            fields = x.get_head()
            fields.extend(seen._fields)
            if x.link is not None:
                x.begin(seen._status, fields)
    except BaseException as error:
        x.plan = slot.failing(error)
        return False
    if not x.has_head:
        x.write_answer()
    elif x.link is not None:
        x.write_body(payload, False)
    return True
