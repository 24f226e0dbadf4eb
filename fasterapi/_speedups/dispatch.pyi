from collections.abc import Awaitable, Callable
from typing import Any, Final, final

from fasterapi._speedups.exchange import Exchange
from fasterapi._speedups.plan import EndpointPlan

NO_RESPONSE: Final[Any]

@final
class Dispatcher:
    def __init__(
        self,
        *,
        app: Any,
        version: Any,
        compile: Callable[[], Any],
        compatible: Callable[..., Awaitable[None]],
        middleware: tuple[Callable[..., Awaitable[Any]], ...],
        exception_handlers: dict[Any, Callable[..., Any]],
        status_handlers: dict[int, Callable[..., Any]],
        server_errors: Callable[..., Awaitable[None]] | None,
        routes: Callable[..., Awaitable[None]],
        collect: Callable[..., Awaitable[Any]],
        encoded_response: type[Any],
        lost_response: Callable[[], Exception],
        inner_task: type[Any],
        guarded_send: Callable[..., Any],
        exit_error: Callable[[BaseException], Exception],
    ) -> None: ...
    @property
    def app(self) -> Any: ...
    @property
    def compatible(self) -> Callable[..., Awaitable[None]]: ...
    @property
    def middleware(self) -> tuple[Callable[..., Awaitable[Any]], ...]: ...
    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]: ...
    def prepare(self) -> None: ...

@final
class TaskAfterMiddleware:
    def __new__(cls, task: Callable[[], Awaitable[None]]) -> TaskAfterMiddleware: ...
    async def __aexit__(self, error_type: object, error: object, traceback: object) -> bool: ...

@final
class CallNext:
    def __new__(
        cls,
        dispatcher: Dispatcher,
        x: Exchange,
        plan: EndpointPlan,
        index: int,
        receive: Callable[[], Awaitable[Any]],
    ) -> CallNext: ...
    def __call__(self, request: Any) -> Awaitable[Any]: ...
