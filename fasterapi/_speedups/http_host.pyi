from typing import Any, final

from fasterapi._speedups.http_limits import Limits

class Watched: ...

@final
class Host:
    app: Any
    limits: Limits

    def __init__(self, config: Any, server_state: Any, app_state: Any, loop: Any) -> None: ...
    def on_tick(self) -> None: ...

async def nothing(scope: Any, receive: Any, send: Any) -> None: ...
