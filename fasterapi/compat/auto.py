"""Importing this module calls `install`, for places where a module can be named but not called.

For example ``pytest -p fasterapi.compat.auto``.
"""

from fasterapi.compat import check, install

__all__ = ()

check()
install()
