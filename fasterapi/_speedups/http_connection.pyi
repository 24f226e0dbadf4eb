from typing import Any

from fasterapi._speedups.http_exchange import Link

class Connection(Link):
    def write_out(self) -> None: ...

async def wait_for(future: Any) -> None: ...
