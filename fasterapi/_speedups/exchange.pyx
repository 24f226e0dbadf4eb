"""Exchange: one request and how to answer it; the Request that programs see of it.

Request path: door -> [here] <- plan. A door fills in the request's side; the plan reads it and
leaves the response's side filled in; the door sends that.
"""

cimport cython
from fasterapi._speedups.exit_stacks cimport Exit, LentStacks, lent_stacks
from fasterapi._speedups.form cimport make_form
from fasterapi._speedups.headers cimport find_all, parse_cookies
from fasterapi._speedups.query cimport parse_pairs
from fasterapi._speedups.views cimport Watch, make_headers, make_query

from abc import ABCMeta

from starlette import requests
from starlette.datastructures import URL, Address, State
from starlette.middleware.base import _CachedRequest
from starlette.requests import ClientDisconnect, Request

from fasterapi._speedups.form import requested_form

cdef extern from "Python.h":
    object PyObject_GenericGetDict(object instance, void* context)

cdef bytes CONTENT_LENGTH = b"content-length"
cdef bytes CONTENT_TYPE = b"content-type"

# Sizes of most JSON answers, so that they need no formatting: measured 35 ns against 4.
cdef tuple SMALL_SIZES = tuple([b"%d" % size for size in range(1024)])


# Under which names Request.__init__ keeps its arguments.
cdef dict NEW_REQUEST = vars(Request({"type": "http"}, receive=dict, send=list))
cdef str SCOPE = "scope"
cdef str RECEIVE = [name for name, value in NEW_REQUEST.items() if value is dict][0]
cdef str SEND = [name for name, value in NEW_REQUEST.items() if value is list][0]


@cython.freelist(64)
cdef class Exchange:
    """One request on its way through the framework.

    Made by a door, never by users; nothing of it is visible from Python but its type.
    """

    cdef dict get_scope(self):
        """Return the ASGI scope; a door that was given none overrides this and builds it."""
        return self.scope

    cdef dict show_scope(self):
        """Return the scope for the program, with everything that FastAPI has put there by now.

        PERF: most programs never look, so exit stacks are made when they do.
        """
        cdef dict scope = self.get_scope()
        self.is_scope_shown = True
        if self.may_lend:
            self.lend_stacks()
        return scope

    cdef int lend_stacks(self) except -1:
        """Put into the scope of a route its exit stacks, and what handles errors.

        COMPAT: programs push onto ``scope["fastapi_inner_astack"]`` what is to be closed.
        """
        cdef dict scope = self.get_scope()
        if self.lent is None:
            self.lent = lent_stacks()
        self.may_lend = False
        scope["starlette.exception_handlers"] = self.handlers
        # Forms push their closing here: exception handlers can still read the files.
        scope["fastapi_middleware_astack"] = self.lent.outer
        if not self.is_refused:
            scope["fastapi_inner_astack"] = self.lent.inner
            scope["fastapi_function_astack"] = self.lent.function
        return 0

    cdef int push(self, Exit exit, bint ends_with_function) except -1:
        """Have *exit* left after the answer was sent, or as soon as the endpoint has ended."""
        if self.lent is None:
            self.lent = lent_stacks()
        if ends_with_function:
            return self.lent.function.push(exit)
        return self.lent.inner.push(exit)

    cdef int adopt_stacks(self, bint with_function=False) except -1:
        """Have the stacks that hold anything closed with the request."""
        cdef LentStacks lent = self.lent
        if lent is None or lent.is_adopted:
            return 0
        with_function = with_function and lent.function.is_used()
        if not (with_function or lent.inner.is_used() or lent.outer.is_used()):
            return 0
        lent.is_adopted = True
        if self.stacks is None:
            self.stacks = []  # else background tasks are there, which come first
        if with_function:
            self.stacks.append(lent.function)
        self.stacks.append(lent.inner)
        self.stacks.append(lent.outer)
        return 0

    cdef int open(self) except -1:
        """See to it that `receive` and `send` are there; a door that makes them late overrides."""
        return 0

    cdef object get_request(self):
        """Return the request of this exchange, the same one each time."""
        if self.request is None:
            self.request = self.new_request(PLAIN)
        return self.request

    cdef object get_cached_request(self):
        """Return a request for a middleware function, which hands on the body that it reads.

        COMPAT: as under Starlette each has its own, and the endpoint gets none of them: what it
        is given then shows what they have changed in the scope.
        """
        self.open()
        request = self.new_request(CACHED)
        self.body = None
        return request

    cdef object new_request(self, RequestPattern pattern):
        """Return a new request; a genuine one of Starlette's while its class is changed."""
        cdef RequestCore core
        cdef dict attributes
        if pattern.watch.is_pristine():
            request = core = pattern.new_compiled(pattern.compiled)
            core.x = self
            core.receive_of_now = self.receive
        else:
            self.open()
            request = pattern.new(pattern.genuine)
            attributes = PyObject_GenericGetDict(request, NULL)
            attributes.update(pattern.template)
            attributes[SCOPE] = self.show_scope()
            attributes[RECEIVE] = self.receive
            attributes[SEND] = self.send
        if self.body is not None:
            request._body = self.body
            request._stream_consumed = True
        elif self.form_items is not None and pattern is PLAIN:
            request._form = self.get_form()
            request._stream_consumed = self.is_body_used
        return request

    cdef int renew(self) except -1:
        """Forget an earlier run, and read the scope anew: middleware may have changed it."""
        headers = self.scope["headers"]
        self.headers = headers if type(headers) is list else list(headers)
        query = self.scope["query_string"]
        # COMPAT: Starlette takes text as well.
        self.query_string = query.encode("latin-1") if isinstance(query, str) else bytes(query)
        self.request = None
        self.body = None
        self.query_pairs = None
        self.cookies = None
        self.errors = None
        self.json = None
        self.form_items = None
        self.is_body_used = False
        self.body_values = None
        self.sub_response = None
        self.background = None
        self.response = None
        self.payload = None
        self.handled = 0
        return 0

    cdef dict path_params(self):
        """Return the captured path parameters by name."""
        cdef dict params = {}
        cdef Py_ssize_t i
        for i in range(len(self.path_names)):
            params[self.path_names[i]] = self.path_values[i]
        return params

    cdef list get_query_pairs(self):
        if self.query_pairs is None:
            self.query_pairs = parse_pairs(self.query_string)
        return self.query_pairs

    cdef object get_form(self):
        """Return the declared form, which has been read, as Starlette's collection."""
        if self.json is None:
            self.json = make_form(self.form_items)
        return self.json

    cdef dict get_cookies(self):
        """Return the cookies; a later Cookie header overrides an earlier one."""
        cdef bytes value
        if self.cookies is None:
            self.cookies = {}
            for value in find_all(self.headers, b"cookie"):
                self.cookies.update(parse_cookies(value.decode("latin-1")))
        return self.cookies

    cdef bint answer(self, int status, bytes payload, bytes media_type) except -1:
        """Set the response to *payload*; *status* must be one that may have a body."""
        self.status = status
        self.payload = payload
        self.head = None
        self.media_type = media_type
        return True

    cdef list get_head(self):
        """Return the fields of the answer; the HTTP door can do without a list of them."""
        cdef Py_ssize_t size
        if self.head is None:
            size = len(self.payload)
            self.head = [
                (CONTENT_LENGTH, SMALL_SIZES[size] if size < 1024 else b"%d" % size),
                (CONTENT_TYPE, self.media_type),
            ]
            if self.sub_response is not None:
                self.head.extend(self.sub_response.headers.raw)
        return self.head


