"""Server-sent events on the wire (HTML standard section 9.2.6), hostile values included."""

from typing import Any

import pytest
from pydantic import ValidationError

from fasterapi.sse import EventSourceResponse, ServerSentEvent, format_sse_event


@pytest.mark.parametrize(
    ("fields", "wire"),
    [
        ({}, b"\n"),
        ({"data_str": "x"}, b"data: x\n\n"),
        ({"data_str": ""}, b"data: \n\n"),
        ({"data_str": "a\r\nb\rc\nd\n"}, b"data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"),
        ({"data_str": "a\u2028b\x0bc\x85d"}, "data: a\u2028b\x0bc\x85d\n\n".encode()),
        ({"comment": "a\nevent: b"}, b": a\n: event: b\n\n"),
        (
            {"comment": "c", "event": "e", "data_str": "d", "id": "1", "retry": 5},
            b": c\nevent: e\ndata: d\nid: 1\nretry: 5\n\n",
        ),
    ],
)
def test_event_is_written_as(fields: dict[str, Any], wire: bytes) -> None:
    assert format_sse_event(**fields) == wire


@pytest.mark.parametrize("field", ["event", "id"])
@pytest.mark.parametrize("value", ["a\nb", "a\rb", "\n", "a\r\ndata: b"])
def test_value_cannot_start_a_field_of_its_own(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"SSE '{field}' must be a single line"):
        format_sse_event(**{field: value})
    with pytest.raises(ValidationError, match=f"SSE '{field}' must be a single line"):
        ServerSentEvent(**{field: value})


def test_id_cannot_have_nul() -> None:
    with pytest.raises(ValueError, match="must not contain null characters"):
        format_sse_event(id="a\0")
    with pytest.raises(ValidationError, match="must not contain null characters"):
        ServerSentEvent(id="a\0")


def test_retry_cannot_be_negative() -> None:
    with pytest.raises(ValidationError):
        ServerSentEvent(retry=-1)


def test_event_has_one_payload() -> None:
    assert ServerSentEvent(data={"a": 1}).raw_data is None
    with pytest.raises(ValidationError, match="Cannot set both 'data' and 'raw_data'"):
        ServerSentEvent(data=1, raw_data="1")


def test_response_has_the_media_type() -> None:
    response = EventSourceResponse(iter([b""]))
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
