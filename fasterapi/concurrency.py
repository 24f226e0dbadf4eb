"""Worker threads, and how dependencies with an exit are entered and left."""

import inspect
import sys
from collections.abc import AsyncGenerator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
)
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from anyio import CancelScope, Semaphore
from anyio.lowlevel import RunVar, checkpoint_if_cancelled
from starlette.concurrency import (
    iterate_in_threadpool,
    run_in_threadpool,
    run_until_first_complete,
)
from starlette.types import Receive, Scope, Send

from fasterapi._speedups.handoff import run_at_once, run_in_thread

__all__ = (
    "asynccontextmanager",
    "contextmanager_in_threadpool",
    "iterate_in_threadpool",
    "run_in_threadpool",
    "run_until_first_complete",
)

_T = TypeVar("_T")


def coroutine_function(method: Any) -> Any:
    """Make *method*, which returns an awaitable, a coroutine function for who asks.

    Servers tell ASGI 3 applications by that. PERF: a coroutine whose only act is to await
    another costs 0.15 us of each request.
    """
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(method)

    @wraps(method)
    async def call(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        await method(self, scope, receive, send)

    return call


async def _leave_in_thread(
    manager: AbstractContextManager[_T],
    error_type: type[BaseException] | None,
    error: BaseException | None,
    traceback: TracebackType | None,
) -> bool:
    # Not behind others: were the exit to wait for one of the shared threads, and those
    # for what it gives back (a pooled connection, say), nothing would move any more.
    # Shielded: a cancelled request must still release what it holds.
    with CancelScope(shield=True):
        is_handled = await run_at_once(manager.__exit__, error_type, error, traceback)
    return bool(is_handled)


@asynccontextmanager
async def contextmanager_in_threadpool(
    cm: AbstractContextManager[_T],
) -> AsyncGenerator[_T, None]:
    """Enter and leave a blocking context manager in worker threads.

    Args:
        cm: The context manager; it is left only if it could be entered.
    """
    value = await run_in_thread(cm.__enter__)
    try:
        yield value
    except BaseException as error:
        if not await _leave_in_thread(cm, type(error), error, error.__traceback__):
            raise
    else:
        await _leave_in_thread(cm, None, None, None)


@asynccontextmanager
async def _asynccontextmanager_with_shielded_exit(
    cm: AbstractAsyncContextManager[_T], cleanup_scope: CancelScope
) -> AsyncGenerator[_T, None]:
    """Shield *cleanup_scope* from cancellation while *cm* is left.

    The scope is the caller's, entered before *cm*: scopes that *cm* itself opens then
    still end in the reverse of the order in which they began, as anyio demands.
    """
    shield_before = cleanup_scope.shield
    try:
        async with cm as value:
            try:
                yield value
            finally:
                cleanup_scope.shield = True
    finally:
        cleanup_scope.shield = shield_before
    # Inside the shield a task group of *cm* may have swallowed the cancellation.
    await checkpoint_if_cancelled()


# A semaphore belongs to one event loop; weak, so that a declaration can be collected.
_dependency_semaphores: RunVar[WeakKeyDictionary["_DependencyConcurrency", Semaphore]] = RunVar(
    "fasterapi_dependency_semaphores"
)


class _DependencyConcurrency:
    """How many uses of one declared dependency may be open at a time.

    Args:
        max_concurrency: The number, 1 or more.
    """

    def __init__(self, max_concurrency: int) -> None:
        self.max_concurrency = max_concurrency

    def get_semaphore(self) -> Semaphore:
        """Return the running event loop's semaphore for this declaration."""
        semaphores = _dependency_semaphores.get(None)
        if semaphores is None:
            semaphores = WeakKeyDictionary()
            _dependency_semaphores.set(semaphores)
        if self not in semaphores:
            semaphores[self] = Semaphore(self.max_concurrency)
        return semaphores[self]


@asynccontextmanager
async def _contextmanager_with_concurrency_limit(
    cm: AbstractAsyncContextManager[_T], semaphore: Semaphore
) -> AsyncGenerator[_T, None]:
    """Hold *semaphore* from before *cm* is entered until after it is left."""
    async with semaphore, cm as value:
        yield value
