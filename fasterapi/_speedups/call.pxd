"""Calling with arguments that lie in a list: no dict, no tuple, no binding by name."""

from cpython.object cimport PyObject


cdef extern from "Python.h":
    object PyObject_Vectorcall(
        object callable, PyObject** arguments, size_t count, PyObject* names
    )
    PyObject** PySequence_Fast_ITEMS(object sequence)


cdef inline object call_list(object callable, list arguments, tuple names):
    """Return ``callable(*arguments)``, the last ``len(names)`` of them passed by name.

    The list owns the arguments during the call, so the borrowed pointers stay valid; the
    callers never hand the list to anybody else.
    """
    cdef size_t positional = <size_t>(len(arguments) - len(names))
    return PyObject_Vectorcall(
        callable,
        PySequence_Fast_ITEMS(arguments),
        positional,
        <PyObject*>names if names else NULL,
    )
