"""Microseconds for a plain function called in a worker thread, against anyio's threads.

Run: ``python bench/micro/handoff.py``. Both clock and CPU time of the process are shown: what a
call costs the other requests is its CPU time.
"""

import asyncio
import platform
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop
from anyio import to_thread

from fasterapi._speedups.handoff import run_in_thread

CALLS, REPEATS = 6_000, 5
BLOCKING_S = 0.02

Run = Callable[..., Awaitable[Any]]


def short() -> int:
    return 1


def blocking() -> None:
    time.sleep(BLOCKING_S)


async def drive(run: Run, function: Callable[[], Any], concurrent: int, calls: int) -> None:
    """Call *function* *calls* times, *concurrent* at once."""

    async def client() -> None:
        for _ in range(calls // concurrent):
            await run(function)

    await asyncio.gather(*[client() for _ in range(concurrent)])


async def measure(run: Run, concurrent: int) -> tuple[float, float]:
    """Return the least of several rounds: clock and CPU time of a call."""
    await drive(run, short, concurrent, 200)
    rounds = []
    for _ in range(REPEATS):
        began, used = time.perf_counter(), time.process_time()
        await drive(run, short, concurrent, CALLS)
        rounds.append((time.perf_counter() - began, time.process_time() - used))
    return tuple(min(column) / CALLS * 1e6 for column in zip(*rounds, strict=True))  # type: ignore[return-value]


async def measure_blocking(run: Run) -> float:
    """Return the seconds that 1,000 blocking calls take, all begun at once."""
    began = time.perf_counter()
    await drive(run, blocking, 1000, 1000)
    return time.perf_counter() - began


def main() -> None:
    """Print a row for each event loop and number of concurrent calls."""
    print(f"CPython {platform.python_version()}, {platform.machine()}")
    print(f"{'':<22}{'us':>9}{'CPU us':>9}{'anyio us':>11}{'CPU us':>9}{'times':>8}")
    for name, factory in (("asyncio", asyncio.new_event_loop), ("uvloop", uvloop.new_event_loop)):
        with asyncio.Runner(loop_factory=factory) as runner:
            for concurrent in (1, 8, 64):
                ours = runner.run(measure(run_in_thread, concurrent))
                theirs = runner.run(measure(to_thread.run_sync, concurrent))
                print(
                    f"{f'{name}, {concurrent} at once':<22}{ours[0]:>9.1f}{ours[1]:>9.1f}"
                    f"{theirs[0]:>11.1f}{theirs[1]:>9.1f}{theirs[1] / ours[1]:>8.1f}"
                )
            ours_s = runner.run(measure_blocking(run_in_thread))
            theirs_s = runner.run(measure_blocking(to_thread.run_sync))
            least_s = BLOCKING_S * 1000 / 40
            print(
                f"{name}: 1,000 calls of {BLOCKING_S} s, 40 threads: {ours_s:.3f} s, "
                f"anyio {theirs_s:.3f} s, at least {least_s:.3f} s"
            )


if __name__ == "__main__":
    main()
