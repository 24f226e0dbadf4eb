"""Listening sockets of one address that several processes have, each its own (SO_REUSEPORT)."""

import logging
import socket
import sys

from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE

__all__ = ("bind_reusable", "own_sockets")

logger = logging.getLogger("uvicorn.error")


def bind_reusable(config: Config) -> socket.socket:
    """Return a socket bound to the address of *config*, that others may bind too.

    It does not listen: the kernel shares connections out among the sockets that do.

    Raises:
        SystemExit: The address is not available; status 3.
    """
    try:
        bound = _bound(config.host, config.port)
    except OSError as error:
        logger.error(error)
        sys.exit(STARTUP_FAILURE)
    host = f"[{config.host}]" if ":" in config.host else config.host
    scheme = "https" if config.is_ssl else "http"
    logger.info("Uvicorn running on %s://%s:%d", scheme, host, bound.getsockname()[1])
    bound.set_inheritable(True)
    return bound


def own_sockets(shared: list[socket.socket]) -> list[socket.socket]:
    """Return new sockets of the same addresses as *shared*, which keeps the port reserved."""
    return [_bound(*one.getsockname()[:2]) for one in shared]


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
