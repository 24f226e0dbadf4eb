"""uvicorn's server with an end: a stop that takes a bounded time, and recycling of workers."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from uvicorn import Config, Server
from uvicorn.server import HANDLED_SIGNALS
from uvicorn.supervisors import multiprocess

from fasterapi._speedups.handoff import running_calls
from fasterapi.server.blocking import BlockDetector
from fasterapi.server.sockets import own_sockets

__all__ = ("DoorServer", "WorkerProcess")

logger = logging.getLogger("uvicorn.error")

# What is left for cancelled requests to clean up, and for the process to end after that.
_CLEANUP_S = 2.0
_POLL_S = 0.02
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class DoorServer(Server):
    """Serves until a signal comes; then answers what it has accepted, for a limited time.

    The first SIGTERM or SIGINT stops it, the second one does not wait any more. Neither makes
    the process end with anything but status 0.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._recycling: socket.socket | None = None
        self._detector: BlockDetector | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening; what has been loaded by then is not garbage collected any more."""
        if sockets and self.config.workers > 1 and getattr(self.config, "reuse_port", False):
            sockets = own_sockets(sockets)
        await super().startup(sockets=sockets)
        gc.collect()
        gc.freeze()
        threshold_s: float | None = getattr(self.config, "detect_blocking", None)
        if threshold_s:
            self._detector = BlockDetector(asyncio.get_running_loop(), threshold_s)
            self._detector.start()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals; unlike uvicorn, do not raise them again at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; at the second signal of any kind, at once."""
        if self.should_exit:
            self.force_exit = True
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop, because of a signal or because the worker has aged."""
        wants_exit = await super().on_tick(counter)
        if not wants_exit and counter % 10 == 0:
            wants_exit = self._is_too_large()
        if wants_exit and not self.should_exit and not self._may_recycle():
            return False
        return wants_exit

    def _is_too_large(self) -> bool:
        most: int | None = getattr(self.config, "limit_rss_mib", None)
        size = rss_bytes() if most else 0
        if not most or size <= most * 1024 * 1024:
            return False
        logger.info("Memory limit of %d MiB exceeded. Terminating process.", most)
        return True

    def _may_recycle(self) -> bool:
        """Return whether no other worker of the same supervisor is being replaced.

        The token is an abstract UNIX socket: the kernel gives it to one process and takes it
        back when that ends, however it ends. Elsewhere than on Linux there is none.
        """
        if self.config.workers <= 1 or sys.platform != "linux" or self._recycling is not None:
            return True
        token = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            token.bind(f"\0fasterapi-recycling-{os.getuid()}-{os.getppid()}")
        except OSError:
            token.close()
            return False
        self._recycling = token
        return True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was accepted, cancel what takes too long, and run the lifespan's end."""
        logger.info("Shutting down")
        if self._detector is not None:
            self._detector.stop()
        loop = asyncio.get_running_loop()
        limit_s = self.config.timeout_graceful_shutdown
        deadline = float("inf") if limit_s is None else loop.time() + limit_s
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        while (state.connections or state.tasks) and not self.force_exit:
            if loop.time() >= deadline:
                break
            await asyncio.sleep(_POLL_S)
        is_stuck = bool(state.connections or state.tasks)
        if is_stuck:
            await self._end_stuck(limit_s)
        if not self.force_exit:
            is_stuck |= not await self._stop_lifespan(max(deadline - loop.time(), _CLEANUP_S))
        if is_stuck and self._captured_signals:
            # A cancelled handler may have left a thread that nothing can end.
            _end_process_soon()

    async def _end_stuck(self, limit_s: float | None) -> None:
        """Name, cancel and disconnect what is still running."""
        state = self.server_state
        for connection in state.connections:
            request = getattr(connection, "current_request", None)
            if request is not None:
                logger.error("request cancelled after %s s of shutting down: %s", limit_s, request)
        for task in list(state.tasks):
            task.cancel("server is shutting down")
        loop = asyncio.get_running_loop()
        end = loop.time() + _CLEANUP_S
        # The set is uvicorn's and tells nobody when it becomes empty.
        while state.tasks and not self.force_exit and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)
        for connection in list(state.connections):
            transport: Any = getattr(connection, "transport", None)
            abort = getattr(connection, "abort", None) or getattr(transport, "abort", None)
            if abort is not None:
                abort()
        if state.tasks:
            logger.error(
                "%d request(s) do not end, the process ends without them", len(state.tasks)
            )
        for call in running_calls():
            logger.error(
                "function still runs in a thread, the process ends without it: %s",
                getattr(call, "__qualname__", call),
            )

    async def _stop_lifespan(self, seconds: float) -> bool:
        """Return whether the application has stopped in time."""
        try:
            await asyncio.wait_for(self.lifespan.shutdown(), None if seconds > 1e6 else seconds)
        except TimeoutError:
            logger.error("application did not stop within %.0f s", seconds)
            return False
        return True


class WorkerProcess(multiprocess.Process):
    """A worker of uvicorn's supervisor that runs our server."""

    @property
    def server(self) -> Server:
        """The server, made in the worker's own process."""
        if self._server is None:
            self._server = DoorServer(self.config)
        return self._server


def rss_bytes() -> int:
    """Return the memory of this process in RAM; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return 0


def _end_process_soon() -> None:
    """End the process even if a thread or a task never does."""
    timer = threading.Timer(_CLEANUP_S, _end_process)
    timer.daemon = True
    timer.start()


def _end_process() -> None:
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
