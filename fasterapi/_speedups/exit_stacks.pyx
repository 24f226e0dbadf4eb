"""Exit stacks that FastAPI shows in every scope, and that few programs use.

Request path: exchange (a program looks at its scope) -> [here].
Reference implementation: `contextlib.AsyncExitStack`.
"""

cimport cython

from collections import deque
from contextlib import AsyncExitStack

cdef extern from "Python.h":
    object PyObject_GenericGetDict(object instance, void* context)

# The name under which an exit stack keeps what it has to close.
cdef str CALLS = [
    name for name, value in vars(AsyncExitStack()).items() if type(value) is deque
][0]


cdef class LentStacks:
    """The exit stacks in one scope."""


cdef LentStacks lent_stacks():
    """Return three new exit stacks."""
    cdef LentStacks lent = LentStacks.__new__(LentStacks)
    lent.outer = NEW_STACK(COMPILED_STACK)
    lent.inner = NEW_STACK(COMPILED_STACK)
    lent.function = NEW_STACK(COMPILED_STACK)
    return lent


cdef class StackCore:
    """An exit stack that has nothing to close yet: the compiled half of it.

    PERF: what `AsyncExitStack.__init__` makes is made when it is first asked for.
    """


@cython.final
cdef class LateCalls:
    """Where an exit stack keeps what it has to close, made when it is first asked for."""

    def __get__(self, StackCore stack, owner):
        if stack is None:
            raise AttributeError(CALLS)
        stack.calls = deque()
        (<dict>PyObject_GenericGetDict(stack, NULL))[CALLS] = stack.calls
        return stack.calls


COMPILED_STACK = type(AsyncExitStack)(
    "AsyncExitStack",
    (StackCore, AsyncExitStack),
    {
        CALLS: LateCalls(),
        "__module__": AsyncExitStack.__module__,
        "__doc__": AsyncExitStack.__doc__,
    },
)
cdef object NEW_STACK = COMPILED_STACK.__new__
