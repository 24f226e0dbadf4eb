"""Parameters in the body of a request: JSON, forms, files."""

# The parameters of a function and of the class that it makes have the same names, hence
# ``**locals()``: the list of thirty stands here once for readers and editors, not thrice.

import re
from collections.abc import Callable
from typing import Any, Literal

from pydantic import AliasChoices, AliasPath, Discriminator
from typing_extensions import deprecated

from fasterapi import params
from fasterapi._compat import Undefined
from fasterapi.datastructures import _Unset
from fasterapi.openapi._example import Example

__all__ = ("Body", "File", "Form")


def Body(  # noqa: N802  # public name
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    embed: bool | None = None,
    media_type: str = "application/json",
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> Any:
    """Declare a parameter that is the body, or a field of a JSON body.

    Args:
        default: Value if the request has none; without it the body is required.
        default_factory: Called without arguments for a default where there is no value.
        embed: Whether the body is an object with this parameter as a field.
        media_type: Media type in OpenAPI.
        alias: Name in the body, if it is not that of the parameter.
        alias_priority: Which alias wins where an alias generator makes one too.
        validation_alias: Name to read the value by, before *alias*.
        serialization_alias: Name to write the value by, before *alias*.
        title: Title in OpenAPI.
        description: Description in OpenAPI, in Markdown.
        gt: The value must be greater than this.
        ge: The value must be at least this.
        lt: The value must be less than this.
        le: The value must be at most this.
        min_length: Least length of a string or list.
        max_length: Greatest length of a string or list.
        pattern: Regular expression that a string must match somewhere.
        regex: Deprecated name of *pattern*.
        discriminator: Field that tells which model of a union to use.
        strict: Whether to accept only the exact type, without conversion.
        validate_default: Whether the default is validated too.
        union_mode: Whether a union takes the best match or the first.
        fail_fast: Whether a list is given up at its first wrong item.
        multiple_of: The value must be a multiple of this.
        allow_inf_nan: Whether a float may be infinite or not a number.
        max_digits: Greatest number of digits of a decimal.
        decimal_places: Greatest number of decimal places of a decimal.
        examples: Values shown in OpenAPI as part of the schema.
        example: Deprecated form of *examples*.
        openapi_examples: Examples by name, shown in OpenAPI beside the schema.
        deprecated: Whether OpenAPI marks it as deprecated.
        include_in_schema: Whether it is part of OpenAPI.
        json_schema_extra: Keys to add to the schema, or a function that edits it.
    """
    return params.Body(**locals())


def Form(  # noqa: N802  # public name
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    media_type: str = "application/x-www-form-urlencoded",
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> Any:
    """Declare a parameter that is a field of a form.

    Args:
        default: Value if the form has none; without it the field is required.
        default_factory: Called without arguments for a default where there is no value.
        media_type: Media type in OpenAPI.
        alias: Name in the form, if it is not that of the parameter.
        alias_priority: Which alias wins where an alias generator makes one too.
        validation_alias: Name to read the value by, before *alias*.
        serialization_alias: Name to write the value by, before *alias*.
        title: Title in OpenAPI.
        description: Description in OpenAPI, in Markdown.
        gt: The value must be greater than this.
        ge: The value must be at least this.
        lt: The value must be less than this.
        le: The value must be at most this.
        min_length: Least length of a string or list.
        max_length: Greatest length of a string or list.
        pattern: Regular expression that a string must match somewhere.
        regex: Deprecated name of *pattern*.
        discriminator: Field that tells which model of a union to use.
        strict: Whether to accept only the exact type, without conversion.
        validate_default: Whether the default is validated too.
        union_mode: Whether a union takes the best match or the first.
        fail_fast: Whether a list is given up at its first wrong item.
        multiple_of: The value must be a multiple of this.
        allow_inf_nan: Whether a float may be infinite or not a number.
        max_digits: Greatest number of digits of a decimal.
        decimal_places: Greatest number of decimal places of a decimal.
        examples: Values shown in OpenAPI as part of the schema.
        example: Deprecated form of *examples*.
        openapi_examples: Examples by name, shown in OpenAPI beside the schema.
        deprecated: Whether OpenAPI marks it as deprecated.
        include_in_schema: Whether it is part of OpenAPI.
        json_schema_extra: Keys to add to the schema, or a function that edits it.
    """
    return params.Form(**locals())


def File(  # noqa: N802  # public name
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    media_type: str = "multipart/form-data",
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> Any:
    """Declare a parameter that is a file in a form.

    Args:
        default: Value if the form has none; without it the file is required.
        default_factory: Called without arguments for a default where there is no value.
        media_type: Media type in OpenAPI.
        alias: Name in the form, if it is not that of the parameter.
        alias_priority: Which alias wins where an alias generator makes one too.
        validation_alias: Name to read the value by, before *alias*.
        serialization_alias: Name to write the value by, before *alias*.
        title: Title in OpenAPI.
        description: Description in OpenAPI, in Markdown.
        gt: The value must be greater than this.
        ge: The value must be at least this.
        lt: The value must be less than this.
        le: The value must be at most this.
        min_length: Least length of a string or list.
        max_length: Greatest length of a string or list.
        pattern: Regular expression that a string must match somewhere.
        regex: Deprecated name of *pattern*.
        discriminator: Field that tells which model of a union to use.
        strict: Whether to accept only the exact type, without conversion.
        validate_default: Whether the default is validated too.
        union_mode: Whether a union takes the best match or the first.
        fail_fast: Whether a list is given up at its first wrong item.
        multiple_of: The value must be a multiple of this.
        allow_inf_nan: Whether a float may be infinite or not a number.
        max_digits: Greatest number of digits of a decimal.
        decimal_places: Greatest number of decimal places of a decimal.
        examples: Values shown in OpenAPI as part of the schema.
        example: Deprecated form of *examples*.
        openapi_examples: Examples by name, shown in OpenAPI beside the schema.
        deprecated: Whether OpenAPI marks it as deprecated.
        include_in_schema: Whether it is part of OpenAPI.
        json_schema_extra: Keys to add to the schema, or a function that edits it.
    """
    return params.File(**locals())
