"""Names of HTTP status codes and of WebSocket close codes: Starlette's module itself."""

import sys

from starlette import status as _codes
from starlette.status import *  # noqa: F403  # for readers of the code; the names are Starlette's

# COMPAT: ``fastapi.status`` is this module. It also knows the deprecated names, and warns.
sys.modules[__name__] = _codes
