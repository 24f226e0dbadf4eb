"""Calls in worker threads; `anyio.to_thread.run_sync` is the reference."""

import asyncio
import random
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
import uvloop
from anyio import from_thread, to_thread
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from fasterapi._speedups.handoff import run_at_once, run_in_thread, running_calls, thread_pool

FACTORIES = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
PATIENCE_S = 30

Main = Callable[[], Awaitable[Any]]
value: ContextVar[int] = ContextVar("value", default=0)


@pytest.fixture(params=FACTORIES)
def run(request: pytest.FixtureRequest) -> Any:
    def run_main(main: Main) -> Any:
        with asyncio.Runner(loop_factory=FACTORIES[request.param]) as runner:
            return runner.run(asyncio.wait_for(main(), PATIENCE_S))

    return run_main


def limiter() -> Any:
    return to_thread.current_default_thread_limiter()


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


class Oops(BaseException):
    pass


def act(kind: str, number: int) -> Any:
    """Do one of the things that functions do."""
    if kind == "raise":
        raise ValueError(number)
    if kind == "base":
        raise Oops(number)
    if kind == "stop":
        raise StopIteration(number)
    if kind == "set":
        value.set(number)
    if kind == "loop":
        return from_thread.run_sync(lambda: (number, value.get()))
    if kind == "coroutine":
        return from_thread.run(read_value)
    return kind, number, value.get()


async def read_value() -> int:
    return value.get()


async def outcome(call: Callable[..., Awaitable[Any]], kind: str, number: int) -> Any:
    try:
        return "value", await call(act, kind, number), value.get()
    except BaseException as error:
        cause = None if error.__cause__ is None else type(error.__cause__)
        return type(error), str(error), cause, value.get()


ACTS = st.tuples(
    st.sampled_from(["return", "raise", "base", "stop", "set", "loop", "coroutine"]),
    st.integers(0, 9),
)


@settings(max_examples=60, deadline=None)
@given(acts=st.lists(ACTS, max_size=12), before=st.integers(0, 3))
def test_outcomes_are_those_of_anyio(acts: list[tuple[str, int]], before: int) -> None:
    async def main() -> None:
        value.set(before)
        for kind, number in acts:
            ours = await outcome(run_in_thread, kind, number)
            assert ours == await outcome(to_thread.run_sync, kind, number)

    asyncio.run(main())


def test_arguments_go_by_position_and_by_name(run: Any) -> None:
    async def main() -> Any:
        return await run_in_thread(sorted, [1, 3, 2], reverse=True)

    assert run(main) == [3, 2, 1]


def test_thread_is_one_of_anyios_in_its_eyes(run: Any) -> None:
    def work(loop: asyncio.AbstractEventLoop) -> Any:
        from_thread.check_cancelled()
        future = asyncio.run_coroutine_threadsafe(read_value(), loop)
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return future.result(), from_thread.run(to_thread.run_sync, lambda: 5)

    async def main() -> Any:
        return await run_in_thread(work, asyncio.get_running_loop())

    assert run(main) == (0, 5)


def test_nothing_of_a_call_is_left_in_its_thread(run: Any) -> None:
    name: ContextVar[str] = ContextVar("name", default="nobody")

    def call(mine: str) -> tuple[int, str, bool]:
        before = name.get()
        name.set(mine)
        try:
            from_thread.check_cancelled()
        except BaseException:
            return threading.get_ident(), before, True
        return threading.get_ident(), before, False

    async def main() -> None:
        first = await run_in_thread(call, "first")
        with anyio.CancelScope() as scope:
            asyncio.get_running_loop().call_soon(scope.cancel)
            await run_in_thread(call, "cancelled")
        after = await run_in_thread(call, "after")
        assert first == after == (first[0], "nobody", False)
        assert name.get() == "nobody"

    run(main)


