"""An ETag by hand: 304 instead of the body when the client has it already."""

import hashlib
from typing import Annotated

from fasterapi import FasterAPI, Header, Response

app = FasterAPI()
DOCUMENT = "# Terms\n\nBe kind.\n" * 50


def matches(if_none_match: str, etag: str) -> bool:
    """Return whether the client's list names *etag*; weak ones count (RFC 9110 13.1.2)."""
    listed = [entry.strip().removeprefix("W/") for entry in if_none_match.split(",")]
    return "*" in listed or etag in listed


@app.get("/terms")
async def terms(if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Return the document, or 304 if it has not changed."""
    etag = f'"{hashlib.sha256(DOCUMENT.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if if_none_match is not None and matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(DOCUMENT, media_type="text/markdown", headers=headers)
