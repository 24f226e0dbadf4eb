from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any, Final, final

from fasterapi._speedups.error_answers import ErrorAnswers
from fasterapi._speedups.exchange import Exchange
from fasterapi._speedups.lookup import Lookup
from fasterapi._speedups.plan import EndpointPlan

COROUTINE_FLAG: Final[int]
NO_RESPONSE: Final[Any]

def encoded_chunks(chunks: AsyncIterable[Any], charset: str) -> AsyncIterator[Any]: ...

@final
class Dispatcher(Lookup):
    def __init__(
        self,
        *,
        app: Any,
        version: Any,
        compile: Callable[[], Any],  # noqa: A002
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
        error_answers: ErrorAnswers,
    ) -> None: ...
    @property
    def compatible(self) -> Callable[..., Awaitable[None]]: ...
    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]: ...
    async def respond(self, x: Exchange, plan: EndpointPlan) -> None: ...
    async def send_response(self, x: Exchange) -> None: ...
    async def close_all_with(self, x: Exchange, error: BaseException) -> BaseException: ...
    async def abandon(self, x: Exchange, kept: int, index: int, error: BaseException) -> None: ...
    async def abort(self, x: Exchange, error: BaseException) -> None: ...
    async def fail(self, x: Exchange, error: Exception) -> None: ...

@final
class CallNext:
    def __new__(
        cls,
        dispatcher: Dispatcher,
        x: Exchange,
        plan: EndpointPlan,
        index: int,
        request: Any,
    ) -> CallNext: ...
    def __call__(self, request: Any) -> Awaitable[Any]: ...
