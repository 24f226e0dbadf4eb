"""A bounded queue of calls, done on the event loop and in its worker threads."""

import asyncio
import logging
import random
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec

from anyio import from_thread

from fasterapi._speedups.handoff import run_in_thread
from fasterapi.exceptions import UsageError
from fasterapi.tasks.config import TaskConfig
from fasterapi.tasks.task import Task, TaskQueueFull

__all__ = ("TaskQueue", "TaskSender")

P = ParamSpec("P")

logger = logging.getLogger("fasterapi.tasks")


class TaskSender:
    """Adds tasks with options of their own.

    Args:
        queue: The queue they go to.
        retries: How often such a task is tried again.
        backoff_s: Seconds before the first of these.
    """

    def __init__(self, queue: "TaskQueue", retries: int, backoff_s: float) -> None:
        self._queue, self._retries, self._backoff_s = queue, retries, backoff_s

    def add(self, function: Callable[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> Task:
        """Queue a call, from a coroutine or from a thread, and return it.

        Args:
            function: A function, called in a worker thread, or a coroutine function.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.

        Raises:
            TaskQueueFull: As many as may wait do already, or the app has ended.
        """
        task = Task(function, args, kwargs, self._retries, self._backoff_s)
        self._queue._enter(task)  # noqa: SLF001
        return task

    async def put(self, function: Callable[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> Task:
        """Do the same, but wait for room where there is none."""
        while True:
            try:
                return self.add(function, *args, **kwargs)
            except TaskQueueFull:
                await self._queue._room()  # noqa: SLF001


class TaskQueue(TaskSender):
    """Calls to make apart from the requests, some at a time, in the order they were added.

    It lives in this process's memory: what must survive the process belongs to a queue that
    is stored elsewhere.

    Args:
        config: How the work is done.
    """

    def __init__(self, config: TaskConfig) -> None:
        super().__init__(self, config.retries, config.backoff_s)
        self.config = config
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queued: deque[Task] = deque()
        self._delayed: dict[Task, asyncio.TimerHandle] = {}
        self._running: dict[Task, asyncio.Task[None]] = {}
        self._waiters: list[asyncio.Future[None]] = []  # until something changes
        self._is_closed = False
        # Guards what threads see: the queue's length and whether it takes anything.
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many tasks are not done."""
        return len(self._queued) + len(self._delayed) + len(self._running)

    def with_options(
        self, *, retries: int | None = None, backoff_s: float | None = None
    ) -> TaskSender:
        """Return what adds tasks to this queue with options of their own.

        Args:
            retries: How often such a task is tried again; None as the queue's.
            backoff_s: Seconds before the first of these; None as the queue's.

        Raises:
            UsageError: A value is out of range.
        """
        checked = TaskConfig(
            retries=self.config.retries if retries is None else retries,
            backoff_s=self.config.backoff_s if backoff_s is None else backoff_s,
        )
        return TaskSender(self, checked.retries, checked.backoff_s)

    async def join(self) -> None:
        """Wait until all tasks are done or have failed for good."""
        while len(self):
            await self._change()

    def open(self) -> None:
        """Take tasks again; the app calls it when it starts."""
        self._is_closed = False

    async def drain(self) -> None:
        """Wait for what is not done, as long as the configuration says, and name the rest."""
        try:
            if len(self):
                async with asyncio.timeout(self.config.drain_s):
                    await self.join()
        except TimeoutError:
            pass
        finally:
            self._close()

    # --- adding

    def _enter(self, task: Task) -> None:
        loop, is_here = self._find_loop()
        with self._lock:
            if self._is_closed:
                raise TaskQueueFull("The application is ending")
            if len(self._queued) + len(self._delayed) >= self.config.max_queued:
                raise TaskQueueFull
            self._queued.append(task)
        if is_here:
            self._begin_some()
        else:
            loop.call_soon_threadsafe(self._begin_some)

    def _find_loop(self) -> tuple[asyncio.AbstractEventLoop, bool]:
        """Return the loop that does the work, and whether it runs in this thread."""
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if self._loop is None or self._loop.is_closed():
            self._lose_all()
            try:
                self._loop = here or from_thread.run_sync(asyncio.get_running_loop)
            except RuntimeError:
                raise UsageError(
                    "tasks are added by handlers, or by other threads once a task was added or "
                    "the app was started, and need asyncio"
                ) from None
        return self._loop, self._loop is here

    async def _room(self) -> None:
        if self._is_closed:
            raise TaskQueueFull("The application is ending")
        if len(self._queued) + len(self._delayed) >= self.config.max_queued:
            await self._change()

    async def _change(self) -> None:
        """Wait until a task has begun or ended."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            raise UsageError("the tasks belong to another event loop")
        waiter = loop.create_future()
        self._waiters.append(waiter)
        await waiter

    def _announce(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # --- doing; all of it on the loop

    def _begin_some(self) -> None:
        loop = self._loop
        while loop is not None and self._queued and len(self._running) < self.config.workers:
            task = self._queued.popleft()
            task.state = "running"
            task.attempts += 1
            doing = loop.create_task(_do(task), context=task.context)
            self._running[task] = doing
            doing.add_done_callback(partial(self._ended, task))
            self._announce()

    def _ended(self, task: Task, _: "asyncio.Task[None]") -> None:
        if self._running.pop(task, None) is None:
            return  # was given up
        if task.state == "delayed":
            wait_s = min(task.backoff_s * 2.0 ** (task.attempts - 1), self.config.max_backoff_s)
            wait_s *= random.uniform(0.5, 1.0)  # noqa: S311  no secret
            loop = asyncio.get_running_loop()
            self._delayed[task] = loop.call_later(wait_s, self._again, task)
        self._begin_some()
        self._announce()

    def _again(self, task: Task) -> None:
        del self._delayed[task]
        task.state = "queued"
        self._queued.append(task)
        self._begin_some()

    # --- ending

    def _close(self) -> None:
        with self._lock:
            self._is_closed = True
        for timer in self._delayed.values():
            timer.cancel()
        running = list(self._running.values())
        self._lose_all()
        for doing in running:
            doing.cancel()
        self._announce()

    def _lose_all(self) -> None:
        """Name and forget all tasks that are not done."""
        lost = [*self._running, *self._delayed, *self._queued]
        self._running, self._delayed, self._queued = {}, {}, deque()
        for task in lost:
            logger.error(
                "task was not done: the app ended function=%s args=%.200r kwargs=%.200r "
                "state=%s attempts=%d",
                task.name, task.args, task.kwargs, task.state, task.attempts,
            )  # fmt: skip
            task.state = "lost"


async def _do(task: Task) -> None:
    """Make one attempt and note how it ended."""
    try:
        if task.is_async:
            task.result = await task.function(*task.args, **task.kwargs)
        else:
            task.result = await run_in_thread(task.function, *task.args, **task.kwargs)
    except BaseException as error:
        if task.state != "lost":
            _note_failure(task, error)
    else:
        task.state = "done"


def _note_failure(task: Task, error: BaseException) -> None:
    task.error = error
    is_last = task.attempts > task.retries or not isinstance(error, Exception)
    task.state = "failed" if is_last else "delayed"
    logger.log(
        logging.ERROR if is_last else logging.WARNING,
        "task failed%s function=%s args=%.200r kwargs=%.200r attempt=%d of %d",
        "" if is_last else ", will be tried again",
        task.name, task.args, task.kwargs, task.attempts, task.retries + 1,
        exc_info=error if is_last else None,
    )  # fmt: skip