def test_short_calls_need_few_threads(run: Any) -> None:
    seen = set()

    async def client() -> None:
        for _ in range(100):
            seen.add(await run_in_thread(threading.get_ident))

    async def main() -> None:
        await asyncio.gather(*[client() for _ in range(40)])

    run(main)
    assert len(seen) < 20


def test_calls_fail_where_no_thread_can_be_started(run: Any, monkeypatch: Any) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            outcomes = await asyncio.gather(
                *[run_in_thread(int) for _ in range(3)], return_exceptions=True
            )
        assert [str(error) for error in outcomes] == ["can't start new thread"] * 3
        assert await run_in_thread(int) == 0
        assert limiter().borrowed_tokens <= 1

    run(main)


def test_calls_that_wait_for_each_other_all_run(run: Any) -> None:
    async def main() -> None:
        barrier = threading.Barrier(40)
        await asyncio.gather(*[run_in_thread(barrier.wait, PATIENCE_S) for _ in range(40)])

    run(main)


def test_tokens_of_the_limiter_are_held_while_calls_run(run: Any) -> None:
    async def main() -> None:
        event = threading.Event()
        calls = [asyncio.ensure_future(run_in_thread(event.wait)) for _ in range(3)]
        await until(lambda: limiter().borrowed_tokens == 3)
        event.set()
        await asyncio.gather(*calls)
        await until(lambda: limiter().borrowed_tokens == 0)

    run(main)


def test_limit_holds_and_can_be_raised_meanwhile(run: Any) -> None:
    async def main() -> None:
        limiter().total_tokens = 2
        event = threading.Event()
        calls = [asyncio.ensure_future(run_in_thread(event.wait)) for _ in range(12)]
        await until(lambda: len(running_calls()) == 2)
        for _ in range(20):
            await asyncio.sleep(0.001)
            assert len(running_calls()) == 2
        limiter().total_tokens = 100
        await until(lambda: len(running_calls()) == 12)
        event.set()
        await asyncio.gather(*calls)

    run(main)


@pytest.mark.parametrize("total", [1, 2])
def test_users_of_anyio_get_their_turn(run: Any, total: int) -> None:
    async def main() -> None:
        limiter().total_tokens = total
        is_over = False

        async def flood() -> None:
            while not is_over:
                await run_in_thread(time.sleep, 0.0005)

        floods = [asyncio.ensure_future(flood()) for _ in range(10)]
        for _ in range(20):
            await to_thread.run_sync(time.sleep, 0.0005)
        is_over = True
        await asyncio.gather(*floods)
        await until(lambda: limiter().borrowed_tokens == 0)

    run(main)


def test_calls_wait_while_all_tokens_are_lent_to_others(run: Any) -> None:
    async def main() -> Any:
        limiter().total_tokens = 1
        async with limiter():
            call = asyncio.ensure_future(run_in_thread(lambda: 1))
            await asyncio.sleep(0.01)
            assert not call.done()
        return await call

    assert run(main) == 1


