"""Limits of the HTTP door from the environment, for servers started without our command."""

import os
from collections.abc import Mapping
from typing import Any

from fasterapi._speedups.http_limits import Limits
from fasterapi.exceptions import UsageError

__all__ = ("LIMIT_OPTIONS", "limits_from_environment", "make_limits")

# Name of the server option -> keyword of `Limits` and its type. The option's name in capitals
# after FASTERAPI_ is the environment variable.
LIMIT_OPTIONS: Mapping[str, tuple[str, type[Any]]] = {
    "limit_request_line": ("request_line", int),
    "limit_header_block": ("header_block", int),
    "limit_header_field": ("header_field", int),
    "limit_header_count": ("header_count", int),
    "limit_chunk_line": ("chunk_line", int),
    "limit_chunk_extensions": ("chunk_extensions", int),
    "limit_body": ("body", int),
    "limit_body_rate": ("body_rate", float),
    "limit_body_buffer": ("body_buffer", int),
    "limit_connections": ("connections", int),
    "limit_keep_alive_requests": ("keep_alive_requests", int),
    "timeout_header": ("header_timeout", float),
    "timeout_body": ("body_timeout", float),
    "timeout_write": ("write_timeout", float),
    "cancel_on_disconnect": ("cancel_on_disconnect", bool),
}


def make_limits(options: Mapping[str, Any]) -> Limits:
    """Return the limits that *options* ask for; options that are absent or None are defaults.

    Raises:
        UsageError: A limit is out of range.
    """
    given = {
        keyword: options[name]
        for name, (keyword, _) in LIMIT_OPTIONS.items()
        if options.get(name) is not None
    }
    try:
        return Limits(**given)
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(f"limits of the HTTP server: {error}") from None


def limits_from_environment(given: Mapping[str, Any] | None = None) -> Limits:
    """Return the limits that *given* options and the environment ask for.

    An option that is absent or None may be set by a variable such as ``FASTERAPI_LIMIT_BODY``.

    Raises:
        UsageError: A variable holds no number, or a limit is out of range.
    """
    options: dict[str, Any] = {}
    for name, (_, kind) in LIMIT_OPTIONS.items():
        variable = f"FASTERAPI_{name.upper()}"
        text = os.environ.get(variable)
        if text:
            try:
                options[name] = text.lower() in ("1", "true", "yes") if kind is bool else kind(text)
            except ValueError:
                raise UsageError(f"{variable} must be a number, got {text!r}") from None
    options.update({name: value for name, value in (given or {}).items() if value is not None})
    return make_limits(options)
