"""Instances filled in without a call of ``__init__``.

`PyObject_GenericSetDict` would be shorter, but CPython 3.13.0 then finds no attribute of a class
whose values lie inside of the instance; the descriptor ``__dict__`` does what an assignment does.
"""

cdef extern from *:
    """
    static inline PyObject *fasterapi_new(PyObject *cls, PyObject *arguments) {
        return ((PyTypeObject *)cls)->tp_new((PyTypeObject *)cls, arguments, NULL);
    }
    static inline int fasterapi_set_slot(PyObject *slot, PyObject *instance, PyObject *value) {
        return Py_TYPE(slot)->tp_descr_set(slot, instance, value);
    }
    """
    # What `cls.__new__(cls)` gives; *arguments* is an empty tuple.
    object new_instance "fasterapi_new"(object cls, object arguments)
    # Like `slot.__set__(instance, value)`; *slot* must be a descriptor in C of a base class.
    int set_slot "fasterapi_set_slot"(object slot, object instance, object value) except -1
