"""Exit stacks: what a request has entered, and leaves in the opposite order.

Request path: generators (a dependency has begun), exchange (a program looks at its scope) ->
[here] -> closing.
Reference implementation: `contextlib.AsyncExitStack`.

FastAPI shows exit stacks in every scope, and few programs look. What the framework enters lies in
a list of `Exit` objects until one does; from then on the program's stack holds them.
"""

cimport cython
from fasterapi._speedups.stepping cimport Rest, begin

import sys
from collections import deque
from contextlib import AsyncExitStack

cdef extern from "Python.h":
    object PyObject_GenericGetDict(object instance, void* context)

# The name under which an exit stack keeps what it has to close.
cdef str CALLS = [
    name for name, value in vars(AsyncExitStack()).items() if type(value) is deque
][0]
cdef object PUSH = AsyncExitStack.push_async_exit


cdef class Exit:
    """Something that was entered, and how it is left."""

    cdef object leave(self, object error):
        """Return whether *error*, if there is one, goes no further; or an awaitable of that."""
        raise NotImplementedError

    async def __aexit__(self, error_type, error, traceback):
        """Do the same for an exit stack."""
        is_swallowed = self.leave(error)
        return is_swallowed if type(is_swallowed) is bool else await is_swallowed


cdef class LentStacks:
    """The exit stacks of one request."""


cdef LentStacks lent_stacks():
    """Return three new exit stacks."""
    cdef LentStacks lent = LentStacks.__new__(LentStacks)
    lent.outer = new_stack()
    lent.inner = new_stack()
    lent.function = new_stack()
    return lent


cdef StackCore new_stack():
    """Return a new exit stack."""
    return NEW_STACK(COMPILED_STACK)


cdef class StackCore:
    """An exit stack, the compiled half of it.

    PERF: what `AsyncExitStack.__init__` makes is made when it is first asked for.
    """

    cdef bint is_used(self):
        """Return whether there may be something to close."""
        return self.calls is not None or self.exits is not None

    cdef int push(self, Exit exit) except -1:
        """Have *exit* left before everything that is there."""
        if self.calls is not None:
            PUSH(self, exit)
        elif self.exits is None:
            self.exits = [exit]
        else:
            self.exits.append(exit)
        return 0


async def leave_all(StackCore stack not None, error):
    """Leave everything that *stack* holds, because of *error* if there is one.

    Returns:
        The exception that is left over, None if there is none. What an exit raises takes the
        place of the former one, and has it as its context, as with nested ``async with``.
    """
    cdef Exit exit
    while stack.exits:
        exit = stack.exits.pop()
        failure = None
        try:
            is_swallowed = exit.leave(error)
            if type(is_swallowed) is not bool:
                is_swallowed = begin(is_swallowed)
                if type(is_swallowed) is Rest:
                    is_swallowed = await is_swallowed
            if is_swallowed:
                error = None
        except BaseException as other:
            failure = other
        if failure is not None:
            link(failure, error)
            error = failure
    if stack.calls is not None:
        error = await leave_calls(stack, error)
    return error


async def leave_calls(StackCore stack not None, error):
    """Close what the program has been shown, like `leave_all`."""
    try:
        if error is None:
            await stack.__aexit__(None, None, None)
        elif await stack.__aexit__(type(error), error, error.__traceback__):
            return None
    except BaseException as other:
        return other
    return error


cdef int link(object error, object former) except -1:
    """See to it that the chain of contexts of *error* goes on with *former*."""
    outside = sys.exception()
    while True:
        context = error.__context__
        if context is None or context is former:
            return 0
        if context is outside:
            break
        error = context
    error.__context__ = former
    return 0


@cython.final
cdef class LateCalls:
    """Where an exit stack keeps what it has to close, made when it is first asked for."""

    def __get__(self, StackCore stack, owner):
        if stack is None:
            raise AttributeError(CALLS)
        stack.calls = deque()
        (<dict>PyObject_GenericGetDict(stack, NULL))[CALLS] = stack.calls
        if stack.exits is not None:
            for exit in stack.exits:
                PUSH(stack, exit)
            stack.exits = None
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
