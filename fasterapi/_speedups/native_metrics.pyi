from typing import Final

from fasterapi._speedups.native import CompiledHandler

METRICS: Final[CompiledHandler]
