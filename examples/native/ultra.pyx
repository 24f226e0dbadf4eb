# cython: language_level=3
"""Handlers in Cython: compiled functions that answer requests without Python code."""

from fasterapi.native cimport Exchange, Server, wrap_handler


cdef bytes ultra_fast(Exchange x):
    """Answer with constant bytes."""
    return b'{"message":"ultra fast"}'


cdef bytes add(Exchange x):
    """Answer with the sum of two captured numbers: /add/{a:int}/{b:int}."""
    cdef long long a = x.path_param("a")
    cdef long long b = x.path_param("b")
    return b'{"sum":%d}' % (a + b)


cdef bytes checksum(Exchange x):
    """Answer with the sum of the body's bytes; the loop runs without the GIL."""
    cdef bytes body = x.body()
    cdef const unsigned char* data = body
    cdef Py_ssize_t size = len(body)
    cdef unsigned long long total = 0
    cdef Py_ssize_t i
    if not body:
        raise ValueError("there is no body to sum up")
    with nogil:
        for i in range(size):
            total += data[i]
    x.add_header(b"x-size", b"%d" % size)
    return b'{"checksum":%d}' % total


cdef bytes whoami(Exchange x):
    """Answer as plain text with what the client says about itself."""
    agent = x.header(b"user-agent")
    name = x.query("name")
    x.set_media_type(b"text/plain; charset=utf-8")
    if name is None:
        x.set_status(400)
        return b"who?"
    return b"%b with %b" % (name.encode(), agent if agent is not None else b"nothing")


# A handler as an object, for `native=` of a route that Python declares.
WHOAMI = wrap_handler("whoami", whoami)


def install(app):
    """Add the routes of this module to *app*."""
    cdef Server server = app.native_server
    server.add_route("GET", "/ultra-fast", ultra_fast)
    server.add_route("GET", "/add/{a:int}/{b:int}", add, {"summary": "Add two numbers"})
    server.add_route("POST", "/checksum", checksum, {"tags": ["bytes"]})
