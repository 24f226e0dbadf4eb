"""Worker threads for plain functions: few wake-ups going in, one for many results coming out.

Request path: plan -> handoff -> [here] -> handoff -> plan.
Reference implementation: `anyio.to_thread.run_sync`.

A job goes into a queue. If no thread is about to look there, the one that went to sleep last is
woken, so that few threads do all of the work while calls are short; as soon as calls block,
more are woken, up to what anyio's limiter allows. Finished jobs are collected, and the loop is
woken once for all of them.

Whatever belongs to the loop (limiter, futures, timer) is touched by its thread alone. The queue,
the list of finished jobs and the states of threads are shared: they change only within critical
sections, in which nothing runs that could let go of the GIL.
"""

cimport cython
from cpython.contextvars cimport PyContext_Enter, PyContext_Exit

import logging
import sys
import threading
from asyncio import current_task
from contextvars import Context

from anyio import WouldBlock, to_thread
from starlette.exceptions import HTTPException

from fasterapi._speedups.anyio_bridge import root_task, worker_identity
from fasterapi._speedups.stacks import report_stall

logger = logging.getLogger("fasterapi.threads")

cdef double IDLE_S = 10.0        # as anyio: a thread without work for so long ends
cdef double CHECK_S = 0.001      # a job that no thread has taken by then gets one of its own
cdef double STALL_S = 5.0        # with no thread becoming free, before it is reported
cdef double SATURATED_S = 0.05   # between looks at whether the limit was raised

cdef enum:
    IDLE = 0       # in the list of idle threads, waiting for its signal
    WOKEN = 1      # has its signal, has not looked at the queue yet
    BUSY = 2       # within a job
    BETWEEN = 3    # has finished a job, will look at the queue next

cdef class Job:
    """Something to do in a thread, and where its end is announced."""

    cdef int perform(self) except -1:
        """Do the work; runs in a worker thread."""
        raise NotImplementedError

    cdef object subject(self):
        """Return the function that is called, for reports."""
        return None


cdef class CallJob(Job):
    """One call."""

    cdef int perform(self) except -1:
        PyContext_Enter(self.context)
        try:
            self.value = self.call(*self.arguments, **self.keywords)
        finally:
            PyContext_Exit(self.context)
        return 0

    cdef object subject(self):
        return self.call


@cython.final
cdef class Worker:
    """One thread."""

    def __cinit__(self, ThreadPool pool not None):
        self.pool = pool
        self.signal = threading.Lock()
        self.signal.acquire()
        self.state = WOKEN
        # From 3.14 on a thread may begin with its creator's context; each job brings its own.
        options = {"context": Context()} if sys.version_info >= (3, 14) else {}
        # Daemon: a call that never returns must not keep the process from ending.
        self.thread = threading.Thread(
            target=self.run, name="FasterAPI worker thread", daemon=True, **options
        )

    def run(self):
        """Work until there has been nothing to do for a while; the thread's main function."""
        with worker_identity(self.pool.loop) as set_scope:
            self.work(set_scope)

    cdef int work(self, object set_scope) except -1:
        cdef ThreadPool pool = self.pool
        cdef Job job
        scope = None
        while True:
            job = pool.take(self)
            if job is None:
                if scope is not None:
                    scope = None
                    set_scope(None)
                if not self.wait():
                    return 0
                continue
            if job.cancel_scope is not scope:
                scope = job.cancel_scope
                set_scope(scope)
            try:
                job.perform()
            except BaseException as error:
                job.error = error
            pool.finish(self, job)

    cdef bint wait(self) except -1:
        """Wait for the signal; false if this thread should end."""
        if not self.pool.is_stopping and self.signal.acquire(True, IDLE_S):
            return True
        if self.pool.retire(self):
            return False
        # Woken at the same moment: the signal is on its way.
        self.signal.acquire()
        return True


class Token:
    """One worker thread in the limiter's list of borrowers."""

    __slots__ = ()

    def __repr__(self):
        return "<FasterAPI worker thread>"


