"""Exit stacks of a request: what is to be closed after its answer.

Request path: plan -> dispatch (answer) -> [here].
Reference implementation: `fasterapi.routing.sessions.request_response`.
"""

cimport cython
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.exit_stacks cimport LentStacks

from contextlib import AsyncExitStack

from fasterapi._speedups.handoff import run_background


async def settle(Exchange x not None):
    """Close, and prepare to close, what a program has pushed onto the stacks in its scope.

    The route is done, the answer is not sent yet.
    """
    cdef LentStacks lent = x.lent
    x.adopt_stacks()
    if lent is not None and lent.function.calls is not None:
        await lent.function.__aexit__(None, None, None)


async def settle_with(Exchange x not None, error, lost_response, close):
    """Do the same because of *error*; return the exception to go on with.

    Args:
        x: The exchange.
        error: What the route has raised.
        lost_response: Function giving the exception for one that a stack swallowed.
        close: Async function ``(x, error)`` that closes the innermost stack because of it.
    """
    cdef LentStacks lent = x.lent
    x.adopt_stacks()
    if lent is not None and lent.function.calls is not None:
        try:
            if await lent.function.__aexit__(type(error), error, error.__traceback__):
                error = lost_response()
        except Exception as other:
            error = other
    if x.request_stack is not None:
        error = await close(x, error)
    return error


async def close_stack(Exchange x not None):
    """Close the stacks after the answer was sent."""
    while x.request_stack is not None:
        stack = x.request_stack
        x.request_stack = x.outer_stack
        x.outer_stack = None
        await stack.__aexit__(None, None, None)


cdef int keep_task(Exchange x, object background) except -1:
    """Have background tasks run after the last answer, whatever middleware makes of this one."""
    if background is not None:
        if x.request_stack is None:
            x.request_stack = AsyncExitStack()
        task = TaskAfterMiddleware(background)
        if x.kept_tasks is None:
            x.kept_tasks = []
        x.kept_tasks.append(task)
        x.request_stack.push_async_exit(task)
    return 0


cdef int drop_tasks(Exchange x, Py_ssize_t kept) except -1:
    """Forget the background tasks that were kept after the first *kept* ones."""
    cdef TaskAfterMiddleware task
    if x.kept_tasks is not None:
        for task in x.kept_tasks[kept:]:
            task.task = None
    return 0


@cython.final
cdef class TaskAfterMiddleware:
    """Background tasks of an answer that went through middleware, to put on an exit stack."""

    cdef object task

    def __cinit__(self, task):
        self.task = task

    async def __aexit__(self, error_type, error, traceback):
        if error is None and self.task is not None:
            await run_background(self.task)
        return False
