# cython: language_level=3
"""Compiled handlers that do what they must not; see tests/integration/test_native_example.py."""

from fasterapi.native cimport Exchange, Handler, Server, wrap_handler

cdef list kept = []
SAME = KeyError("the same one")


cdef bytes keep(Exchange x):
    kept.append(x)
    return b"kept"


cdef bytes use_kept(Exchange x):
    return (<Exchange>kept[0]).body()


cdef bytes nothing(Exchange x):
    return None


cdef bytes split(Exchange x):
    x.add_header(b"x-a", b"b\r\nx-c: d")
    return b""


cdef bytes length(Exchange x):
    x.add_header(b"Content-Length", b"5")
    return b""


cdef bytes wrong_status(Exchange x):
    x.set_status(99)
    return b""


cdef bytes no_name(Exchange x):
    return x.header(None)


cdef bytes again(Exchange x):
    raise SAME


cdef bytes leave(Exchange x):
    raise SystemExit(3)


cdef bytes refused(Exchange x):
    from fasterapi import HTTPException
    raise HTTPException(418, "teapot")


cdef bytes empty(Exchange x):
    x.set_status(204)
    return b""


cdef bytes seen(Exchange x):
    """Answer with all that there is to see."""
    x.add_header(b"X-Own", b"1")
    return repr((
        x.method(), x.path(), x.query_string(), x.query("a"), x.query("z"), x.header(b"X-In"),
        x.header_values(b"x-IN"), x.path_param("name"), x.path_param("none"), x.body(),
    )).encode()


def install(app):
    """Add a route below /misuse for each of them."""
    cdef Server server = app.native_server
    server.add_route("GET", "/misuse/keep", keep)
    server.add_route("GET", "/misuse/use_kept", use_kept)
    server.add_route("GET", "/misuse/nothing", nothing)
    server.add_route("GET", "/misuse/split", split)
    server.add_route("GET", "/misuse/length", length)
    server.add_route("GET", "/misuse/wrong_status", wrong_status)
    server.add_route("GET", "/misuse/no_name", no_name)
    server.add_route("GET", "/misuse/again", again)
    server.add_route("GET", "/misuse/leave", leave)
    server.add_route("GET", "/misuse/refused", refused)
    server.add_route("GET", "/misuse/empty", empty)
    server.add_route("POST", "/seen/{name}", seen, {"status_code": 201})


def wrap_null():
    """Try to wrap no function at all."""
    cdef Handler handler = NULL
    return wrap_handler("null", handler)
