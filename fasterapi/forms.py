"""Forms: whether one came whole, and names under which its files may be saved."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

__all__ = (
    "INCOMPLETE",
    "ClosingDelimiter",
    "closing_delimiter",
    "read_form",
    "safe_filename",
    "save_upload",
)

INCOMPLETE = "Multipart body ended before its closing boundary."
"""Detail of the 400 for a form that broke off."""

_MAX_NAME_BYTES = 255  # what the usual file systems take
_MAX_SUFFIX_BYTES = 32  # longer "extensions" are part of the text
# Control characters, and what Windows refuses in names.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff<>:"|?*]')
# Windows opens these as devices, with every extension and in every directory.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\.|$)", re.I)


class ClosingDelimiter:
    """Notes whether the line that ends a multipart body has come by.

    Args:
        boundary: The boundary of the content type.

    Source: RFC 2046 section 5.1.1.
    """

    __slots__ = ("_tail", "_wanted", "has_data", "is_seen")

    def __init__(self, boundary: bytes) -> None:
        self._wanted = b"\r\n--" + boundary + b"--"
        # The delimiter's line break is missing where it is the very first line.
        self._tail = b"\r\n"
        self.is_seen = False
        self.has_data = False

    def feed(self, chunk: bytes) -> None:
        """Look into the next piece of the body."""
        self.has_data = self.has_data or bool(chunk)
        if self.is_seen:
            return
        size = len(self._wanted) - 1
        self.is_seen = self._wanted in self._tail + chunk[:size] or self._wanted in chunk
        self._tail = (self._tail + chunk[-size:])[-size:]

    def is_missing(self) -> bool:
        """Return whether the body broke off. COMPAT: one without a byte is an empty form."""
        return self.has_data and not self.is_seen


def closing_delimiter(content_type: str) -> ClosingDelimiter | None:
    """Return what watches a form of *content_type*; None unless that is a multipart form."""
    if not content_type.lower().startswith("multipart/form-data"):
        return None
    # Not at the top: without it, Starlette's own message about forms has to come first.
    from python_multipart.multipart import parse_options_header  # noqa: PLC0415

    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    return ClosingDelimiter(boundary) if boundary else None


def _watched(
    stream: Callable[[], Any], delimiter: ClosingDelimiter
) -> Callable[[], AsyncIterator[bytes]]:
    async def chunks() -> AsyncIterator[bytes]:
        async with aclosing(stream()) as source:
            async for chunk in source:
                delimiter.feed(chunk)
                yield chunk
        if delimiter.is_missing():
            # Raised into the parser, which closes the files of unfinished parts then only.
            raise MultiPartException(INCOMPLETE)

    return chunks


async def read_form(request: Request, **limits: Any) -> FormData:
    """Return the form of *request*, which is complete.

    Args:
        request: Whose body is read.
        limits: Keyword arguments of ``request.form``.

    Raises:
        HTTPException: 400: the body is no form, exceeds a limit, or is a multipart body
            without its end; FastAPI takes the fields that have come.
    """
    delimiter = closing_delimiter(request.headers.get("content-type", ""))
    if delimiter is None:
        return await request.form(**limits)
    request.stream = _watched(request.stream, delimiter)  # type: ignore[method-assign,assignment]
    try:
        return await request.form(**limits)
    finally:
        del request.stream


def safe_filename(name: str | None, default: str = "file") -> str:
    r"""Return a file name for what a client calls *name*: one component, on every system.

    ``../../etc/passwd`` becomes ``passwd``, ``C:\x.txt`` ``x.txt``, ``NUL.txt`` ``_NUL.txt``.

    Args:
        name: The client's name, as in `UploadFile.filename`.
        default: What stands for a name of which nothing is left.
    """
    last = re.split(r"[/\\]", name or "")[-1]
    cleaned = _UNSAFE.sub("_", last).strip(". ")
    if _DEVICE.match(cleaned):
        cleaned = f"_{cleaned}"
    return _shortened(cleaned) or default


def _shortened(name: str) -> str:
    """Return *name* within the file system's limit, its extension kept."""
    if len(name.encode()) <= _MAX_NAME_BYTES:
        return name
    stem, suffix = os.path.splitext(name)
    encoded_suffix = suffix.encode()
    if len(encoded_suffix) > _MAX_SUFFIX_BYTES:
        stem, encoded_suffix = name, b""
    room = _MAX_NAME_BYTES - len(encoded_suffix)
    return stem.encode()[:room].decode("utf-8", "ignore") + encoded_suffix.decode()


async def save_upload(
    file: UploadFile, directory: str | os.PathLike[str], *, name: str | None = None
) -> Path:
    """Write all of *file* into *directory* and return the path.

    Args:
        file: The upload; its position is where it was, afterwards.
        directory: An existing directory.
        name: Name of the new file; `safe_filename` of the client's unless given.

    Raises:
        ValueError: *name* is not one component that every system takes.
        FileExistsError: There is a file, or a link, of that name.
    """
    if name is not None and (not name or safe_filename(name, "") != name):
        raise ValueError(f"name must be a plain file name, got {name[:200]!r}")
    target = Path(directory) / (name or safe_filename(file.filename))
    await run_in_threadpool(_copy, file.file, target)
    return target


def _copy(source: Any, target: Path) -> None:
    # SECURITY: "x" follows no link and opens nothing that is there.
    with target.open("xb") as output:
        position = source.tell()
        try:
            source.seek(0)
            shutil.copyfileobj(source, output)
        except BaseException:
            target.unlink()
            raise
        finally:
            source.seek(position)
