"""Plain iterators on the loop: what Starlette's ``iterate_in_threadpool`` does, step by step."""

import contextvars
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette import concurrency, responses

import fasterapi.responses  # noqa: F401 - exchanges Starlette's methods
from fasterapi._speedups.iteration import iterate_in_threadpool

IMPLEMENTATIONS = (concurrency.iterate_in_threadpool, iterate_in_threadpool)
VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
Iterate = Callable[[Any], AsyncIterator[Any]]
pytestmark = pytest.mark.anyio
BOTH = pytest.mark.parametrize("iterate", IMPLEMENTATIONS)


class Ended(StopIteration):
    pass


def steps(items: list[Any], error: BaseException | None, log: list[str]) -> Iterator[Any]:
    for item in items:
        log.append(f"make {item}")
        yield item
    if error is not None:
        raise error


async def observed(iterate: Iterate, items: list[Any], error: Any, stop: int) -> list[str]:
    """Return what happens, in order, until *stop* items have been taken."""
    log: list[str] = []
    source = steps(items, error, log)
    taken = 0
    try:
        async for item in iterate(source):
            log.append(f"take {item}")
            taken += 1
            if taken == stop:
                break
    except Exception as raised:
        log.append(f"{type(raised).__name__} {raised}")
    log.append("left" if source.gi_frame is not None else "over")  # type: ignore[attr-defined]
    return log


@given(
    st.lists(st.integers() | st.none(), max_size=4),
    st.sampled_from([None, ValueError("no"), KeyError(1), RuntimeError("x")]),
    st.integers(1, 5),
)
def test_items_errors_and_their_order(items: list[Any], error: Any, stop: int) -> None:
    async def main() -> None:
        expected, found = [await observed(one, items, error, stop) for one in IMPLEMENTATIONS]
        assert found == expected

    anyio.run(main)


class Odd:
    """An iterator that ends in an unusual way."""

    def __iter__(self) -> "Odd":
        return self

    def __next__(self) -> int:
        raise Ended("value")


@BOTH
async def test_any_end_of_an_iterator_is_its_end(iterate: Iterate) -> None:
    assert [item async for item in iterate(Odd())] == []


@BOTH
async def test_what_cannot_be_iterated_is_refused(iterate: Iterate) -> None:
    with pytest.raises(TypeError, match="'int' object is not iterable"):
        await anext(iterate(5))


@BOTH
async def test_steps_run_in_threads_with_a_copy_of_the_context(iterate: Iterate) -> None:
    def source() -> Iterator[Any]:
        while True:
            seen = VARIABLE.get()
            VARIABLE.set("of the thread")
            yield threading.current_thread() is threading.main_thread(), seen

    VARIABLE.set("first")
    items = iterate(source())
    assert await anext(items) == (False, "first")
    VARIABLE.set("second")
    assert await anext(items) == (False, "second")
    assert VARIABLE.get() == "second"


@BOTH
async def test_a_cancelled_step_ends_before_the_cancellation(iterate: Iterate) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def source() -> Iterator[Any]:
        begun.set()
        may_end.wait(10)
        yield 1
        yield 2

    taken: list[Any] = []
    async with anyio.create_task_group() as tasks:

        async def take() -> None:
            async for item in iterate(source()):
                taken.append(item)  # noqa: PERF401 - what has come before it was cancelled

        tasks.start_soon(take)
        await anyio.to_thread.run_sync(begun.wait)
        tasks.cancel_scope.cancel()
        may_end.set()
    assert taken == [1]


def test_on_trio_too() -> None:
    async def main() -> list[Any]:
        return [item async for item in iterate_in_threadpool([1, 2])]

    assert anyio.run(main, backend="trio") == [1, 2]


async def test_streaming_responses_use_it() -> None:
    made = responses.StreamingResponse([b"a"])
    assert inspect.isasyncgen(made.body_iterator)
    assert made.body_iterator.ag_code is iterate_in_threadpool.__code__  # type: ignore[attr-defined]
    assert [item async for item in made.body_iterator] == [b"a"]


async def test_a_replaced_iterate_in_threadpool_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(responses, "iterate_in_threadpool", lambda content: ("mine", content))
    assert responses.StreamingResponse([b"a"]).body_iterator == ("mine", [b"a"])  # type: ignore[comparison-overlap]
