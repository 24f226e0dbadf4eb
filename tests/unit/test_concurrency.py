"""Blocking context managers in threads, and limits of concurrent use."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest

from fasterapi.concurrency import (
    _contextmanager_with_concurrency_limit,
    _DependencyConcurrency,
    contextmanager_in_threadpool,
)


class Recorder:
    def __init__(self, handles: bool = False) -> None:
        self.handles = handles
        self.threads: list[threading.Thread] = []
        self.errors: list[BaseException | None] = []

    def __enter__(self) -> str:
        self.threads.append(threading.current_thread())
        return "value"

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> bool:
        self.threads.append(threading.current_thread())
        self.errors.append(error)
        return self.handles


pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"]),
]


async def test_enters_and_leaves_in_a_thread() -> None:
    recorder = Recorder()
    async with contextmanager_in_threadpool(recorder) as value:
        assert value == "value"
    assert threading.current_thread() not in recorder.threads
    assert recorder.errors == [None]


async def test_error_reaches_the_manager_and_goes_on() -> None:
    recorder = Recorder()
    with pytest.raises(ZeroDivisionError) as caught:
        async with contextmanager_in_threadpool(recorder):
            _ = 1 / 0
    assert recorder.errors == [caught.value]


async def test_error_that_the_manager_handles_ends_there() -> None:
    async with contextmanager_in_threadpool(Recorder(handles=True)):
        _ = 1 / 0


async def test_error_of_the_manager_replaces_the_first() -> None:
    @contextmanager
    def translating() -> Iterator[None]:
        try:
            yield
        except ZeroDivisionError as error:
            raise KeyError from error

    with pytest.raises(KeyError):
        async with contextmanager_in_threadpool(translating()):
            _ = 1 / 0


async def test_leaves_although_cancelled_and_although_all_threads_are_taken() -> None:
    recorder = Recorder()
    limiter = anyio.to_thread.current_default_thread_limiter()
    with anyio.CancelScope() as scope:
        async with contextmanager_in_threadpool(recorder):
            tokens, limiter.total_tokens = limiter.total_tokens, 1
            await limiter.acquire_on_behalf_of(recorder)
            scope.cancel()
    limiter.release_on_behalf_of(recorder)
    limiter.total_tokens = tokens
    assert len(recorder.errors) == 1


async def test_semaphore_limits_those_inside() -> None:
    declared = _DependencyConcurrency(2)
    assert declared.get_semaphore() is declared.get_semaphore()
    assert declared.get_semaphore() is not _DependencyConcurrency(2).get_semaphore()
    inside = most = 0
    two_are_inside = anyio.Event()

    async def use() -> None:
        nonlocal inside, most
        manager = contextmanager_in_threadpool(Recorder())
        async with _contextmanager_with_concurrency_limit(manager, declared.get_semaphore()):
            inside += 1
            most = max(most, inside)
            if inside == 2:
                two_are_inside.set()
            await two_are_inside.wait()
            inside -= 1

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(use)
    assert most == 2
