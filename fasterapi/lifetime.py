"""The life of an application: what begins before its own lifespan and ends with it."""

from collections.abc import Callable
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fasterapi._speedups.handoff import thread_pool
from fasterapi.executors import ExecutorConfig, Executors, executors_of
from fasterapi.routing.native_app import start_natives, stop_natives
from fasterapi.telemetry._runtime import lifespan

__all__ = ("live",)

_ENDS = frozenset(("lifespan.startup.failed", "lifespan.shutdown.complete",
                   "lifespan.shutdown.failed"))  # fmt: skip


async def live(
    app: Any, serve: ASGIApp, prepare: Callable[[], None], scope: Scope, receive: Receive,
    send: Send
) -> None:  # fmt: skip
    """Run the lifespan of *app* with everything that belongs to it.

    Args:
        app: The application.
        serve: What answers the lifespan's messages.
        prepare: Called when the app's own start is done, before that is reported.
        scope: ASGI's.
        receive: ASGI's.
        send: ASGI's.
    """
    executors = configure_executors(app.executor_config)
    tasks = app._tasks  # noqa: SLF001  None until somebody asks for them
    if tasks is not None:
        tasks.open()

    async def receive_and_drain() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown" and app._tasks is not None:  # noqa: SLF001
            # Before the app's own end: tasks use what that closes.
            await app._tasks.drain()  # noqa: SLF001
        return message

    async def prepare_and_send(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            await start_natives(app, scope.get("state"))
            prepare()
        elif message["type"] in _ENDS:
            stop_natives(app)
            if executors is not None:
                # Before it is sent: the loop may not come back here.
                executors.end()
        await send(message)

    try:
        await lifespan(
            config=app._telemetry,  # noqa: SLF001
            app=serve,
            scope=scope,
            receive=receive_and_drain,
            send=prepare_and_send,
        )
    finally:
        if executors is not None:
            executors.end()


def configure_executors(config: ExecutorConfig) -> Executors | None:
    """Set the running loop's threads and workers up; return the workers if they are the app's."""
    if config == ExecutorConfig():
        return None
    if config.max_threads is not None:
        current_default_thread_limiter().total_tokens = config.max_threads
    pool = thread_pool()
    if pool is None:  # trio: it has anyio's threads, and no workers
        return None
    pool.configure(max_queued=config.max_queued, stall_s=config.stall_s)
    executors = executors_of()
    executors.config = config
    return executors
