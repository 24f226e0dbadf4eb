"""Compiled handlers of users: what they see of a request, how they are held and called.

Request path: http_native, routing.native -> [here] -> a user's compiled function.
Reference implementation: none; tests compile handlers and compare with ordinary routes.

SECURITY: a pointer enters only from compiled code, by `wrap_handler` and `Server.add_route`,
whose signatures Cython checks when the user's module is compiled and again when it is imported.
From Python there is no way to make or change one.
"""

cimport cython
from fasterapi._speedups.head cimport check
from fasterapi._speedups.headers cimport find, find_all
from fasterapi._speedups.query cimport find_last

cdef enum:
    FIRST_STATUS = 200
    LAST_STATUS = 599

cdef str NOT_FROM_PYTHON = "{} objects are made by compiled code; see fasterapi/native.pxd"


@cython.freelist(16)
cdef class Exchange:
    """One request as a compiled handler sees it, and what it says about its answer.

    Valid during the call only: kept longer, every method raises RuntimeError.
    """

    def __init__(self):
        raise TypeError(NOT_FROM_PYTHON.format("Exchange"))

    cdef int _check(self) except -1:
        if not self._is_open:
            raise RuntimeError("the exchange is over: it is valid during the handler's call only")
        return 0

    cpdef str method(self):
        """Return the method, as in ``"GET"``."""
        self._check()
        return self._method

    cpdef str path(self):
        """Return the whole path, percent-decoded."""
        self._check()
        return self._path

    cpdef bytes query_string(self):
        """Return what stands behind ``?``, as it was sent."""
        self._check()
        return self._query_string

    cpdef str query(self, str name):
        """Return the last value of a query parameter, decoded; None if it is not there."""
        self._check()
        if name is None:
            raise TypeError("name must be str, got None")
        return find_last(self._query_string, name)

    cpdef bytes header(self, bytes name):
        """Return the first value of a header field, *name* in any case; None without one."""
        self._check()
        if name is None:
            raise TypeError("name must be bytes, got None")
        return find(self._headers, name.lower())

    cpdef list header_values(self, bytes name):
        """Return all values of a header field, *name* in any case."""
        self._check()
        if name is None:
            raise TypeError("name must be bytes, got None")
        return find_all(self._headers, name.lower())

    cpdef object path_param(self, str name):
        """Return a captured part of the path, converted as the path says; None without one."""
        cdef Py_ssize_t i
        self._check()
        for i in range(len(self._path_names)):
            if self._path_names[i] == name:
                return self._path_values[i]
        return None

    cpdef bytes body(self):
        """Return the whole body."""
        self._check()
        return self._body

    cpdef object set_status(self, int status):
        """Answer with *status*, 200 to 599.

        Raises:
            ValueError: It is no such number.
        """
        self._check()
        if not FIRST_STATUS <= status <= LAST_STATUS:
            raise ValueError(
                f"status must be {FIRST_STATUS} to {LAST_STATUS}, got {status}"
            )
        self._status = status

    cpdef object set_media_type(self, bytes media_type):
        """Answer with this Content-Type.

        Raises:
            ValueError: It has a control character.
        """
        self._check()
        check([(b"content-type", media_type)])
        self._media_type = media_type

    cpdef object add_header(self, bytes name, bytes value):
        """Add a header field to the answer; its length and type are not set by this.

        Raises:
            ValueError: Name or value cannot be sent, or the framework writes that field.
        """
        self._check()
        check([(name, value)])
        lower_name = name.lower()
        if lower_name in (b"content-length", b"transfer-encoding", b"connection"):
            raise ValueError(f"the server writes the field {lower_name!r}")
        if lower_name == b"content-type":
            raise ValueError("b'content-type' is set by set_media_type")
        self._fields.append((name, value))


cdef Exchange open_exchange(
    str method, str path, bytes query_string, list headers, tuple path_names, list path_values,
    bytes body,
):
    """Return a new exchange; `CompiledSlot.answer` closes it."""
    cdef Exchange x = Exchange.__new__(Exchange)
    x._method = method
    x._path = path
    x._query_string = query_string
    x._headers = headers
    x._path_names = path_names
    x._path_values = path_values
    x._body = body
    x._fields = []
    x._is_open = True
    return x


