"""Background tasks run in their order, in a thread if they would block."""

import threading

import pytest

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


async def test_error_ends_the_list_and_is_not_swallowed() -> None:
    calls: list[int] = []
    tasks = BackgroundTasks()
    tasks.add_task(calls.index, 1)
    tasks.add_task(calls.append, 2)
    with pytest.raises(ValueError, match="not in list"):
        await tasks()
    assert calls == []
