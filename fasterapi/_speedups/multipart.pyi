from typing import final

__pyx_capi__: dict[str, object]  # what other compiled modules cimport

@final
class Part: ...
