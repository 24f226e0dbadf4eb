"""A file service: uploads in pieces, downloads in ranges, and an archive made while it is sent."""

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel

from fasterapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    FastAPI,
    File,
    Form,
    HTTPException,
    Request,
    UploadFile,
)
from fasterapi import Path as PathParameter
from fasterapi.responses import FileResponse, JSONResponse, StreamingResponse

PIECE_BYTES = 64 * 1024
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"

router = APIRouter(prefix="/files")
Name = Annotated[str, PathParameter(pattern=NAME)]


class Stored(BaseModel):
    """A file that was uploaded."""

    name: str
    size: int
    sha256: str
    note: str | None = None


class TooLargeError(Exception):
    """An upload over the limit."""


def folder(request: Request) -> Path:
    return request.app.state.folder


Folder = Annotated[Path, Depends(folder)]


def existing(name: Name, folder: Folder) -> Path:
    path = folder / name
    if not path.is_file():
        raise HTTPException(404, f"there is no file {name!r}")
    return path


Existing = Annotated[Path, Depends(existing)]


async def store(upload: UploadFile, folder: Path, most_bytes: int) -> Stored:
    """Write *upload* under its own name, or nothing at all."""
    name = Path(upload.filename or "").name
    if not re.match(NAME, name):
        raise HTTPException(422, f"{name[:100]!r} is no name for a file")
    digest, size, part = hashlib.sha256(), 0, folder / f"{name}.part"
    try:
        with part.open("wb") as file:
            while piece := await upload.read(PIECE_BYTES):
                size += len(piece)
                if size > most_bytes:
                    raise TooLargeError
                digest.update(piece)
                file.write(piece)
        part.replace(folder / name)
    finally:
        part.unlink(missing_ok=True)
    return Stored(name=name, size=size, sha256=digest.hexdigest())


@router.post("", status_code=201)
async def upload(
    request: Request,
    folder: Folder,
    tasks: BackgroundTasks,
    files: Annotated[list[UploadFile], File()],
    note: Annotated[str | None, Form(max_length=100)] = None,
) -> list[Stored]:
    stored = [await store(file, folder, request.app.state.most_bytes) for file in files]
    for entry in stored:
        entry.note = note
        tasks.add_task(request.app.state.journal.append, entry.name)
    return stored


@router.put("/{name}", status_code=204)
async def put(name: Name, request: Request, folder: Folder) -> None:
    """Store the raw body, without holding it in memory."""
    size, part = 0, folder / f"{name}.part"
    try:
        with part.open("wb") as file:
            async for piece in request.stream():
                size += len(piece)
                if size > request.app.state.most_bytes:
                    raise TooLargeError
                file.write(piece)
        part.replace(folder / name)
    finally:
        part.unlink(missing_ok=True)


@router.get("")
def listed(folder: Folder) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir())}


@router.get("/{name}", response_class=FileResponse)
async def download(path: Existing) -> FileResponse:
    """Send the file; ranges and conditions are answered by the response itself."""
    return FileResponse(path, filename=path.name)


@router.get("/{name}/lines")
def lines(path: Existing, contains: str = "") -> StreamingResponse:
    def matching() -> Iterator[str]:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from (line for line in file if contains in line)

    return StreamingResponse(matching(), media_type="text/plain")


@router.delete("/{name}", status_code=204)
def delete(path: Existing) -> None:
    path.unlink()


def archive(paths: list[Path]) -> Iterator[bytes]:
    """Yield a zip file piece by piece."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for path in paths:
            zipped.write(path, path.name)
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def create_app(folder: Path, most_bytes: int = 1 << 30) -> FastAPI:
    app = FastAPI(title="Files")
    folder.mkdir(parents=True, exist_ok=True)
    app.state.folder, app.state.most_bytes, app.state.journal = folder, most_bytes, []
    app.include_router(router)

    @app.exception_handler(TooLargeError)
    async def too_large(request: Request, _: TooLargeError) -> JSONResponse:
        return JSONResponse({"detail": f"at most {request.app.state.most_bytes} bytes"}, 413)

    @app.get("/archive.zip")
    def download_all() -> StreamingResponse:
        headers = {"Content-Disposition": 'attachment; filename="archive.zip"'}
        content = archive(sorted(folder.iterdir()))
        return StreamingResponse(content, media_type="application/zip", headers=headers)

    return app


app = create_app(Path(os.environ.get("FILES", "files")))
