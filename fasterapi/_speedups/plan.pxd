"""Layout of the endpoint plan, shared with the doors."""

from fasterapi._speedups.encoder cimport Encoder, ResponseMaker
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.form cimport FormLimits
from fasterapi._speedups.json_reader cimport Reader


cdef enum:
    STYLE_ASYNC = 0             # coroutine function: called and awaited
    STYLE_THREAD = 1            # plain function: called in a worker thread
    STYLE_CALL = 2              # plain function that only moves values: called in any thread
    STYLE_GENERATOR = 3         # async generator: goes on when the request is over
    STYLE_THREAD_GENERATOR = 4  # generator: the same, in worker threads
    STYLE_COLD = 5              # limited in number: called or entered by a reference function
    STYLE_REPEAT = 6            # the value of an earlier step, cached for the request
    STYLE_STREAM = 7            # generator endpoint: becomes a streaming response


cdef class Step:
    cdef object call             # the dependency or the endpoint
    cdef int style               # one of the STYLE_ constants of plan.pyx
    cdef tuple arguments         # of Argument, in FastAPI's order of evaluation
    cdef Py_ssize_t size         # number of arguments
    cdef tuple names             # of all arguments
    cdef tuple keywords          # names of the last arguments, which go by name
    cdef Py_ssize_t first        # index of the first step of this one's subtree
    cdef Py_ssize_t repeats      # index of the step whose value is used again, or -1
    cdef tuple needs             # indices of the steps whose failure is this one's failure
    cdef object helper           # async function (request, values) of the cold styles
    cdef object read_body        # async function (parsed body) -> (values, errors), or None
    cdef tuple body_slots        # (field name, position) of what `read_body` gives
    cdef bint ends_with_function  # a generator goes on before the answer is sent
    cdef tuple body_arguments    # of BodyArgument: the same values out of parsed JSON
    cdef bint is_embedded        # they are keys of it
    cdef list collect(self, Exchange x)
    cdef dict by_name(self, list arguments)


cdef class EndpointPlan:
    cdef readonly object route       # APIRoute, or the effective context of an included one
    cdef readonly object original    # the APIRoute
    cdef readonly object endpoint
    cdef readonly dict included              # for scope["fastapi"]; None: nothing
    cdef tuple steps                 # dependencies in calling order
    cdef Step final                  # the endpoint
    cdef Encoder encoder             # of normal values, or None
    cdef ResponseMaker maker         # without an encoder; None: every answer takes the cold way
    cdef object finish               # async function giving the Response of any value
    cdef object stream               # async function (request, values, ...) -> Response, or None
    cdef object parse_body           # async function (request) -> parsed body, or None
    cdef FormLimits form_limits      # None: the body is no form
    cdef object validate_json        # of the single model in a JSON body, or None
    cdef Reader reader               # tried before `validate_json`, or None
    cdef object invalid              # function (errors, body, method, root_path) -> exception
    cdef object invalid_answer       # function (error, value, method, root_path) -> exception
    cdef readonly bint is_direct     # nothing to wait for before the endpoint is called
    cdef readonly bint needs_stacks  # dependencies to close after the endpoint
    cdef readonly object native      # FrozenSlot, CompiledSlot, or None for ordinary routes
    cdef list prepare(self, Exchange x)
    cdef bint encode(self, Exchange x, object value) except -1
    cdef int check(self, Exchange x) except -1
    cdef bint read_json(self, Exchange x) except -1
    cdef object finish_cold(self, Exchange x, object value)


cdef bint has_body_value(Exchange x) except -1
cdef list put_body(Exchange x, Step step, list arguments)
