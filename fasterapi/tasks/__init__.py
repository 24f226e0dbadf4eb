"""Work that is done in this process, apart from the requests: `FasterAPI.tasks`."""

from fasterapi.tasks.config import TaskConfig
from fasterapi.tasks.queue import TaskQueue
from fasterapi.tasks.task import Task, TaskQueueFull

__all__ = ("Task", "TaskConfig", "TaskQueue", "TaskQueueFull")
