"""What the processes of a server import under ``--as-fastapi``: `install`, then the program."""

import os
from importlib import import_module
from operator import attrgetter

from fasterapi.compat import TARGET_VARIABLE, check, install

__all__ = ("app",)

check()
install()

_module, _, _name = os.environ[TARGET_VARIABLE].partition(":")
app = attrgetter(_name)(import_module(_module))
