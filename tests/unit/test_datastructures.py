"""Uploads as pydantic sees them, and marked defaults."""

import io

import pytest
import starlette.datastructures
from pydantic import TypeAdapter, ValidationError

from fasterapi.datastructures import Default, DefaultPlaceholder, UploadFile


def test_upload_of_starlette_is_accepted_as_it_is() -> None:
    upload = starlette.datastructures.UploadFile(io.BytesIO(b"x"))
    assert TypeAdapter(UploadFile).validate_python(upload) is upload


def test_anything_else_is_refused() -> None:
    with pytest.raises(ValidationError, match="Expected UploadFile, received: <class 'str'>"):
        TypeAdapter(UploadFile).validate_python("x")


def test_upload_is_binary_content_in_a_schema() -> None:
    assert TypeAdapter(UploadFile).json_schema() == {
        "type": "string",
        "contentMediaType": "application/octet-stream",
    }


@pytest.mark.anyio
async def test_upload_reads_what_was_written() -> None:
    upload = UploadFile(io.BytesIO(), size=0, filename="a")
    await upload.write(b"abc")
    await upload.seek(1)
    assert await upload.read() == b"bc"
    assert upload.size == 3
    await upload.close()
    assert upload.file.closed


def test_marked_default_is_as_true_and_equal_as_its_value() -> None:
    marked = Default([1])
    assert isinstance(marked, DefaultPlaceholder)
    assert marked
    assert not Default(None)
    assert marked == Default([1])
    assert marked != [1]