@cython.final
cdef class ThreadPool:
    """The worker threads of one event loop."""

    def __cinit__(self, object loop):
        self.loop = loop
        self.limiter = to_thread.current_default_thread_limiter()
        self.call_soon_threadsafe = loop.call_soon_threadsafe
        self.deliver_method = self.deliver
        self.check_method = self.check
        self.call_soon = loop.call_soon
        self.call_method = self.call_thread
        self.stall_s = STALL_S
        self.tokens = []
        self.workers = set()
        self.idle = []
        self.begin()

    # --- the loop's side

    cdef int begin(self) except -1:
        """Have the threads end with the program that runs on the loop now."""
        self.is_stopping = False
        root = root_task(current_task())
        if root is not None:
            root.add_done_callback(self.stop, context=Context())
        return 0

    cdef int submit(self, Job job) except -1:
        """Queue *job* and see to it that a thread will take it."""
        cdef bint is_awaited
        if self.is_stopping:
            self.begin()
        if self.max_queued is not None:
            if self.queued >= self.max_queued + max(self.limiter.available_tokens, 0):
                raise HTTPException(503, "All worker threads are busy", {"Retry-After": "1"})
        job.future = self.loop.create_future()
        with cython.critical_section(self):
            if self.last is None:
                self.first = job
            else:
                self.last.following = job
            self.last = job
            self.queued += 1
            is_awaited = self.ready > 0
        if is_awaited:
            if len(self.tokens) < len(self.workers) - len(self.idle):
                self.borrow()
        elif not self.will_call:
            # PERF: not at once. A thread that is woken now finds the GIL taken, and between two
            # callbacks of the loop it is woken again for nothing: 3.2 switches a request, 0.3 so.
            self.will_call = True
            self.call_soon(self.call_method)
        if self.queued > 1 or not self.ready:
            self.arm(CHECK_S)
        return 0

    def call_thread(self):
        """Wake a thread for what the loop has queued since it last looked at its sockets."""
        self.will_call = False
        if self.first is not None and self.ready == 0:
            self.wake(1)

    cdef bint has_room(self) except -1:
        """Return whether a job would be taken now, and not after others."""
        return self.first is None and self.limiter.available_tokens > 0

    cdef bint borrow(self) except -1:
        """Take a token of the limiter; false if there is none."""
        token = Token()
        try:
            self.limiter.acquire_on_behalf_of_nowait(token)
        except WouldBlock:
            return False
        self.tokens.append(token)
        return True

    cdef int wake(self, Py_ssize_t count) except -1:
        """Set *count* more threads to work, fewer if the limiter has no more tokens."""
        for _ in range(count):
            if not self.borrow():
                if not self.tokens and not self.is_asking:
                    # All are lent to others: stand in anyio's line.
                    self.is_asking = True
                    self.loop.create_task(self.ask(), context=Context())
                return 0
            self.rouse()
        return 0

    async def ask(self):
        """Wait for a token as anyio's own users do, then set a thread to work with it."""
        token = Token()
        try:
            await self.limiter.acquire_on_behalf_of(token)
        finally:
            self.is_asking = False
        self.tokens.append(token)
        if self.first is not None:
            self.rouse()
        else:
            self.settle()

    cdef int rouse(self) except -1:
        """Wake the thread that was used last, or begin one."""
        cdef Worker worker = None
        with cython.critical_section(self):
            if self.idle:
                worker = self.idle.pop()
                worker.state = WOKEN
                self.ready += 1
        if worker is not None:
            worker.signal.release()
            return 0
        worker = Worker(self)
        with cython.critical_section(self):
            self.workers.add(worker)
            self.ready += 1
        try:
            worker.thread.start()
        except RuntimeError as error:
            with cython.critical_section(self):
                self.workers.discard(worker)
                self.ready -= 1
            if len(self.workers) == 0:
                return self.refuse(error)
            # No more threads can be had: those that there are do the work.
            logger.warning("no further worker thread could be started", exc_info=True)
        return 0

    cdef int refuse(self, object error) except -1:
        """Let all queued jobs fail with *error*."""
        cdef Job job, following
        with cython.critical_section(self):
            job = self.first
            self.first = None
            self.last = None
            self.queued = 0
        while job is not None:
            job.error = error
            job.is_started = True
            job.is_finished = True
            if not job.future.done():
                job.future.set_result(None)
            following = job.following
            job.following = None
            job = following
        return self.settle()

    cdef int arm(self, double seconds) except -1:
        """Look after the queue in a moment."""
        if not self.has_timer:
            self.has_timer = True
            self.taken_before = self.taken
            self.loop.call_later(seconds, self.check_method)
        return 0

    def check(self):
        """Give threads to jobs that wait because those before them block."""
        cdef Py_ssize_t working = len(self.workers) - len(self.idle)
        cdef double again_s = CHECK_S
        self.has_timer = False
        if self.first is None:
            return
        if self.ready == 0:
            if self.limiter.available_tokens <= 0:
                again_s = SATURATED_S
                self.note_stall()
            # Nothing taken since the last look: each waiting job gets a thread.
            self.wake(self.queued if self.taken == self.taken_before else max(working, 1))
        self.arm(again_s)

    cdef int note_stall(self) except -1:
        """Report, once, that all threads have been within the same calls for long."""
        if self.taken != self.taken_before:
            self.stalled = 0
        else:
            self.stalled += 1
            if self.stalled == int(self.stall_s / SATURATED_S) + 1:
                report_stall(self.calls(), self.queued, self.stall_s)
        return 0

    def deliver(self):
        """Announce the ends of all finished jobs."""
        cdef Job job, following
        with cython.critical_section(self):
            self.is_notified = False
            job = self.done_first
            self.done_first = None
            self.done_last = None
        while job is not None:
            job.is_finished = True
            if not job.future.done():
                job.future.set_result(None)
            following = job.following
            job.following = None
            job = following
        self.settle()

    cdef int settle(self) except -1:
        """Give back the tokens of threads that have nothing to do."""
        cdef Py_ssize_t needed = len(self.workers) - len(self.idle)
        if self.first is None:
            needed -= self.ready
        elif self.to_yield == 0 and self.limiter.available_tokens <= 0:
            # COMPAT: anyio serves in the order of asking; our threads never stand in line
            # while they have a token, so they make room for those who do.
            if self.limiter.statistics().tasks_waiting > self.is_asking:
                self.to_yield = 1
        while len(self.tokens) > needed:
            self.limiter.release_on_behalf_of(self.tokens.pop())
        if self.first is not None and self.ready == 0 and len(self.workers) == len(self.idle):
            self.wake(1)
        return 0

    def configure(self, *, max_queued=None, double stall_s=STALL_S):
        """Set how many jobs may wait for a thread, and when it is said that they do.

        Args:
            max_queued: More are refused with a 503; None for any number.
            stall_s: Seconds without a free thread that are logged.
        """
        self.max_queued = max_queued
        self.stall_s = stall_s

    def stop(self, *_):
        """Let all threads end once they have nothing to do."""
        cdef Worker worker
        cdef list idle
        self.is_stopping = True
        with cython.critical_section(self):
            idle = self.idle
            self.idle = []
            for worker in idle:
                worker.state = WOKEN
                self.ready += 1
        for worker in idle:
            worker.signal.release()

    def running(self):
        """Return what the threads are calling at this moment."""
        return [call for _, call in self.calls()]

    cdef list calls(self):
        """Return pairs: a thread's identity, what it is calling at this moment."""
        cdef Worker worker
        cdef Job job
        found = []
        for worker in list(self.workers):
            job = worker.job
            if job is not None:
                found.append((worker.thread.ident, job.subject()))
        return found

    # --- the threads' side

    cdef Job take(self, Worker worker):
        """Return the next job; None if the thread is to wait, and then it is marked idle."""
        cdef Job job = None
        cdef bint has_surplus  # a token that `deliver` would not hear of otherwise
        with cython.critical_section(self):
            if self.to_yield > 0 and self.first is not None and not self.first.is_urgent:
                self.to_yield -= 1
                has_surplus = True
            else:
                has_surplus = worker.state == WOKEN
                while self.first is not None:
                    job = self.first
                    self.first = job.following
                    if self.first is None:
                        self.last = None
                    job.following = None
                    self.queued -= 1
                    if not job.is_abandoned:
                        break
                    job = None
                    has_surplus = True
            self.ready -= 1
            if job is None:
                worker.state = IDLE
                self.idle.append(worker)
            else:
                job.is_started = True
                worker.state = BUSY
                worker.job = job
                self.taken += 1
        if job is None and has_surplus:
            self.notify()
        return job

    cdef int finish(self, Worker worker, Job job) except -1:
        """Hand *job* back to the loop."""
        with cython.critical_section(self):
            worker.job = None
            worker.state = BETWEEN
            self.ready += 1
            if self.done_last is None:
                self.done_first = job
            else:
                self.done_last.following = job
            self.done_last = job
        return self.notify()

    cdef int notify(self) except -1:
        """Wake the loop, unless it has been woken and has not looked yet."""
        cdef bint is_notified
        with cython.critical_section(self):
            is_notified = self.is_notified
            self.is_notified = True
        if is_notified:
            return 0
        try:
            self.call_soon_threadsafe(self.deliver_method)
        except RuntimeError:
            if not self.loop.is_closed():
                raise
            self.is_stopping = True
        return 0

    cdef bint retire(self, Worker worker) except -1:
        """Strike an idle thread off; false if it has been woken meanwhile."""
        cdef bint is_idle
        with cython.critical_section(self):
            is_idle = worker.state == IDLE
            if is_idle:
                self.idle.remove(worker)
                self.workers.discard(worker)
        return is_idle
