"""Take a file, read it a piece at a time, never all of it."""

import hashlib
from pathlib import PurePath

from pydantic import BaseModel

from fasterapi import FasterAPI, HTTPException, UploadFile, status

LARGEST_BYTES = 50 * 1024 * 1024
CHUNK_BYTES = 64 * 1024

app = FasterAPI()


class Receipt(BaseModel):
    """What arrived."""

    name: str
    content_type: str | None
    size_bytes: int
    sha256: str


@app.post("/files", status_code=201)
async def upload(file: UploadFile) -> Receipt:
    """Return size and digest of a file."""
    digest, size = hashlib.sha256(), 0
    while chunk := await file.read(CHUNK_BYTES):
        size += len(chunk)
        if size > LARGEST_BYTES:
            raise HTTPException(
                status.HTTP_413_CONTENT_TOO_LARGE, f"the largest file has {LARGEST_BYTES} bytes"
            )
        digest.update(chunk)
    # The client chose the name: only its last part, and never as a path to write to.
    name = PurePath((file.filename or "").replace("\\", "/")).name
    return Receipt(
        name=name, content_type=file.content_type, size_bytes=size, sha256=digest.hexdigest()
    )
