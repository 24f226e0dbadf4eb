from typing import final

from fasterapi._speedups.threads import Job

@final
class Hop(Job):
    def perform_here(self) -> None: ...
