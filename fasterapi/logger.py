"""The package's root logger; areas log to its children, such as ``fasterapi.server``."""

import logging

__all__ = ("logger",)

logger = logging.getLogger("fasterapi")
