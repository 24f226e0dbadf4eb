"""Work that is done after the response has been sent."""

from collections.abc import Callable
from typing import Any, ParamSpec

from starlette.background import BackgroundTasks as StarletteBackgroundTasks

from fasterapi._speedups.handoff import run_background

__all__ = ("BackgroundTasks",)

P = ParamSpec("P")


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
        super().add_task(func, *args, **kwargs)

    async def __call__(self) -> None:
        """Call the functions, each within the telemetry of the request."""
        # Here, not above: telemetry builds on modules that are above this one.
        from fasterapi.telemetry._api import _operation  # noqa: PLC0415

        for task in self.tasks:
            with _operation(name="background_task", function=task.func):
                await run_background(task)
