from collections.abc import Awaitable, Callable
from typing import Any, Final, final

from fasterapi._speedups.arguments import Argument
from fasterapi._speedups.encoder import Encoder, ResponseMaker
from fasterapi._speedups.exchange import Exchange
from fasterapi._speedups.form import FormLimits
from fasterapi._speedups.json_reader import Reader

STYLES: Final[dict[str, int]]

async def receive_rest(x: Exchange, first: bytes | None) -> bytes: ...

@final
class Step:
    def __init__(
        self,
        call: Callable[..., Any],
        *,
        style: str,
        arguments: tuple[Argument, ...],
        names: tuple[str, ...],
        by_keyword: int,
        first: int = 0,
        repeats: int = -1,
        needs: tuple[int, ...] = (),
        helper: Callable[..., Awaitable[Any]] | None = None,
        read_body: Callable[..., Awaitable[Any]] | None = None,
        body_slots: tuple[tuple[str, int], ...] = (),
        ends_with_function: bool = False,
        body_arguments: tuple[Argument, ...] = (),
        is_embedded: bool = False,
    ) -> None: ...

@final
class EndpointPlan:
    def __init__(
        self,
        *,
        route: Any,
        original: Any,
        included: dict[str, Any] | None = None,
        steps: tuple[Step, ...],
        final: Step,
        encoder: Encoder | None,
        maker: ResponseMaker | None = None,
        finish: Callable[..., Awaitable[Any]],
        stream: Callable[..., Awaitable[Any]] | None = None,
        parse_body: Callable[..., Awaitable[Any]] | None = None,
        form_limits: FormLimits | None = None,
        validate_json: Callable[[bytes], Any] | None = None,
        reader: Reader | None = None,
        invalid: Callable[..., Exception],
        invalid_answer: Callable[..., Exception] | None = None,
        has_stacks: bool = False,
        native: Any = None,
    ) -> None: ...
    @property
    def route(self) -> Any: ...
    @property
    def original(self) -> Any: ...
    @property
    def included(self) -> dict[str, Any] | None: ...
    @property
    def endpoint(self) -> Callable[..., Any]: ...
    @property
    def is_direct(self) -> bool: ...
    @property
    def needs_stacks(self) -> bool: ...
    @property
    def native(self) -> Any: ...
    async def run(self, x: Exchange) -> None: ...
    async def read_form(self, x: Exchange) -> None: ...
    async def solve(self, x: Exchange) -> None: ...
    async def report_again(self, x: Exchange, repeat: Step) -> None: ...
    async def take_body(
        self, x: Exchange, step: Step, arguments: list[Any] | None
    ) -> list[Any] | None: ...
