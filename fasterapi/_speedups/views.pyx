"""Headers and query parameters as programs see them, made from what a request has read already.

Request path: exchange (a program asks its request) -> [here].
Reference implementation: `starlette.datastructures`.
"""

from cpython.object cimport PyObject

import sys
from abc import ABCMeta
from types import FunctionType

from starlette.datastructures import Headers, QueryParams

cdef extern from "Python.h":
    object PyObject_GenericGetDict(object instance, void* context)

    ctypedef struct TypeObject "PyTypeObject":
        unsigned int tp_version_tag

cdef str LIST = "_list"
cdef str DICT = "_dict"


cdef class Watch:
    """Tells whether a class of Starlette's is as it was written.

    Monitoring packages and tests replace methods, at any time.

    Args:
        owner: The class.
        names: Attributes that count.
    """

    def __init__(self, owner not None, tuple names not None):
        self.owner = owner
        self.names = names

    cdef bint is_pristine(self) except -1:
        """Return whether all attributes are the class's own.

        PERF: CPython gives a class another version with each change, and 0 until it is next
        looked at; while that stands, so does the former answer.
        """
        cdef TypeObject* owner = <TypeObject*><PyObject*>self.owner
        if owner.tp_version_tag == 0 or owner.tp_version_tag != self.tag:
            getattr(self.owner, "__init__")  # gives it a version
            self.tag = owner.tp_version_tag
            self.was_pristine = all([is_own(self.owner, name) for name in self.names])
        return self.was_pristine


def is_own(owner, name):
    """Return whether attribute *name* of a class was defined in the module of its class."""
    for cls in owner.__mro__:
        if name in vars(cls):
            found = vars(cls)[name]
            if isinstance(found, property):
                found = found.fget
            return (
                isinstance(found, FunctionType)
                and found.__globals__ is vars(sys.modules[cls.__module__])
            )
    return False


cdef class HeadersCore:
    """Look-ups in header fields; everything else is Starlette's class."""

    def __getitem__(self, key):
        value = first_value(self, key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key):
        return first_value(self, key) is not None

    def get(self, key, default=None):
        """Return the value of the first field called *key*, or *default*."""
        value = first_value(self, key)
        return default if value is None else value

    def getlist(self, key):
        """Return the values of all fields called *key*."""
        cdef bytes wanted = key.lower().encode("latin-1")
        return [
            value.decode("latin-1")
            for name, value in PyObject_GenericGetDict(self, NULL)[LIST]
            if name == wanted
        ]


cdef object first_value(HeadersCore headers, object key):
    """Return the value of the first field called *key*, None if there is none."""
    cdef bytes wanted = key.lower().encode("latin-1")
    for name, value in PyObject_GenericGetDict(headers, NULL)[LIST]:
        if name == wanted:
            return value.decode("latin-1")
    return None


cdef object make_headers(list raw):
    """Return headers that show *raw*, not a copy of it."""
    if not HEADERS_WATCH.is_pristine():
        return Headers(raw=raw)
    headers = NEW_HEADERS(COMPILED_HEADERS)
    (<dict>PyObject_GenericGetDict(headers, NULL))[LIST] = raw
    return headers


cdef object make_query(list pairs):
    """Return the parameters that *pairs* of names and values are."""
    if not IS_KNOWN_QUERY or not QUERY_WATCH.is_pristine():
        return QueryParams(pairs)
    return filled(NEW_QUERY(QueryParams), pairs)


cdef object filled(object collection, list pairs):
    """Return one of Starlette's collections, nobody having initialised it, with *pairs* in it."""
    cdef dict attributes = PyObject_GenericGetDict(collection, NULL)
    attributes[DICT] = dict(pairs)
    attributes[LIST] = list(pairs)
    return collection


def rebuilt(headers):
    """Return what copies and pickles of *headers* are: Starlette's."""
    return Headers.__new__, (Headers,), dict(vars(headers))


COMPILED_HEADERS = ABCMeta(
    "Headers",
    (HeadersCore, Headers),
    {
        "__module__": Headers.__module__,
        "__doc__": Headers.__doc__,
        "__reduce_ex__": lambda headers, protocol: rebuilt(headers),
    },
)
cdef object NEW_HEADERS = COMPILED_HEADERS.__new__
cdef object NEW_QUERY = QueryParams.__new__
cdef bint IS_KNOWN_QUERY = vars(QueryParams("a=1&a=2")) == {
    LIST: [("a", "1"), ("a", "2")], DICT: {"a": "2"}
}

cdef Watch HEADERS_WATCH = Watch(
    Headers, ("__init__", "__getitem__", "__contains__", "get", "getlist")
)
cdef Watch QUERY_WATCH = Watch(QueryParams, ("__init__",))