def test_task_that_is_cancelled_leaves_its_call_alone(run: Any) -> None:
    async def main() -> None:
        event, is_done = threading.Event(), threading.Event()
        call = asyncio.ensure_future(run_in_thread(lambda: (event.wait(), is_done.set())))
        await until(lambda: len(running_calls()) == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not is_done.is_set()
        event.set()
        await until(is_done.is_set)

    run(main)


def test_cancelled_scope_waits_for_a_call_that_runs(run: Any) -> None:
    async def main() -> list[Any]:
        event, seen = threading.Event(), []
        with anyio.CancelScope() as scope:
            asyncio.get_running_loop().call_later(0.01, scope.cancel)
            asyncio.get_running_loop().call_later(0.03, event.set)
            seen.append(await run_in_thread(event.wait))
            await anyio.lowlevel.checkpoint()
            seen.append("not reached")
        return seen

    assert run(main) == [True]


@pytest.mark.parametrize("by_scope", [True, False])
def test_call_that_no_thread_has_begun_is_dropped(run: Any, by_scope: bool) -> None:
    async def main() -> list[int]:
        limiter().total_tokens = 1
        event, done = threading.Event(), []
        first = asyncio.ensure_future(run_in_thread(event.wait))
        await until(lambda: len(running_calls()) == 1)
        if by_scope:
            with anyio.move_on_after(0.005):
                await run_in_thread(done.append, 1)
        else:
            second = asyncio.ensure_future(run_in_thread(done.append, 1))
            await asyncio.sleep(0)
            second.cancel()
            await asyncio.wait([second])
        event.set()
        await first
        await run_in_thread(done.append, 2)
        return done

    assert run(main) == [2]


def test_scope_that_is_cancelled_already_begins_nothing(run: Any) -> None:
    async def main() -> list[int]:
        done: list[int] = []
        with anyio.CancelScope() as scope:
            scope.cancel()
            await run_in_thread(done.append, 1)
        return done

    assert run(main) == []


def test_thread_sees_that_its_scope_is_cancelled(run: Any) -> None:
    def work() -> None:
        while True:
            from_thread.check_cancelled()
            time.sleep(0.001)

    async def main() -> bool:
        with anyio.move_on_after(0.01) as scope:
            await run_in_thread(work)
        return scope.cancelled_caught

    assert run(main)


def test_queue_with_a_bound_refuses_what_is_beyond(run: Any) -> None:
    async def main() -> None:
        pool = thread_pool()
        assert pool is not None
        limiter().total_tokens = 2
        pool.configure(max_queued=3)
        event = threading.Event()
        calls = [asyncio.ensure_future(run_in_thread(event.wait)) for _ in range(9)]
        await until(lambda: len(running_calls()) == 2)
        refused = [call for call in calls if call.done()]
        assert len(refused) == 4
        for call in refused:
            with pytest.raises(HTTPException) as caught:
                call.result()
            assert caught.value.status_code == 503
        event.set()
        await asyncio.gather(*set(calls).difference(refused))

    run(main)


def test_threads_that_wait_for_the_loop_in_a_circle_are_named(run: Any, caplog: Any) -> None:
    gate = threading.Event()

    async def needs_a_thread() -> None:
        await run_in_thread(int)

    def calls_back() -> None:
        from_thread.run(needs_a_thread)

    async def main() -> None:
        limiter().total_tokens = 2
        thread_pool().configure(stall_s=0.01)
        calls = [asyncio.ensure_future(run_in_thread(call)) for call in (calls_back, gate.wait)]
        await until(lambda: "deadlock" in caplog.text)
        gate.set()
        await asyncio.gather(*calls)

    run(main)
    (line,) = [record.getMessage() for record in caplog.records if record.name.endswith("threads")]
    name = f"{test_threads_that_wait_for_the_loop_in_a_circle_are_named.__name__}.<locals>"
    assert f"threads=2 waiting_calls=1 functions=Event.wait, {name}.calls_back; 1 of them" in line
    assert line.endswith(f"needs a worker thread: {name}.calls_back")


def test_call_at_once_does_not_wait_for_the_shared_threads(run: Any) -> None:
    async def main() -> Any:
        assert await run_at_once(divmod, 7, 2) == (3, 1)
        limiter().total_tokens = 1
        event = threading.Event()
        call = asyncio.ensure_future(run_in_thread(event.wait))
        await until(lambda: len(running_calls()) == 1)
        others = [asyncio.ensure_future(run_in_thread(int)) for _ in range(3)]
        await run_at_once(event.set)
        await asyncio.gather(call, *others)
        with pytest.raises(ZeroDivisionError):
            await run_at_once(divmod, 1, 0)

    run(main)


def test_every_call_has_one_end_whatever_is_cancelled(run: Any) -> None:
    """Two hundred thousand calls of this passed; here are fewer."""
    ends: list[str] = []

    def work(number: int) -> int:
        if number % 97 == 0:
            time.sleep(0.001)
        if number % 89 == 0:
            raise ValueError(number)
        return number

    async def one(number: int) -> None:
        try:
            assert await run_in_thread(work, number) == number
        except ValueError as error:
            assert error.args == (number,)  # noqa: PT017  either end is right
        ends.append("end")

    async def client(seed: int) -> None:
        chance = random.Random(seed)
        for number in range(300):
            kind = chance.random()
            if kind < 0.8:
                await one(number)
            elif kind < 0.9:
                with anyio.move_on_after(chance.random() * 0.001):
                    await one(number)
            else:
                task = asyncio.ensure_future(one(number))
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])

    async def main() -> None:
        await asyncio.gather(*[client(seed) for seed in range(32)])
        await until(lambda: limiter().borrowed_tokens == 0)

    run(main)
    assert len(ends) > 0.7 * 300 * 32


