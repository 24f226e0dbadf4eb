"""EndpointPlan: one route compiled into a flat list of steps, and the walk through it.

Request path: dispatch (route found) -> [here] -> encoder -> dispatch (send).
Reference implementation: `fasterapi.routing.handler.get_request_handler`, which answers the
same requests from the same route, a tree at a time.

At start-up `fasterapi.dependencies.compile` puts the dependency tree in calling order. A step
knows where each argument lies and where its own value goes; nothing is looked up by name here.
Cold cases (streams, errors) call the reference functions, so that their behaviour exists once.
"""

cimport cython
from fasterapi._speedups.arguments cimport FAILED, Argument
from fasterapi._speedups.body_arguments cimport has_long_number, holds_json, take_from_json
from fasterapi._speedups.call cimport call_list
from fasterapi._speedups.encoder cimport Encoder, ResponseMaker
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.form cimport FormLimits
from fasterapi._speedups.generators cimport begin_generator
from fasterapi._speedups.headers cimport IS_JSON, find, is_json_content_type
from fasterapi._speedups.hop cimport Hop, cross, make_hop
from fasterapi._speedups.json_reader cimport MISMATCH, Reader, read_any
from fasterapi._speedups.stepping cimport Rest, begin

import json

from pydantic_core import PydanticUndefined, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from fasterapi._speedups.encoder import Refused
from fasterapi._speedups.form_body import read_form

STYLES = {
    "async": STYLE_ASYNC,
    "thread": STYLE_THREAD,
    "call": STYLE_CALL,
    "generator": STYLE_GENERATOR,
    "thread generator": STYLE_THREAD_GENERATOR,
    "cold": STYLE_COLD,
    "repeat": STYLE_REPEAT,
    "stream": STYLE_STREAM,
}

cdef object UNSET = object()


@cython.final
cdef class Step:
    """One call: a dependency or the endpoint.

    Args:
        call: What is called.
        style: One of the keys of `STYLES`.
        arguments: `Argument` objects in the order in which FastAPI evaluates them.
        names: Names of all arguments, by position; the last `by_keyword` go by name.
        by_keyword: How many of the last arguments go by name.
        first: Index of the first step of this one's subtree; for style ``"repeat"``, of the
            steps whose errors are reported again if `repeats` has failed.
        repeats: Index of the step whose value is used again, for style ``"repeat"``.
        needs: Indices of the steps whose failure is this one's failure.
        helper: Async function ``(request, values)`` of style ``"cold"``.
        read_body: Async function ``(parsed body) -> (values, errors)``, or None.
        body_slots: ``(field name, position)`` pairs of what `read_body` gives.
        ends_with_function: Whether a generator goes on before the answer is sent.
        body_arguments: `BodyArgument` objects that give the same as `read_body` for JSON; or
            none.
        is_embedded: Whether they are keys of the body.
    """

    def __init__(self, object call, *, str style not None, tuple arguments not None,
                 tuple names not None, Py_ssize_t by_keyword, Py_ssize_t first=0,
                 Py_ssize_t repeats=-1, tuple needs not None=(), object helper=None,
                 object read_body=None, tuple body_slots not None=(),
                 tuple body_arguments not None=(), bint is_embedded=False,
                 bint ends_with_function=False):
        cdef Argument argument
        if not 0 <= by_keyword <= len(names):
            raise ValueError(f"by_keyword must be 0 to {len(names)}, got {by_keyword}")
        for argument in arguments + body_arguments:
            if argument.position >= len(names):
                raise ValueError(f"position {argument.position} of {len(names)} arguments")
        self.call = call
        self.style = STYLES[style]
        self.arguments = arguments
        self.names = names
        self.size = len(names)
        self.keywords = names[len(names) - by_keyword:]
        self.first = first
        self.repeats = repeats
        self.needs = needs
        self.helper = helper
        self.read_body = read_body
        self.body_slots = body_slots
        self.ends_with_function = ends_with_function
        self.body_arguments = body_arguments
        self.is_embedded = is_embedded

    cdef list collect(self, Exchange x):
        """Return the arguments by position, or None where something is missing or wrong.

        All arguments are tried even after a failure, because a 422 lists all errors.
        """
        cdef list values = [None] * self.size
        cdef Argument argument
        cdef Py_ssize_t index
        cdef bint failed = False
        for index in self.needs:
            failed |= x.results[index] is FAILED
        for argument in self.arguments:
            value = argument.take(x)
            if value is FAILED:
                failed = True
            else:
                values[argument.position] = value
        return None if failed else values

    cdef dict by_name(self, list values):
        """Return the arguments by name, as the reference functions take them."""
        return dict(zip(self.names, values))


