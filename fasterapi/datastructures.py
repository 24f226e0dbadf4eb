"""Uploads, and Starlette's structures for headers, URLs, forms and state."""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, TypeVar, cast

from pydantic import GetJsonSchemaHandler
from pydantic_core.core_schema import with_info_plain_validator_function
from starlette.datastructures import URL, Address, FormData, Headers, QueryParams, State
from starlette.datastructures import UploadFile as StarletteUploadFile

__all__ = (
    "URL",
    "Address",
    "Default",
    "DefaultPlaceholder",
    "DefaultType",
    "FormData",
    "Headers",
    "QueryParams",
    "State",
    "UploadFile",
)


class UploadFile(StarletteUploadFile):
    """A file sent with a form; beyond a size it is kept on disk, not in memory.

    The methods run in a worker thread when the file is on disk. Without a
    running event loop use `file` itself.
    """

    file: BinaryIO
    """The file object below."""
    filename: str | None
    """The name that the client gave; never use it as a path as it is."""
    size: int | None
    """Length in bytes."""
    headers: Headers
    """The headers of this part of the form."""
    content_type: str | None
    """The media type that the client gave."""

    async def write(self, data: bytes) -> None:
        """Write *data* at the current position."""
        await super().write(data)

    async def read(self, size: int = -1) -> bytes:
        """Return the bytes from the current position on.

        Args:
            size: How many at most; -1 means all.
        """
        return await super().read(size)

    async def seek(self, offset: int) -> None:
        """Move to *offset* bytes from the start; ``seek(0)`` allows to read again."""
        await super().seek(offset)

    async def close(self) -> None:
        """Close the file, which deletes its copy on disk."""
        await super().close()

    @classmethod
    def _validate(cls, value: Any, _info: Any) -> "UploadFile":
        # Forms are parsed into Starlette's class, so that is what must be accepted.
        if not isinstance(value, StarletteUploadFile):
            message = f"Expected UploadFile, received: {type(value)}"
            raise ValueError(message)  # pydantic reports ValueError only
        return cast("UploadFile", value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: Mapping[str, Any], handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the schema of binary content, as OpenAPI 3.1 writes it."""
        return {"type": "string", "contentMediaType": "application/octet-stream"}

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: Callable[[Any], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Return a schema that only checks the class."""
        return cast("Mapping[str, Any]", with_info_plain_validator_function(cls._validate))


class DefaultPlaceholder:
    """A default value that can be told from the same value given by a caller.

    It is as true as the value it stands for.

    Args:
        value: The value to use where nothing was given.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DefaultPlaceholder) and other.value == self.value

    # COMPAT: equal by a value that may be unhashable, hence unhashable itself.
    __hash__ = None  # type: ignore[assignment]


DefaultType = TypeVar("DefaultType")


def Default(value: DefaultType) -> DefaultType:  # noqa: N802  # public name
    """Return *value* marked as a default that nobody gave.

    The declared type is that of *value*, so that it can stand as the default of a
    parameter with that type; at run time it is a `DefaultPlaceholder`.
    """
    return cast("DefaultType", DefaultPlaceholder(value))


_Unset: Any = Default(None)
