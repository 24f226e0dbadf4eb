"""Server-sent events, as the HTML standard's section 9.2 defines them."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator
from starlette.responses import StreamingResponse

__all__ = (
    "KEEPALIVE_COMMENT",
    "EventSourceResponse",
    "ServerSentEvent",
    "format_sse_event",
)

KEEPALIVE_COMMENT = b": ping\n\n"
"""Sent over a silent stream, so that no proxy takes the connection for dead."""

_PING_INTERVAL: float = 15.0
"""Seconds of silence before `KEEPALIVE_COMMENT`; the standard advises this number."""

_SSE_EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"type": "string"},
        "event": {"type": "string"},
        "id": {"type": "string"},
        "retry": {"type": "integer", "minimum": 0},
    },
}
"""The schema of one event in OpenAPI; ``data`` gets its content's schema on top."""


class EventSourceResponse(StreamingResponse):
    """A stream of server-sent events.

    As the ``response_class`` of a route it makes each value that the handler yields an
    event: a `ServerSentEvent` as it says, anything else as JSON in ``data``.
    """

    media_type = "text/event-stream"


def _checked_line(value: str | None, field: str) -> str | None:
    # SECURITY: a line break in a value would let it write fields and events of its own.
    if value is not None and ("\n" in value or "\r" in value):
        message = f"SSE '{field}' must be a single line"
        raise ValueError(message)
    return value


def _checked_event(value: str | None) -> str | None:
    return _checked_line(value, "event")


def _checked_id(value: str | None) -> str | None:
    # Browsers ignore an id with NUL, so a stream could not be resumed there.
    if value is not None and "\0" in value:
        message = "SSE 'id' must not contain null characters"
        raise ValueError(message)
    return _checked_line(value, "id")


class ServerSentEvent(BaseModel):
    """One event, with the fields of the standard."""

    data: Any = None
    """The payload, sent as JSON; also a string gets its quotation marks."""

    raw_data: str | None = None
    """The payload, sent as it is; not together with `data`."""

    event: Annotated[str | None, AfterValidator(_checked_event)] = None
    """The type for ``addEventListener``; None means ``message``."""

    id: Annotated[str | None, AfterValidator(_checked_id)] = None
    """What the client sends as ``Last-Event-ID`` after a lost connection."""

    retry: Annotated[int | None, Field(ge=0)] = None
    """Milliseconds that the client waits before it connects again."""

    comment: str | None = None
    """Text that clients ignore."""

    @model_validator(mode="after")
    def _check_one_payload(self) -> Self:
        if self.data is not None and self.raw_data is not None:
            message = (
                "Cannot set both 'data' and 'raw_data' on the same ServerSentEvent. "
                "Use 'data' for JSON-serialized payloads or 'raw_data' for pre-formatted strings."
            )
            raise ValueError(message)
        return self


def _prefixed_lines(prefix: str, text: str) -> list[str]:
    # Not str.splitlines, which knows seven more line ends than the standard does.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [f"{prefix}: {line}" for line in lines]


def format_sse_event(
    *,
    data_str: str | None = None,
    event: str | None = None,
    id: str | None = None,  # noqa: A002  # name of the field
    retry: int | None = None,
    comment: str | None = None,
) -> bytes:
    r"""Return one event as it goes over the wire, in UTF-8.

    Args:
        data_str: The payload; each of its lines becomes a ``data:`` line.
        event: The type of the event, one line.
        id: The id of the event, one line without NUL.
        retry: Milliseconds before the client connects again.
        comment: Text that clients ignore; each line becomes one of its own.

    Raises:
        ValueError: If *event* or *id* has a line break, or *id* a NUL.
    """
    lines: list[str] = []
    if comment is not None:
        lines += _prefixed_lines("", comment)
    if event is not None:
        lines.append(f"event: {_checked_event(event)}")
    if data_str is not None:
        lines += _prefixed_lines("data", data_str)
    if id is not None:
        lines.append(f"id: {_checked_id(id)}")
    if retry is not None:
        lines.append(f"retry: {retry}")
    return "\n".join([*lines, "", ""]).encode()
