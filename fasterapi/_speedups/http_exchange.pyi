from typing import Any, final

from fasterapi._speedups.http_host import Watched

class Link(Watched): ...

@final
class HttpExchange:
    async def receive_message(self) -> dict[str, Any]: ...
    async def send_message(self, message: dict[str, Any]) -> None: ...