@cython.final
cdef class CompiledHandler:
    """A compiled function that answers requests."""

    def __init__(self):
        raise TypeError(NOT_FROM_PYTHON.format("CompiledHandler"))

    @property
    def is_bound(self):
        """Whether there is a function; false of an object that Python made by ``__new__``."""
        return self.pointer is not NULL

    def __repr__(self):
        return f"<compiled handler {self.name!r}>"

    cdef bytes call(self, Exchange x):
        """Return the body that the function answers with."""
        if self.pointer is NULL:
            raise TypeError(NOT_FROM_PYTHON.format("CompiledHandler"))
        return self.pointer(x)


cdef CompiledHandler wrap_handler(str name, Handler handler):
    """Return *handler* as an object that Python code can pass to routes and to the registry.

    Args:
        name: For messages and for the operation id.
        handler: A ``cdef bytes name(Exchange x)`` that lives as long as the process.
    """
    cdef CompiledHandler wrapped = CompiledHandler.__new__(CompiledHandler)
    if handler is NULL:
        raise TypeError("handler must be a function, got NULL")
    if not name:
        raise ValueError(f"name must be a word, got {name!r}")
    wrapped.name = name
    wrapped.pointer = handler
    return wrapped


@cython.final
cdef class CompiledSlot:
    """A compiled handler as one route answers by it.

    Args:
        handler: The handler.
        path: The route's path, for messages.
        status: Of a normal answer.
        media_type: Content-Type of a normal answer.
        failing: Function ``(error)`` giving the plan that raises *error* for this route.
    """

    def __init__(self, CompiledHandler handler not None, *, str path not None, int status,
                 bytes media_type not None, object failing):
        self.handler = handler
        self.path = path
        self.status = status
        self.media_type = media_type
        self.failing = failing

    cdef bytes answer(self, Exchange x):
        """Return the body; status and fields are left in the exchange, which is over then."""
        cdef bytes body
        x._status = self.status
        x._media_type = self.media_type
        try:
            body = self.handler.call(x)
            if body is None:
                raise TypeError(f"{self.handler!r} must return bytes, got None")
        except BaseException as error:
            note = f"in the {self.handler!r} of route {self.path!r}"
            if note not in getattr(error, "__notes__", ()):  # an instance may be raised again
                error.add_note(note)
            raise
        finally:
            x._is_open = False
        return body

    def respond(self, str method not None, str path not None, bytes query_string not None,
                list headers not None, dict path_params not None, bytes body not None):
        """Return status, fields and body for a request that came by another door."""
        cdef Exchange x = open_exchange(
            method, path, query_string, headers, tuple(path_params), list(path_params.values()),
            body,
        )
        payload = self.answer(x)
        fields = [
            (b"content-length", b"%d" % len(payload)), (b"content-type", x._media_type),
            *x._fields,
        ]
        return x._status, fields, payload


@cython.final
cdef class Server:
    """Where compiled modules add routes: an application or a router.

    Args:
        declare: Function ``(method, path, handler, options)`` that adds the route.
    """

    def __init__(self, declare):
        self.declare = declare

    cdef int add_route(
        self, str method, str path, Handler handler, dict options=None
    ) except -1:
        """Answer *method* on *path* by a compiled function.

        Args:
            method: As in ``"GET"``.
            path: URL path; ``{name}`` captures a segment.
            handler: A ``cdef bytes name(Exchange x)``.
            options: Those of the route decorators; ``"name"`` is the route's name, otherwise
                made from the path.
        """
        cdef dict given = {} if options is None else dict(options)
        name = given.get("name") or name_of(path)
        given["name"] = name
        self.declare(method, path, wrap_handler(name, handler), given)
        return 0


cdef str name_of(str path):
    """Return a name for the function behind *path*: ``ultra_fast`` for ``/ultra-fast``."""
    words = "".join([c if c.isalnum() else " " for c in path]).split()
    return "_".join(words) or "root"
