"""Parsing a form whose body is in memory already, without a loop."""

from collections.abc import AsyncGenerator, Coroutine
from io import BytesIO
from typing import Any

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from fasterapi._form_limits import _FormLimits
from fasterapi.exceptions import HTTPException, InternalError
from fasterapi.forms import INCOMPLETE, closing_delimiter

__all__ = ("parse_form",)


def parse_form(headers: Headers, body: bytes, limits: _FormLimits) -> FormData:
    """Return the fields and files of *body*, none if its content type is not a form's.

    Args:
        headers: Of the request; the content type decides.
        body: All of it. Files stay in memory, where this is.
        limits: As routers and routes take them.

    Raises:
        HTTPException: 400, the form is malformed or exceeds the limits.
    """
    content_type, _ = parse_options_header(headers.get("content-type"))
    try:
        if content_type == b"multipart/form-data":
            _require_end(headers, body)
            parser = MultiPartParser(headers, _once(body), **limits)
            # Never to a file on disk, which would mean waiting for a thread.
            parser.spool_max_size = len(body) + 1
            return _without_temporary_files(_run(parser.parse()))
        if content_type == b"application/x-www-form-urlencoded":
            text_limits: Any = {k: v for k, v in limits.items() if k != "max_files"}
            return _run(FormParser(headers, _once(body), **text_limits).parse())
    except MultiPartException as error:
        raise HTTPException(400, error.message) from error
    return FormData()


def _require_end(headers: Headers, body: bytes) -> None:
    """Raise HTTPException if the body broke off before its closing boundary."""
    delimiter = closing_delimiter(headers.get("content-type", ""))
    if delimiter is not None:
        delimiter.feed(body)
        if delimiter.is_missing():
            raise HTTPException(400, INCOMPLETE)


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
    yield b""


def _without_temporary_files(form: FormData) -> FormData:
    """Return *form* with files that nobody has to close."""
    for _, value in form.multi_items():
        if isinstance(value, UploadFile):
            with value.file as temporary:
                value.file = BytesIO(temporary.read())
    return form


def _run(parsing: Coroutine[Any, Any, FormData]) -> FormData:
    """Return the result of *parsing*, which never has to wait: all its data is there."""
    try:
        parsing.send(None)
    except StopIteration as finished:
        form: FormData = finished.value
        return form
    parsing.close()
    raise InternalError("the form parser waits for something")