@cython.final
cdef class EndpointPlan:
    """The steps of one route, from the request to the answer.

    Args:
        route: The APIRoute, or the effective context if it came by an included router.
        original: The APIRoute itself, for ``scope["route"]``.
        included: What routing adds to ``scope["fastapi"]``, or None.
        steps: Dependencies in calling order.
        final: The endpoint's step.
        encoder: Turns normal values into bytes, or None.
        maker: Turns normal values into responses, where there is no encoder; without both all
            of them go the cold way.
        finish: Async function ``(value, background, sub_response, method, root_path)`` giving
            the Response of a value that has no fast way.
        stream: Async function ``(request, values, background, sub_response) -> Response`` of
            generator endpoints, or None.
        parse_body: Async function ``(request) -> parsed body``, or None without a body.
        form_limits: Limits of the form that the body is, or None.
        validate_json: Bound ``validate_json`` of the only body parameter, where validating
            the bytes gives what validating the parsed object gives; or None.
        reader: Reader of the same bodies, for those that need no judgement; or None.
        invalid: Function ``(errors, body, method, root_path)`` giving the exception of a 422.
        invalid_answer: Function ``(error, value, method, root_path)`` giving the exception for
            a value that the response model refuses with pydantic's *error*.
        has_stacks: Whether something is closed after the answer (generator dependencies,
            streams): behind middleware, such a route runs in a task of its own.
        native: FrozenSlot or CompiledSlot by which the HTTP door may answer instead of running
            the steps; the steps give the same answer.
    """

    def __init__(self, *, object route, object original, dict included=None,
                 tuple steps not None,
                 Step final not None, Encoder encoder, ResponseMaker maker=None, object finish,
                 object stream=None, object parse_body=None, FormLimits form_limits=None,
                 object validate_json=None, Reader reader=None,
                 object invalid, object invalid_answer=None, bint has_stacks=False,
                 object native=None):
        cdef Step step
        for step in steps:
            if step.repeats >= len(steps):
                raise ValueError(f"step repeats {step.repeats} of {len(steps)}")
        self.route = route
        self.original = original
        self.included = included
        self.endpoint = None if original is None else original.endpoint
        self.steps = steps
        self.final = final
        self.encoder = encoder
        self.maker = maker
        self.finish = finish
        self.stream = stream
        self.parse_body = parse_body
        self.form_limits = form_limits
        self.validate_json = validate_json
        self.reader = reader
        self.invalid = invalid
        self.invalid_answer = invalid_answer
        self.needs_stacks = has_stacks
        self.native = native
        self.is_direct = (
            not steps and parse_body is None and not has_stacks and final.style == STYLE_ASYNC
        )

    cdef list prepare(self, Exchange x):
        """Return the endpoint's arguments, or raise the 422."""
        cdef list arguments = self.final.collect(x)
        if arguments is None:
            self.check(x)
        return arguments

    cdef int check(self, Exchange x) except -1:
        """Raise the 422 if there were errors."""
        if x.errors is None:
            return 0
        body = x.json if x.form_items is None else x.get_form()
        if body is None and x.body:
            # The bytes were valid JSON: the model had accepted them.
            body = json.loads(x.body)
        raise self.invalid(x.errors, body, x.method, x.get_scope().get("root_path", ""))

    cdef bint encode(self, Exchange x, object value) except -1:
        """Answer with the endpoint's value; false where `finish` must do it."""
        cdef bytes payload
        cdef int status
        if type(value) is not dict and isinstance(value, Response):
            if value.background is None:
                value.background = x.background
            x.response = value
            return True
        try:
            if self.encoder is None:
                if self.maker is not None:
                    x.response = self.maker.make(value, x.background, x.sub_response)
                return x.response is not None
            status = self.encoder.status
            if x.sub_response is not None and x.sub_response.status_code is not None:
                status = x.sub_response.status_code
                if status < 200 or status in (204, 205, 304):
                    return False
            payload = self.encoder.encode(value)
            return payload is not None and x.answer(status, payload, self.encoder.media_type)
        except Refused as refused:
            error = refused.args[0]
        # Validating again for the wording would find iterators in the value exhausted.
        root_path = x.get_scope().get("root_path", "")
        raise self.invalid_answer(error, value, x.method, root_path)

    cdef object finish_cold(self, Exchange x, object value):
        """Return an awaitable of the Response that the reference path makes of *value*."""
        return self.finish(
            value, x.background, x.sub_response, x.method, x.get_scope().get("root_path", "")
        )

    async def run(self, Exchange x not None):
        """Walk all steps and leave the answer in the exchange."""
        cdef list arguments = None
        cdef Hop hop = None
        if self.parse_body is not None:
            # PERF: the reading stands here, not in a coroutine of its own: 0.2 us.
            x.body_value = UNSET
            is_read = False
            if self.form_limits is None and has_plain_json(x):
                if x.body is None:
                    x.open()
                    try:
                        message = await x.receive()
                        body = body_of(message)
                        if body is None or message.get("more_body", False):
                            body = await receive_rest(x, body)
                        x.body = body  # only when it is whole: the doors read it too
                    except Exception as error:
                        raise unreadable(error) from error
                is_read = self.read_json(x)
            if self.form_limits is not None:
                await self.read_form(x)
            elif not is_read:
                x.json = await self.parse_body(x.get_request())
        if self.steps:
            value = begin(self.solve(x))
            hop = await value if type(value) is Rest else value
        if hop is None:
            arguments = self.final.collect(x)
            if self.final.read_body is not None:
                if can_put_body(x, self.final):
                    arguments = put_body(x, self.final, arguments)
                else:
                    arguments = await self.take_body(x, self.final, arguments)
            if arguments is None or x.errors is not None:
                self.check(x)
            if self.final.style == STYLE_THREAD:
                hop = make_hop(self, x, len(self.steps), self.final, arguments)
                await cross(hop)
        if hop is not None:
            if hop.is_answered:
                return
            if hop.is_invalid:
                self.check(x)
            value = hop.value
        elif self.final.style == STYLE_ASYNC:
            value = begin(call_list(self.final.call, arguments, self.final.keywords))
            if type(value) is Rest:
                value = await value
        else:
            x.response = await self.stream(
                x.get_request(), self.final.by_name(arguments), x.background, x.sub_response
            )
            return
        if not self.encode(x, value):
            x.response = await self.finish_cold(x, value)

    async def read_form(self, Exchange x not None):
        """Leave the items of the declared form in the exchange."""
        if x.request is None:
            try:
                await read_form(x, self.form_limits)
            except Exception as error:
                raise unreadable(error) from error
        if x.form_items is None:
            x.json = await self.parse_body(x.get_request())
            x.form_items = x.json.multi_items()

    async def solve(self, Exchange x not None):
        """Call the dependencies; their values, or FAILED, go to ``x.results``.

        Returns:
            The trip to a thread that went on to the endpoint, or None.
        """
        cdef Step step
        cdef list arguments
        cdef Py_ssize_t i = -1
        cdef Hop hop
        x.results = [None] * len(self.steps)
        while i + 1 < len(self.steps):
            i += 1
            step = self.steps[i]
            if step.style == STYLE_REPEAT:
                x.results[i] = x.results[step.repeats]
                if x.results[i] is FAILED:
                    await self.report_again(x, step)
                continue
            arguments = step.collect(x)
            if step.read_body is not None:
                if can_put_body(x, step):
                    arguments = put_body(x, step, arguments)
                else:
                    arguments = await self.take_body(x, step, arguments)
            if arguments is None:
                x.results[i] = FAILED
            elif step.style == STYLE_ASYNC:
                value = begin(call_list(step.call, arguments, step.keywords))
                x.results[i] = await value if type(value) is Rest else value
            elif step.style == STYLE_CALL:
                x.results[i] = call_list(step.call, arguments, step.keywords)
            elif step.style == STYLE_GENERATOR:
                value = begin_generator(
                    x, call_list(step.call, arguments, step.keywords), step.ends_with_function
                )
                x.results[i] = await value if type(value) is Rest else value
            elif step.style == STYLE_THREAD or step.style == STYLE_THREAD_GENERATOR:
                hop = make_hop(self, x, i, step, arguments)
                await cross(hop)
                if hop.has_value or hop.is_invalid:
                    return hop
                i = hop.index - 1
            else:
                x.results[i] = await step.helper(x.get_request(), step.by_name(arguments))

    async def report_again(self, Exchange x not None, Step repeat not None):
        """Note the errors of a failed step once more, and those of its subtree.

        COMPAT: FastAPI solves a shared dependency's parameters at each place where it is
        used, so its 422 lists their errors as often. Collecting arguments has no effects.
        """
        cdef Step step
        cdef Py_ssize_t i
        for i in range(repeat.first, repeat.repeats + 1):
            step = self.steps[i]
            if step.style != STYLE_REPEAT:
                arguments = step.collect(x)
                if step.read_body is not None:
                    if can_put_body(x, step):
                        put_body(x, step, arguments)
                    else:
                        await self.take_body(x, step, arguments)
            elif x.results[i] is FAILED:
                await self.report_again(x, step)

    cdef bint read_json(self, Exchange x) except -1:
        """Leave the model that the bytes make, or the parsed JSON; false if `parse_body` must."""
        if x.request is not None:
            x.request._body = x.body
            x.request._stream_consumed = True
        if not x.body:
            x.json = PydanticUndefined
            return True
        if self.reader is not None:
            value = self.reader.read_bytes(x.body)
            if value is not MISMATCH:
                x.body_value = value
                return True
        if self.validate_json is not None and not has_long_number(x.body):
            try:
                x.body_value = self.validate_json(x.body)
                return True
            except ValidationError:
                pass  # validating the parsed JSON words the errors
        value = read_any(x.body)
        if value is MISMATCH:
            return False
        x.json = value
        return True

    async def take_body(self, Exchange x not None, Step step not None, list arguments):
        """Put the values of the parsed body at their positions; None where they are wrong."""
        cdef str name
        cdef Py_ssize_t position
        body = x.json if x.form_items is None else x.get_form()
        values, errors = await step.read_body(body)
        if errors:
            if x.errors is None:
                x.errors = []
            x.errors.extend(errors)
            return None
        if arguments is not None:
            for name, position in step.body_slots:
                arguments[position] = values[name]
        return arguments


