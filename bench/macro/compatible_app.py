"""The applications of FasterAPI as they run while a monitoring package has a patch point replaced.

Nothing is compiled then: this is the cost of the reference path. What is replaced here is a name
that none of the workloads calls.
"""

from fasterapi import routing
from macro.fasterapi_app import *  # noqa: F403

_format = routing.format_sse_event


def format_sse_event(**fields: object) -> bytes:
    return _format(**fields)


routing.format_sse_event = format_sse_event
