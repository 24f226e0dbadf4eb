"""The first step of a coroutine, taken by a call instead of an `await`.

Request path: plan, dispatch, http_serve -> [here] -> a handler, a dependency, a middleware.
Reference implementation: `await`.

PERF: most handlers do not wait. `await` wraps their coroutine and catches an exception to learn
its result, also then: 1200 instructions more than a call.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF

cdef extern from *:
    """
    #define STEP_STOPPED 2

    /* PERF: also PyIter_Send, but the end of an async generator is a result, not an exception. */
    static int step_generator(PyObject *awaitable, PyObject **result) {
        int status = PyIter_Send(awaitable, Py_None, result);
        if (status == PYGEN_ERROR && PyErr_ExceptionMatches(PyExc_StopAsyncIteration)) {
            PyErr_Clear();
            status = STEP_STOPPED;
        }
        return status;
    }
    """
    int STEP_STOPPED
    int step_generator(object awaitable, PyObject** result) except -1

cdef extern from "Python.h":
    int PYGEN_NEXT
    int PyIter_Send(object iterator, object value, PyObject** result) except -1
    bint PyCoro_CheckExact(object given)
    bint PyAsyncGen_CheckExact(object given)


async def nothing():
    """Do nothing; its type is that of all compiled coroutines."""


cdef object compiled_coroutine():
    coroutine = nothing()
    coroutine.close()
    return type(coroutine)


cdef object COMPILED = compiled_coroutine()

cdef object ANEXT = anext
cdef object STOPPED = object()


@cython.final
cdef class Rest:
    """What is left of a coroutine that has begun, and waits for something; to be awaited once."""

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self.send(None)

    def send(self, value):
        """Go on with *value*; return what is waited for next."""
        if self.is_given:
            return self.coroutine.send(value)
        self.is_given = True
        first = self.first
        self.first = None
        return first

    def throw(self, *error):
        """Raise an exception where the coroutine waits."""
        self.is_given = True
        self.first = None
        return self.coroutine.throw(*error)

    def close(self):
        """End the coroutine where it waits."""
        self.coroutine.close()


cdef object begin(object awaitable):
    """Return what *awaitable* returns, or a `Rest` of it that has to be awaited.

    Nobody may have begun it, and nobody else awaits it: it comes from a call just made.
    """
    cdef PyObject* result = NULL
    if not PyCoro_CheckExact(awaitable) and type(awaitable) is not COMPILED:
        awaitable = awaited(awaitable)
    if PyIter_Send(awaitable, None, &result) == PYGEN_NEXT:
        return rest_of(awaitable, taken(result))
    return taken(result)


cdef object begin_next(object generator):
    """Return what an async generator yields next, a `Rest` of that, or `STOPPED` at its end.

    To await the `Rest` raises StopAsyncIteration at the end.
    """
    cdef PyObject* result = NULL
    cdef int status
    awaitable = ANEXT(generator)
    if not PyAsyncGen_CheckExact(generator):
        awaitable = awaited(awaitable)
    status = step_generator(awaitable, &result)
    if status == STEP_STOPPED:
        return STOPPED
    value = taken(result)
    return rest_of(awaitable, value) if status == PYGEN_NEXT else value


cdef Rest rest_of(object coroutine, object first):
    """Return what is left of *coroutine*, which waits for *first*."""
    cdef Rest rest = Rest.__new__(Rest)
    rest.coroutine = coroutine
    rest.first = first
    return rest


cdef inline object taken(PyObject* result):
    """Return an object whose reference was ours."""
    value = <object>result
    Py_DECREF(value)
    return value


async def awaited(awaitable):
    """Make a coroutine of anything that can be awaited."""
    return await awaitable


async def finished(awaitable):
    """Await through `begin`, for the comparison of both ways.

    Args:
        awaitable: Anything that can be awaited, and has not begun.

    Returns:
        What it returns.
    """
    value = begin(awaitable)
    return await value if type(value) is Rest else value