cdef bint can_put_body(Exchange x, Step step) except -1:
    """Return whether `put_body` knows the step's part of the body."""
    if x.body_value is not UNSET:
        return True
    return bool(step.body_arguments) and holds_json(x, step.is_embedded)


cdef list put_body(Exchange x, Step step, list arguments):
    """Put the step's part of the body at its position; return None where it is wrong."""
    if x.body_value is UNSET:
        return take_from_json(x, step.body_arguments, arguments)
    if arguments is not None:
        arguments[<Py_ssize_t>step.body_slots[0][1]] = x.body_value
    return arguments


cdef bint has_body_value(Exchange x) except -1:
    """Return whether the body has been validated, so that no code of the program is left to run."""
    return x.body_value is not UNSET


cdef object unreadable(object error):
    """Return what FastAPI answers when reading the body fails: a 400."""
    if isinstance(error, HTTPException):
        return error
    return HTTPException(status_code=400, detail="There was an error parsing the body")


async def receive_rest(Exchange x not None, bytes first):
    """Return the whole body; *first* is what the first message had of it, None if nothing."""
    # SECURITY: no list of pieces, each of which costs 50 bytes beside its own.
    cdef bytearray body = bytearray(b"" if first is None else first)
    while True:
        message = await x.receive()
        piece = body_of(message)
        if piece is None:
            continue
        body += piece
        if not message.get("more_body", False):
            return bytes(body)


cdef bytes body_of(object message):
    """Return the piece of the body in an ``http.request`` message; None of any other kind."""
    kind = message["type"]
    if kind == "http.disconnect":
        raise ClientDisconnect
    if kind != "http.request":
        return None
    body = message.get("body") or b""
    return body if type(body) is bytes else bytes(memoryview(body))


cdef bint has_plain_json(Exchange x) except -1:
    """Return whether the body is surely declared as JSON, and can be had.

    A middleware may have read it: then its bytes are taken from the request.
    """
    content_type = find(x.headers, b"content-type")
    if content_type is None or is_json_content_type(content_type) != IS_JSON:
        return False
    if x.request is None:
        return True
    if hasattr(x.request, "_json"):
        return False
    x.body = getattr(x.request, "_body", None)
    return x.body is not None or not x.request._stream_consumed