@pytest.mark.parametrize("factory", FACTORIES.values(), ids=FACTORIES)
def test_threads_end_with_their_loop(factory: Any) -> None:
    before = threading.active_count()
    loop = factory()

    async def main() -> list[Any]:
        tasks = [asyncio.ensure_future(run_in_thread(time.sleep, 0.02)) for _ in range(60)]
        await asyncio.sleep(0.005)
        return tasks

    tasks = loop.run_until_complete(main())
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()  # while threads still sleep
    deadline = time.monotonic() + PATIENCE_S
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.005)
    assert threading.active_count() <= before


def test_each_loop_has_threads_of_its_own() -> None:
    def program() -> None:
        async def main() -> None:
            for number in range(200):
                assert await run_in_thread(lambda number=number: number) == number

        asyncio.run(main())

    threads = [threading.Thread(target=program) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_anyio_does_the_work_on_another_loop() -> None:
    async def main() -> Any:
        assert thread_pool() is None
        return await run_in_thread(divmod, 7, 2)

    pytest.importorskip("trio")
    assert anyio.run(main, backend="trio") == (3, 1)


def execute(program: str, timeout: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_forked_child_begins_anew() -> None:
    done = execute(
        "import asyncio, os, warnings\n"
        "from fasterapi._speedups.handoff import run_in_thread\n"
        "warnings.simplefilter('ignore')\n"
        "async def main():\n"
        "    return await asyncio.gather(*[run_in_thread(int, n) for n in range(50)])\n"
        "asyncio.run(main())\n"
        "child = os.fork()\n"
        "asyncio.run(main())\n"
        "if child:\n"
        "    print(os.waitpid(child, 0)[1])\n"
    )
    assert done.stdout == "0\n", done.stderr


def test_call_that_never_returns_is_named_and_left_behind() -> None:
    done = execute(
        "import asyncio, logging, threading\n"
        "from fasterapi._speedups import handoff\n"
        "logging.basicConfig()\n"
        "def endless():\n"
        "    threading.Event().wait()\n"
        "async def main():\n"
        "    task = asyncio.ensure_future(handoff.run_in_thread(endless))\n"
        "    await asyncio.sleep(0.05)\n"
        "asyncio.run(main())\n"
        "print('over')\n"
    )
    assert (done.stdout, done.returncode) == ("over\n", 0)
    assert "process ends without it function=endless" in done.stderr


def test_call_that_is_late_is_awaited_at_exit() -> None:
    done = execute(
        "import asyncio, time\n"
        "from fasterapi._speedups import handoff\n"
        "def late():\n"
        "    time.sleep(0.3)\n"
        "    print('written')\n"
        "async def main():\n"
        "    task = asyncio.ensure_future(handoff.run_in_thread(late))\n"
        "    await asyncio.sleep(0.05)\n"
        "asyncio.run(main())\n"
    )
    assert (done.stdout, done.stderr) == ("written\n", "")
