# cython: language_level=3
"""A function that is no handler: the compiler refuses it."""

from fasterapi.native cimport Server


cdef int wrong(int x):
    return x


def install(app):
    cdef Server server = app.native_server
    server.add_route("GET", "/", wrong)
