"""Seconds for one CPU-bound call and for two at once, in threads and outside of the GIL.

Run: ``python bench/micro/executors.py``, on a machine with two idle cores.
"""

import asyncio
import platform
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from fasterapi._speedups.handoff import run_in_thread
from fasterapi.executors import executors_of
from tests.unit.executor_work import spin

COUNT = 10_000_000
REPEATS = 5


async def measure(call: Callable[[int], Awaitable[object]]) -> tuple[float, float]:
    """Return the least seconds for one call and for two at once."""
    await asyncio.gather(call(1_000_000), call(1_000_000))  # both workers are there then
    one, two = [], []
    for _ in range(REPEATS):
        began = time.perf_counter()
        await call(COUNT)
        between = time.perf_counter()
        await asyncio.gather(call(COUNT), call(COUNT))
        one.append(between - began)
        two.append(time.perf_counter() - between)
    return min(one), min(two)


async def main() -> None:
    """Print a row for each executor."""

    def remote(kind: str) -> Callable[[int], Awaitable[object]]:
        place = (spin.__module__, spin.__name__)
        return lambda count: executors_of().pool(kind).run(place, {"count": count})

    print(f"CPython {platform.python_version()}, {platform.machine()}")
    print(f"{'':<14}{'one':>8}{'two':>8}{'two/one':>9}")
    calls = {"thread": lambda count: run_in_thread(spin, count), "process": remote("process")}
    if sys.version_info >= (3, 13):
        calls["interpreter"] = remote("interpreter")
    for name, call in calls.items():
        one, two = await measure(call)
        print(f"{name:<14}{one:>8.3f}{two:>8.3f}{two / one:>9.2f}")
    executors_of().end()


if __name__ == "__main__":
    asyncio.run(main())
