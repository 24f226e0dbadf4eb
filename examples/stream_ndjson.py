"""Rows sent while they are made: newline-delimited JSON from a plain generator."""

import json
from collections.abc import Iterator
from typing import Annotated

from fasterapi import FasterAPI, Query
from fasterapi.responses import StreamingResponse

app = FasterAPI()


def rows(count: int) -> Iterator[str]:
    """Make one line after the other; each runs in a worker thread and may block."""
    for number in range(count):
        yield json.dumps({"number": number, "square": number**2}) + "\n"


@app.get("/squares")
def squares(count: Annotated[int, Query(ge=0, le=1_000_000)] = 1000) -> StreamingResponse:
    """Stream squares; the memory used does not depend on their number."""
    return StreamingResponse(rows(count), media_type="application/x-ndjson")
