"""Measures one application in this process; `asgi.py` starts a fresh process for each.

Every application is driven in the same way, inside a running loop, as a server would: a scope of
its own for each request, a `receive` that gives the body once and then waits, a `send`.
"""

import asyncio
import importlib
import json
import logging
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise

from counter import InstructionCounter
from more_workloads import MORE
from workloads import WORKLOADS, Call, Workload

PATIENCE_S = 20
CALIBRATION_REQUESTS = 100


class Host:
    """What stands in for the server: it starts an application and sends requests to it."""

    def __init__(self, app: Callable) -> None:
        self.app = app
        self.state: dict = {}
        self._events: asyncio.Queue = asyncio.Queue()
        self._answered: asyncio.Queue = asyncio.Queue()

    async def start(self) -> None:
        """Run the application's start-up; one that knows no lifespan is served all the same."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}

        async def live() -> None:
            try:
                await self.app(scope, self._events.get, self._answered.put)
            finally:
                await self._answered.put({"type": "lifespan.startup.unsupported"})

        self._life = asyncio.create_task(live())
        await self._events.put({"type": "lifespan.startup"})
        answer = await asyncio.wait_for(self._answered.get(), PATIENCE_S)
        if answer["type"] == "lifespan.startup.failed":
            raise RuntimeError(f"start-up failed: {answer.get('message')}")

    async def answer(self, call: Call) -> list[dict]:
        """Return the messages that *call* is answered with."""
        messages: list[dict] = []

        async def send(message: dict) -> None:
            messages.append(message)

        await asyncio.wait_for(self.repeated(call, send)(1), PATIENCE_S)
        return messages

    async def check(self, workload: Workload, *, canned: bool) -> None:
        """Raise ValueError if an answer is wrong; *canned* ones know only the driven request."""
        for call in (workload.driven, *(() if canned else workload.also)):
            fault = call.fault(await self.answer(call))
            if fault:
                raise ValueError(fault)

    def repeated(self, call: Call, send: Callable) -> Callable[[int], Awaitable[None]]:
        """Return a coroutine function that sends *call* a number of times, one after the other."""
        app, state, base = self.app, self.state, call.scope()
        headers = base["headers"]
        message = {"type": "http.request", "body": call.body, "more_body": False}
        forever = asyncio.get_running_loop().create_future
        unread = True

        async def receive() -> dict:
            nonlocal unread
            if unread:
                unread = False
                return message
            return await forever()

        async def run(times: int) -> None:
            nonlocal unread
            for _ in range(times):
                unread = True
                scope = base.copy()
                scope["headers"] = headers.copy()
                scope["state"] = state.copy()
                await app(scope, receive, send)

        return run


async def discard(_message: dict) -> None:
    """Take an answer, as a server would, and do nothing with it."""


async def timings(run: Callable, batches: int, batch_s: float) -> tuple[list[float], int]:
    """Return µs of CPU a request for each batch, and the size of a batch."""
    clock, count = time.process_time, CALIBRATION_REQUESTS
    while True:  # also the warm-up: about half a batch altogether
        began = clock()
        await run(count)
        taken = clock() - began
        if taken > batch_s / 4:
            break
        count *= 2
    count = max(CALIBRATION_REQUESTS, int(count * batch_s / taken))
    found = []
    for _ in range(batches):
        began = clock()
        await run(count)
        found.append((clock() - began) / count * 1e6)
    return found, count


async def instructions(counter: InstructionCounter | None, run: Callable, count: int) -> int | None:
    """Return instructions a request: the difference between *count* and twice as many."""
    if counter is None:
        return None
    readings = [counter.read()]
    for times in (count, 2 * count):
        await run(times)
        readings.append(counter.read())
    once, twice = (after - before for before, after in pairwise(readings))
    return round((twice - once) / count)


async def measured(
    host: Host, name: str, options: dict, counter: InstructionCounter | None
) -> dict:
    """Return the figures of one workload, or what was wrong with its answers."""
    workload = (WORKLOADS | MORE)[name]
    run = host.repeated(workload.driven, discard)
    try:
        await host.check(workload, canned=options["canned"])
        found, count = await timings(run, options["batches"], options["batch_s"])
        executed = await instructions(counter, run, min(count, options["counted"]))
        await host.check(workload, canned=options["canned"])
    except Exception as error:
        return {"fault": f"{type(error).__name__}: {error}"}
    return {
        "us": min(found),
        "median_us": statistics.median(found),
        "requests": count * len(found),
        "instructions": executed,
    }


async def main(options: dict) -> None:
    """Print the figures of one application as a line of JSON."""
    try:
        counter = InstructionCounter()  # before there are threads, so that it sees them
    except OSError:
        counter = None
    module = importlib.import_module(options["module"])
    host = Host(getattr(module, options["application"])())
    await host.start()
    figures = {name: await measured(host, name, options, counter) for name in options["workloads"]}
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    try:
        from uvloop import run as run_loop
    except ImportError:
        from asyncio import run as run_loop
    run_loop(main(json.loads(sys.argv[1])))
