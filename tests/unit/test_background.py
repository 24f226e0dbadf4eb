"""Background tasks run in their order, in a thread if they would block."""

import functools
import threading
from typing import Any

import pytest
from starlette.background import BackgroundTask

from fasterapi._speedups.handoff import run_background
from fasterapi.background import BackgroundTasks

pytestmark = pytest.mark.anyio


async def test_functions_are_called_in_their_order() -> None:
    calls: list[tuple[object, bool]] = []

    def note(value: object) -> None:
        calls.append((value, threading.current_thread() is threading.main_thread()))

    async def note_here(*, value: object) -> None:
        note(value)

    tasks = BackgroundTasks()
    tasks.add_task(note, 1)
    tasks.add_task(note_here, value=2)
    await tasks()
    assert calls == [(1, False), (2, True)]


@pytest.mark.parametrize("kind", [BackgroundTasks, BackgroundTask])
async def test_plain_functions_run_in_our_threads(kind: Any) -> None:
    names = []

    def note() -> None:
        names.append(threading.current_thread().name)

    if kind is BackgroundTask:
        await run_background(BackgroundTask(note))
    else:
        tasks = BackgroundTasks()
        tasks.add_task(note)
        await tasks()
    assert names == ["FasterAPI worker thread"]


async def test_error_ends_the_list_and_is_not_swallowed() -> None:
    calls: list[int] = []
    tasks = BackgroundTasks()
    tasks.add_task(calls.index, 1)
    tasks.add_task(calls.append, 2)
    with pytest.raises(ValueError, match="not in list"):
        await tasks()
    assert calls == []


class Called:
    async def __call__(self) -> None: ...

    async def method(self) -> None: ...

    def plain(self) -> None: ...


async def coroutine() -> None: ...


def marked() -> None: ...


marked._is_coroutine = True  # type: ignore[attr-defined]


@functools.wraps(coroutine)
def wrapping() -> Any:
    return coroutine()


FUNCTIONS: tuple[Any, ...] = (
    coroutine, marked, wrapping, Called, Called(), Called().method, Called().plain,
    functools.partial(coroutine), functools.partial(Called().method), int, len, [].append,
    lambda: None, threading.current_thread,
)  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS)
def test_tasks_are_made_as_starlette_makes_them(function: Any) -> None:
    tasks = BackgroundTasks()
    tasks.add_task(function, 1, a=2)
    assert vars(tasks.tasks[0]) == vars(BackgroundTask(function, 1, a=2))


def test_a_replaced_constructor_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    original = BackgroundTask.__init__

    def note(self: BackgroundTask, *args: Any, **kwargs: Any) -> None:
        made.append(args)
        original(self, *args, **kwargs)

    monkeypatch.setattr(BackgroundTask, "__init__", note)
    BackgroundTasks().add_task(len, "x")
    assert made == [(len, "x")]
