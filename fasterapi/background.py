"""Work that is done after the response has been sent."""

from collections.abc import Callable
from inspect import CO_COROUTINE
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Final, ParamSpec

from starlette._utils import is_async_callable
from starlette.background import BackgroundTask
from starlette.background import BackgroundTasks as StarletteBackgroundTasks

from fasterapi._speedups.handoff import run_background

__all__ = ("BackgroundTasks",)

P = ParamSpec("P")

_INIT: Final = BackgroundTask.__init__
_ADD: Final = StarletteBackgroundTasks.add_task
_telemetry: Any = None


class BackgroundTasks(StarletteBackgroundTasks):
    """Functions to call, in their order, once the response has been sent.

    Declare a parameter of this type in a handler or dependency to get the
    request's own list.
    """

    def add_task(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        """Append a call to the list.

        Args:
            func: The function to call; a plain ``def`` runs in a worker thread.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.
        """
        if BackgroundTask.__init__ is not _INIT or StarletteBackgroundTasks.add_task is not _ADD:
            super().add_task(func, *args, **kwargs)
            return
        # PERF: Starlette's constructor asks `inspect` what every function is: 36,000 instructions.
        task: Any = BackgroundTask.__new__(BackgroundTask)
        task.func = func
        task.args = args
        task.kwargs = kwargs
        task.is_async = _is_async(func)
        self.tasks.append(task)

    async def __call__(self) -> None:
        """Call the functions, each within the telemetry of the request."""
        global _telemetry
        if _telemetry is None:
            # Here, not above: telemetry builds on modules that are above this one.
            # PERF: once: the statement alone is 10,000 instructions.
            from fasterapi.telemetry import _api as _telemetry  # noqa: PLC0415 - it is above
        operation = _telemetry._operation  # noqa: SLF001  the package's own
        for task in self.tasks:
            with operation(name="background_task", function=task.func):
                await run_background(task)


def _is_async(func: Callable[..., Any]) -> bool:
    """Return whether calling *func* gives something to await, as Starlette finds out."""
    function = func.__func__ if type(func) is MethodType else func
    if type(function) is FunctionType and not function.__dict__:
        # Without attributes there is no marker that says otherwise than its code.
        return bool(function.__code__.co_flags & CO_COROUTINE)
    return type(function) is not BuiltinFunctionType and is_async_callable(func)
