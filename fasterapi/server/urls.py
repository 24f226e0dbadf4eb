"""Where a browser finds what is being served."""

from collections.abc import Mapping
from typing import Any

__all__ = ("base_url", "docs_url")

_EVERY_INTERFACE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "[::1]"}  # noqa: S104


def base_url(options: Mapping[str, Any]) -> str | None:
    """Return the address to click on; None on a UNIX socket, descriptor or unknown port."""
    port = options.get("port", 8000)
    if options.get("uds") or options.get("fd") is not None or not port:
        return None
    host = options.get("host", "127.0.0.1")
    host = _EVERY_INTERFACE.get(host, f"[{host}]" if ":" in host else host)
    scheme = "https" if options.get("ssl_certfile") else "http"
    return f"{scheme}://{host}:{port}"


def docs_url(app: Any, options: Mapping[str, Any]) -> str | None:
    """Return the address of the documentation; None if there is none to click on."""
    base = base_url(options)
    path: str | None = getattr(app, "docs_url", None)
    if base is None or not path or not getattr(app, "openapi_url", None):
        return None
    return base + path
