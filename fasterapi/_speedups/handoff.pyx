"""Calls in worker threads: who awaits what, and what cancelling does.

Request path: plan, hop -> [here] -> threads -> [here] -> plan.
Reference implementation: `anyio.to_thread.run_sync`, which answers in our place wherever the
running loop is not asyncio's.
"""

cimport cython
from cpython.contextvars cimport PyContext_CopyCurrent
from fasterapi._speedups.threads cimport CallJob, Job, ThreadPool

import asyncio
import atexit
import logging
import os
import time

from anyio import CancelScope, CapacityLimiter, to_thread
from anyio.lowlevel import checkpoint_if_cancelled
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from fasterapi._speedups import anyio_bridge
from fasterapi._speedups.anyio_bridge import cancel_scope_of, leave_loop

logger = logging.getLogger("fasterapi.threads")

cdef double EXIT_S = 5.0  # the interpreter waits so long for calls that are still running

cdef object RUN_TASK = BackgroundTask.__call__
cdef object get_running_loop = asyncio.get_running_loop
cdef object current_task = asyncio.current_task
CancelledError = asyncio.CancelledError

cdef dict TASK_STATES = {}  # anyio's, from the first pool of threads on
cdef bint HAS_SNIFFIO = anyio_bridge.HAS_SNIFFIO

cdef dict POOLS = {}      # event loop -> its ThreadPool
cdef ThreadPool latest = None


cdef ThreadPool current_pool():
    """Return the running loop's threads; None if it is not asyncio's."""
    global latest, TASK_STATES
    cdef ThreadPool pool = latest
    try:
        loop = get_running_loop()
    except RuntimeError:
        return None
    if pool is None or pool.loop is not loop:
        if current_task() is None:
            return None  # trio as a guest of asyncio
        pool = POOLS.get(loop)
        if pool is None:
            for other in list(POOLS):
                if other.is_closed():
                    stop_pool(POOLS.pop(other, None))
            TASK_STATES = anyio_bridge.task_states()
            pool = POOLS[loop] = ThreadPool(loop)
        latest = pool
    return pool


cdef bint is_in_cancel_scope() except -1:
    """Return whether anyio may cancel the current task; true wherever that is not known."""
    if current_pool() is None:
        return True
    return bool(TASK_STATES) and cancel_scope_of(current_task()) is not None


cdef int stop_pool(ThreadPool pool) except -1:
    """Let the threads of a closed loop end."""
    if pool is not None:
        pool.stop()
    return 0


def thread_pool():
    """Return the running loop's `ThreadPool`; None where anyio's threads do its work."""
    return current_pool()


cdef object copy_for_thread():
    """Return a copy of the current context for work in a thread."""
    context = PyContext_CopyCurrent()
    if HAS_SNIFFIO:
        leave_loop(context)
    return context


cdef object submit(ThreadPool pool, Job job):
    """Queue *job* and return an awaitable of its end, which raises what the job raised."""
    if TASK_STATES:
        job.cancel_scope = cancel_scope_of(current_task())
        if job.cancel_scope is not None:
            return submit_checked(pool, job)
    pool.submit(job)
    return join(pool, job)


async def submit_checked(ThreadPool pool not None, Job job not None):
    """Queue *job* unless its task's scope is cancelled, and wait for its end."""
    await checkpoint_if_cancelled()
    pool.submit(job)
    await join(pool, job)


async def join(ThreadPool pool not None, Job job not None):
    """Wait for the end of *job*.

    COMPAT: cancelling as with `anyio.to_thread.run_sync`. What no thread has begun never begins.
    A cancel scope waits for a call that runs; ``task.cancel()`` leaves it alone in its thread.
    """
    try:
        await job.future
    except CancelledError as reason:
        if give_up_queued(pool, job) or not is_from_scope(reason):
            job.is_abandoned = True
            raise
        await join_shielded(pool, job)
    if job.error is not None:
        error = job.error
        job.error = None
        if isinstance(error, StopIteration):
            raise RuntimeError("coroutine raised StopIteration") from error
        raise error


async def join_shielded(ThreadPool pool not None, Job job not None):
    """Wait for the end of *job*, whatever becomes of the scopes around."""
    try:
        with CancelScope(shield=True):
            while not job.is_finished:
                job.future = pool.loop.create_future()
                await job.future
    except CancelledError:
        job.is_abandoned = True
        raise


cdef bint give_up_queued(ThreadPool pool, Job job) except -1:
    """Drop *job* if no thread has begun it; return whether that is so."""
    cdef bint is_queued
    with cython.critical_section(pool):
        is_queued = not job.is_started
        if is_queued:
            job.is_abandoned = True
    return is_queued


cdef bint is_from_scope(object error) except -1:
    """Return whether a cancel scope cancelled, rather than ``task.cancel()``."""
    while isinstance(error, CancelledError):
        if error.args and str(error.args[0]).startswith("Cancelled via cancel scope "):
            return True
        error = error.__context__
    return False


async def run_in_thread(call, *arguments, **keywords):
    """Return what *call* returns, called in a worker thread with a copy of the context."""
    cdef ThreadPool pool = current_pool()
    cdef CallJob job
    if pool is None:
        return await run_in_threadpool(call, *arguments, **keywords)
    job = CallJob.__new__(CallJob)
    job.context = copy_for_thread()
    job.call = call
    job.arguments = arguments
    job.keywords = keywords
    await submit(pool, job)
    return job.value


async def run_background(task not None):
    """Run a background task; a plain function's in one of our threads."""
    if type(task) is BackgroundTask and not task.is_async and BackgroundTask.__call__ is RUN_TASK:
        await run_in_thread(task.func, *task.args, **task.kwargs)
    else:
        await task()


async def run_at_once(call, *arguments):
    """Return what *call* returns, in a thread of its own where the shared ones are all busy."""
    cdef ThreadPool pool = current_pool()
    cdef CallJob job
    if pool is None or not pool.has_room():
        return await to_thread.run_sync(call, *arguments, limiter=CapacityLimiter(1))
    job = CallJob.__new__(CallJob)
    job.is_urgent = True
    job.context = copy_for_thread()
    job.call = call
    job.arguments = arguments
    job.keywords = {}
    await submit(pool, job)
    return job.value


def running_calls():
    """Return the functions that worker threads of this process are calling now."""
    return [call for pool in list(POOLS.values()) for call in (<ThreadPool>pool).running()]


def forget_threads():
    """Begin anew in a forked child, which has the loop's objects but none of its threads."""
    global latest
    latest = None
    POOLS.clear()


def await_calls():
    """Give calls that still run a last while at the interpreter's end, and name the rest."""
    deadline = time.monotonic() + EXIT_S
    while running_calls() and time.monotonic() < deadline:
        time.sleep(0.01)
    for call in running_calls():
        logger.warning(
            "call did not return, the process ends without it function=%s",
            getattr(call, "__qualname__", call),
        )


atexit.register(await_calls)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_threads)
