"""Exchange: one request and how to answer it.

Request path: door -> [here] <- plan. A door fills in the request's side; the plan reads it and
leaves the response's side filled in; the door sends that.
"""

cimport cython
from fasterapi._speedups.headers cimport find_all, parse_cookies
from fasterapi._speedups.query cimport parse_pairs

from starlette.middleware.base import _CachedRequest
from starlette.requests import Request

cdef extern from "Python.h":
    object PyObject_GenericGetDict(object instance, void* context)

cdef bytes CONTENT_LENGTH = b"content-length"
cdef bytes CONTENT_TYPE = b"content-type"

# Sizes of most JSON answers, so that they need no formatting: measured 35 ns against 4.
cdef tuple SMALL_SIZES = tuple([b"%d" % size for size in range(1024)])


# What Request.__init__ leaves in a new request, and under which names it keeps its
# arguments. PERF: filling the instance from that costs half of calling __init__.
cdef dict NEW_REQUEST = vars(Request({"type": "http"}, receive=dict, send=list))
cdef str SCOPE = "scope"
cdef str RECEIVE = [name for name, value in NEW_REQUEST.items() if value is dict][0]
cdef str SEND = [name for name, value in NEW_REQUEST.items() if value is list][0]
cdef dict NEW_CACHED_REQUEST = vars(_CachedRequest({"type": "http"}, receive=dict, send=list))
cdef object NEW = Request.__new__


@cython.freelist(64)
cdef class Exchange:
    """One request on its way through the framework.

    Made by a door, never by users; nothing of it is visible from Python but its type.
    """

    cdef dict get_scope(self):
        """Return the ASGI scope; a door that was given none overrides this and builds it."""
        return self.scope

    cdef int open(self) except -1:
        """See to it that `receive` and `send` are there; a door that makes them late overrides."""
        return 0

    cdef object get_request(self):
        """Return the Starlette Request of this exchange, the same one each time."""
        if self.request is None:
            self.request = self.new_request(Request, NEW_REQUEST)
        return self.request

    cdef object get_cached_request(self):
        """Return a request for a middleware function, which hands on the body that it reads.

        COMPAT: as under Starlette each has its own, and the endpoint gets none of them: what it
        is given then shows what they have changed in the scope.
        """
        request = self.new_request(_CachedRequest, NEW_CACHED_REQUEST)
        self.body = None
        return request

    cdef object new_request(self, object cls, dict template):
        cdef dict attributes
        request = NEW(cls)
        attributes = PyObject_GenericGetDict(request, NULL)
        attributes.update(template)
        attributes[SCOPE] = self.get_scope()
        attributes[RECEIVE] = self.receive
        attributes[SEND] = self.send
        if self.body is not None:
            request._body = self.body
            request._stream_consumed = True
        return request

    cdef int renew(self) except -1:
        """Forget an earlier run, and read the scope anew: middleware may have changed it."""
        headers = self.scope["headers"]
        self.headers = headers if type(headers) is list else list(headers)
        self.query_string = self.scope["query_string"]
        self.request = None
        self.body = None
        self.query_pairs = None
        self.cookies = None
        self.errors = None
        self.json = None
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
                self.head.extend(self.sub_response.raw_headers)
        return self.head
