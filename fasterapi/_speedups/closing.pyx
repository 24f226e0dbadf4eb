"""Exit stacks of a request: what is to be closed after its answer.

Request path: plan -> dispatch (answer) -> [here].
Reference implementation: `fasterapi.routing.sessions.request_response`.
"""

cimport cython
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.exit_stacks cimport Exit, StackCore, new_stack

from fasterapi._speedups.exit_stacks import leave_all
from fasterapi._speedups.handoff import run_background


async def settle(Exchange x not None):
    """Close what ends with the endpoint, and prepare to close the rest.

    The route is done, the answer is not sent yet.
    """
    if x.lent.function.is_used():
        error = await leave_all(x.lent.function, None)
        if error is not None:
            raise error
    x.adopt_stacks()


async def settle_with(Exchange x not None, error, lost_response):
    """Do the same because of *error*; return the exception to go on with.

    Args:
        x: The exchange.
        error: What the route has raised.
        lost_response: Function giving the exception for one that a stack swallowed.
    """
    if x.lent.function.is_used():
        error = await leave_all(x.lent.function, error) or lost_response()
    x.adopt_stacks()
    if x.stacks:
        error = await close_inner_with(x, error, lost_response)
    return error


async def close_stacks(Exchange x not None):
    """Close the stacks after the answer was sent."""
    while x.stacks:
        error = await leave_all(x.stacks.pop(0), None)
        if error is not None:
            raise error


async def close_inner_with(Exchange x not None, error, lost_response):
    """Close the innermost stack because of *error*; return what is to be raised."""
    return await leave_all(x.stacks.pop(0), error) or lost_response()


async def close_with(Exchange x not None, error, lost_response):
    """Close all stacks because of *error*; return what is to be raised."""
    x.adopt_stacks(True)
    while x.stacks:
        error = await close_inner_with(x, error, lost_response)
    return error


cdef int raise_unchanged(object error) except -1:
    """Raise *error*, with the context that it has rather than what is being handled now."""
    context = error.__context__
    try:
        raise error
    finally:
        error.__context__ = context
    return 0


cdef int keep_task(Exchange x, object background) except -1:
    """Have background tasks run after the last answer, whatever middleware makes of this one."""
    cdef TaskAfterMiddleware task
    if background is not None:
        task = TaskAfterMiddleware.__new__(TaskAfterMiddleware)
        task.task = background
        if not x.stacks:
            x.stacks = [new_stack()]
        (<StackCore>x.stacks[0]).push(task)
        if x.kept_tasks is None:
            x.kept_tasks = []
        x.kept_tasks.append(task)
    return 0


cdef int drop_tasks(Exchange x, Py_ssize_t kept) except -1:
    """Forget the background tasks that were kept after the first *kept* ones."""
    cdef TaskAfterMiddleware task
    if x.kept_tasks is not None:
        for task in x.kept_tasks[kept:]:
            task.task = None
    return 0


@cython.final
cdef class TaskAfterMiddleware(Exit):
    """Background tasks of an answer that went through middleware, to put on an exit stack."""

    cdef object task

    cdef object leave(self, object error):
        return False if error is not None or self.task is None else run_task(self.task)


async def run_task(task):
    """Run background tasks; no exception goes no further because of them."""
    await run_background(task)
    return False