cdef bytes as_bytes(object given):
    """Return bytes of anything like bytes; a number or a list is not."""
    return <bytes>given if type(given) is bytes else bytes(memoryview(given))


cdef dict seen_scope(Exchange x, dict own):
    """Return the scope if a program has it, and may have changed it, else None."""
    scope = own.get(SCOPE)
    if scope is None and x is not None and x.is_scope_shown:
        return x.scope
    return scope


cdef class RequestCore:
    """What is compiled of a request: the other half is Starlette's class.

    Its attributes lie in the instance's dictionary, as Starlette's do, from when somebody asks
    for them. What only reads the exchange makes no scope.
    """

    cdef dict own(self):
        """Return the instance's dictionary."""
        return PyObject_GenericGetDict(self, NULL)

    cdef dict data(self):
        """Return the scope, which the program may have exchanged, to read from."""
        scope = self.own().get(SCOPE)
        return self.origin().get_scope() if scope is None else scope

    cdef Exchange origin(self):
        """Return the exchange; of an object that was made by hand there is none."""
        if self.x is None:
            raise AttributeError(SCOPE)
        return self.x

    cdef list fields(self):
        """Return the list of header fields, the one in the scope if there is one."""
        cdef dict scope = seen_scope(self.x, self.own())
        if scope is None:
            return self.origin().headers
        if type(scope["headers"]) is not list:
            scope["headers"] = list(scope["headers"])
        return scope["headers"]

    def __reduce_ex__(self, _protocol):
        """Copies and pickles are Starlette's requests."""
        cls = pattern_of(self).genuine
        return cls.__new__, (cls,), dict(whole_state(self))

    @property
    def method(self):
        """The HTTP method."""
        cdef dict scope = seen_scope(self.x, self.own())
        return self.origin().method if scope is None else scope["method"]

    @property
    def app(self):
        """The application that answers."""
        return self.data()["app"]

    @property
    def url(self):
        """The URL that was asked for."""
        cdef dict own = self.own()
        url = own.get("_url")
        if url is None:
            own["_url"] = url = URL(scope=self.data())
        return url

    @property
    def headers(self):
        """The header fields."""
        cdef dict own = self.own()
        headers = own.get("_headers")
        if headers is None:
            own["_headers"] = headers = make_headers(self.fields())
        return headers

    @property
    def query_params(self):
        """The parameters in the query string."""
        cdef dict own = self.own()
        cdef dict scope = seen_scope(self.x, own)
        params = own.get("_query_params")
        if params is not None:
            return params
        if scope is None or (
            self.x is not None and scope["query_string"] is self.x.query_string
        ):
            params = make_query(self.origin().get_query_pairs())
        else:
            params = make_query(parse_pairs(scope["query_string"]))
        own["_query_params"] = params
        return params

    @property
    def path_params(self):
        """The captured parts of the path."""
        return self.data().get("path_params", {})

    @property
    def cookies(self):
        """The cookies by name."""
        cdef dict own = self.own()
        cdef dict scope = seen_scope(self.x, own)
        cookies = own.get("_cookies")
        if cookies is not None:
            return cookies
        if "_headers" not in own and (
            scope is None or self.x is not None and scope["headers"] is self.x.headers
        ):
            cookies = self.origin().get_cookies()
        else:
            cookies = {}
            for header in self.headers.getlist("cookie"):
                cookies.update(parse_cookies(header))
        own["_cookies"] = cookies
        return cookies

    @property
    def client(self):
        """Address of the client, None if the server does not tell."""
        pair = self.data().get("client")
        return None if pair is None else Address(*pair)

    @property
    def state(self):
        """What the lifespan, middleware and the program have stored for this request."""
        cdef dict own = self.own()
        cdef dict scope
        state = own.get("_state")
        if state is None:
            scope = self.data()
            scope.setdefault("state", {})
            own["_state"] = state = State(scope["state"])
        return state

    async def body(self):
        """Return the body, read whole.

        Raises:
            ClientDisconnect: The client has gone.
            RuntimeError: Somebody has read it as a stream.
        """
        cdef dict own = self.own()
        cdef bytearray rest = None
        first = None
        if "_body" in own:
            return own["_body"]
        if self._stream_consumed:
            raise RuntimeError("Stream consumed")
        while not self._stream_consumed:
            message = await self._receive()
            if message["type"] == "http.request":
                if not message.get("more_body", False):
                    self._stream_consumed = True
                piece = message.get("body") or b""
                if first is None:
                    first = piece
                    continue
                # SECURITY: no list of pieces, each of which costs 50 bytes beside its own.
                if rest is None:
                    rest = bytearray(as_bytes(first))
                rest += piece
            elif message["type"] == "http.disconnect":
                self._is_disconnected = True
                raise ClientDisconnect
        own["_body"] = body = as_bytes(first) if rest is None else bytes(rest)
        return body

    async def json(self):
        """Return the body, parsed."""
        cdef dict own = self.own()
        if "_json" not in own:
            own["_json"] = requests.json.loads(await self.body())
        return own["_json"]

    def _get_form(self, **limits):
        """Return an awaitable of the form, with which Starlette's `form` goes on.

        Args:
            limits: Keyword arguments of `form`.
        """
        genuine = pattern_of(self).genuine._get_form
        return requested_form(self, self.own(), self.fields(), genuine, limits)


