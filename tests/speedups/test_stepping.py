"""Coroutines begun by hand behave as under `await`, whatever they do."""

import asyncio
import contextvars
import gc
import types
import warnings

import pytest

from fasterapi._speedups.stepping import Rest, finished

VARIABLE = contextvars.ContextVar("VARIABLE", default="unset")


async def by_await(awaitable):
    return await awaitable


async def at_once():
    return "value"


async def returns_nothing():
    pass


async def after_turns():
    for _ in range(3):
        await asyncio.sleep(0)
    return "late"


async def after_a_while():
    return await asyncio.sleep(0.001, "slept")


async def raises():
    raise LookupError("at once")


async def raises_later():
    await asyncio.sleep(0)
    raise LookupError("later")


async def raises_stop():
    raise StopIteration("a value that is none")  # becomes RuntimeError


async def returns_exception():
    return StopIteration("the value")


async def in_a_group():
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asyncio.sleep(0, "from the group"))
    return task.result()


async def under_a_timeout():
    try:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(60)
    except TimeoutError:
        return "timed out", asyncio.current_task().cancelling()


async def catches_cancellation():
    asyncio.get_running_loop().call_soon(asyncio.current_task().cancel, "reason")
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError as error:
        asyncio.current_task().uncancel()
        return error.args


async def is_cancelled():
    asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)
    await asyncio.sleep(60)


async def sets_a_variable():
    VARIABLE.set("set")
    await asyncio.sleep(0)
    return VARIABLE.get()


@types.coroutine
def by_generator():
    yield
    return "generated"


class Awaitable:
    def __await__(self):
        yield
        return "awaited"


def a_future():
    future = asyncio.get_running_loop().create_future()
    future.get_loop().call_soon(future.set_result, "from the future")
    return future


def nothing_to_await():
    return 5


CASES = [
    *(at_once, returns_nothing, after_turns, after_a_while, raises, raises_later, raises_stop),
    *(returns_exception, in_a_group, under_a_timeout, catches_cancellation, is_cancelled),
    *(sets_a_variable, by_generator, Awaitable, a_future, nothing_to_await),
]


async def outcome(way, case):
    """Return what awaiting gives or raises, and what it leaves behind."""
    task = asyncio.current_task()
    try:
        value = await way(case())
    except BaseException as error:
        chain = type(error.__context__), type(error.__cause__)
        return type(error), str(error), chain, VARIABLE.get(), asyncio.current_task() is task
    return repr(value), VARIABLE.get(), asyncio.current_task() is task


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_as_await(case):
    theirs = asyncio.run(outcome(by_await, case))
    ours = asyncio.run(outcome(finished, case))
    assert ours == theirs


def test_compiled_coroutines_too():
    async def both():
        return await finished(finished(after_turns()))

    assert asyncio.run(both()) == "late"


def test_what_waits_can_be_closed():
    closed = []

    async def waits():
        try:
            await asyncio.sleep(60)
        finally:
            closed.append(True)

    async def main():
        coroutine = finished(waits())
        coroutine.send(None)
        coroutine.close()

    asyncio.run(main())
    assert closed == [True]


def test_what_is_dropped_is_closed():
    closed = []

    async def waits():
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            closed.append(True)

    async def main():
        finished(waits()).send(None)
        gc.collect()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())
    assert closed == [True]


def test_traceback_shows_the_function():
    with pytest.raises(LookupError) as caught:
        asyncio.run(finished(raises_later()))
    assert caught.traceback[-1].name == "raises_later"


def test_nobody_else_makes_one():
    with pytest.raises(AttributeError):
        Rest().throw(LookupError)
