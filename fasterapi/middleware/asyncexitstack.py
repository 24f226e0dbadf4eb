"""A place in the scope for what must be closed when the request is over."""

from contextlib import AsyncExitStack

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ("AsyncExitStackMiddleware",)


class AsyncExitStackMiddleware:
    """Gives every request an exit stack, closed once the application is done.

    Uploaded files are closed through it. Dependencies have stacks of their own,
    because those close at other moments.

    Args:
        app: The application inside.
        context_name: Key under which the stack is in the scope.
    """

    def __init__(self, app: ASGIApp, context_name: str = "fastapi_middleware_astack") -> None:
        self.app = app
        self.context_name = context_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application with the stack in *scope*."""
        async with AsyncExitStack() as exits:
            scope[self.context_name] = exits
            await self.app(scope, receive, send)