@cython.final
cdef class Late:
    """An attribute that is made when it is first asked for, and lies in the instance then."""

    cdef str name

    def __init__(self, str name not None):
        self.name = name

    def __get__(self, RequestCore request, owner):
        if request is None:
            raise AttributeError(self.name)
        value = late_value(request, self.name)
        request.own()[self.name] = value
        return value


cdef object late_value(RequestCore request, str name):
    """Return the value of an attribute that nobody has asked for."""
    cdef Exchange x = request.origin()
    if name == SCOPE:
        return x.show_scope()
    if name == RECEIVE and request.receive_of_now is not None:
        return request.receive_of_now
    x.open()
    return x.receive if name == RECEIVE else x.send


def whole_state(RequestCore request not None):
    """Return the dictionary of *request* with everything that Starlette's has."""
    cdef dict own = request.own()
    for name in pattern_of(request).template:
        own.setdefault(name, getattr(request, name))
    return own


def replace_state(RequestCore request not None, dict state not None):
    """Give *request* another dictionary."""
    cdef dict own = request.own()
    own.clear()
    own.update(state)


cdef class RequestPattern:
    """How requests of one class of Starlette's are made.

    Args:
        genuine: The class, which is also what `type(request).__mro__` goes on with.
    """

    def __init__(self, genuine):
        self.genuine = genuine
        self.new = genuine.__new__
        self.template = vars(genuine({"type": "http"}, receive=dict, send=list))
        # What __init__ sets to a constant is inherited instead.
        self.compiled = ABCMeta(
            genuine.__name__,
            (RequestCore, genuine),
            {
                **self.template,
                **{name: Late(name) for name in (SCOPE, RECEIVE, SEND)},
                "__dict__": property(whole_state, replace_state),
                "__module__": genuine.__module__,
                "__doc__": genuine.__doc__,
            },
        )
        self.new_compiled = self.compiled.__new__
        self.watch = Watch(genuine, IMITATED)


cdef tuple IMITATED = (
    *("__init__", "__getitem__", "method", "app", "url", "headers", "query_params"),
    *("path_params", "cookies", "client", "state", "stream", "body", "json", "receive"),
    *("form", "_get_form"),
)
cdef RequestPattern PLAIN = RequestPattern(Request)
cdef RequestPattern CACHED = RequestPattern(_CachedRequest)


cdef RequestPattern pattern_of(RequestCore request):
    return CACHED if isinstance(request, _CachedRequest) else PLAIN
