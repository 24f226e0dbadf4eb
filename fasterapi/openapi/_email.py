"""`EmailStr` for the contact of a document, with or without email-validator."""

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pydantic import GetJsonSchemaHandler

from fasterapi._compat import with_info_plain_validator_function
from fasterapi.logger import logger

__all__ = ("EmailStr",)

_NOT_INSTALLED = (
    "email-validator not installed, email fields will be treated as str.\n"
    "To install, run: pip install email-validator"
)


class _UncheckedEmail(str):
    """Text documented as an e-mail address; stands in for pydantic's type."""

    __slots__ = ()

    @classmethod
    def __get_validators__(cls) -> Iterable[Callable[..., Any]]:
        yield cls.validate

    @classmethod
    def validate(cls, value: Any) -> str:
        """Return *value* as text, and log that nothing was checked."""
        logger.warning(_NOT_INSTALLED)
        return str(value)

    @classmethod
    def _validate(cls, value: Any, _info: Any) -> str:
        return cls.validate(value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _core_schema: Mapping[str, Any], _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": "email"}

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _handler: Callable[[Any], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        return with_info_plain_validator_function(cls._validate)


_UncheckedEmail.__name__ = _UncheckedEmail.__qualname__ = "EmailStr"

if TYPE_CHECKING or find_spec("email_validator") is not None:
    from pydantic import EmailStr
else:
    EmailStr = _UncheckedEmail
