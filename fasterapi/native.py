"""Native handlers: answers that are made once, or by compiled functions.

``@app.get("/health", handler_type="native")`` keeps the function's answer as bytes;
``@app.get("/metrics", native="metrics")`` names a handler that is registered here. Compiled
modules take the names of `fasterapi/native.pxd`, which say the same in Cython.
"""

from fasterapi._speedups.native import CompiledHandler, Exchange, Server
from fasterapi.routing.native_registry import NativeHandler, native_names, register
from fasterapi.routing.native_state import FrozenRoute, Refresh

__all__ = (
    "CompiledHandler",
    "Exchange",
    "FrozenRoute",
    "NativeHandler",
    "Refresh",
    "Server",
    "native_names",
    "register",
)
