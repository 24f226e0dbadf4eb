"""Where plain functions run: threads, the event loop, processes, sub-interpreters."""

from fasterapi.executors.config import ExecutorConfig
from fasterapi.executors.placing import EXECUTORS, Executor, check_executor, place
from fasterapi.executors.pool import Executors, RemoteError, WorkerDied, WorkerPool, executors_of

__all__ = (
    "EXECUTORS",
    "Executor",
    "ExecutorConfig",
    "Executors",
    "RemoteError",
    "WorkerDied",
    "WorkerPool",
    "check_executor",
    "executors_of",
    "place",
)
