from types import TracebackType
from typing import Any, final

class Exit:
    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool: ...

class LentStacks: ...
class StackCore: ...

async def leave_all(stack: StackCore, error: BaseException | None) -> BaseException | None: ...
async def leave_calls(stack: StackCore, error: BaseException | None) -> BaseException | None: ...

@final
class LateCalls:
    def __get__(self, stack: StackCore, owner: Any = None, /) -> Any: ...
