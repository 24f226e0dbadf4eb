"""How a parameter of a handler is declared: the objects behind `Query`, `Depends`, ...

`fasterapi.param_functions` has the functions that programs call. These classes are what
those return, and what programs subclass or look for in a signature.
"""

import inspect
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal

from pydantic import AliasChoices, AliasPath, Discriminator
from pydantic.fields import FieldInfo
from typing_extensions import TypedDict, Unpack, deprecated

from fasterapi._compat import Undefined
from fasterapi.concurrency import _DependencyConcurrency
from fasterapi.datastructures import _Unset
from fasterapi.exceptions import FastAPIDeprecationWarning
from fasterapi.openapi._example import Example

__all__ = (
    "Body",
    "Cookie",
    "Depends",
    "File",
    "Form",
    "Header",
    "Param",
    "ParamOptions",
    "ParamTypes",
    "Path",
    "Query",
    "Security",
)


class ParamTypes(Enum):
    """Where a parameter is, in the words of OpenAPI."""

    query = "query"
    header = "header"
    path = "path"
    cookie = "cookie"


class ParamOptions(TypedDict, total=False, closed=True):
    """Keyword options of every parameter; `fasterapi.Query` documents each of them."""

    default_factory: Callable[[], Any] | None
    annotation: Any
    alias: str | None
    alias_priority: int | None
    validation_alias: str | AliasPath | AliasChoices | None
    serialization_alias: str | None
    title: str | None
    description: str | None
    gt: float | None
    ge: float | None
    lt: float | None
    le: float | None
    min_length: int | None
    max_length: int | None
    pattern: str | re.Pattern[str] | None
    regex: str | None
    discriminator: str | Discriminator | None
    strict: bool | None
    validate_default: bool | None
    union_mode: Literal["smart", "left_to_right"] | None
    fail_fast: bool | None
    multiple_of: float | None
    allow_inf_nan: bool | None
    max_digits: int | None
    decimal_places: int | None
    examples: list[Any] | None
    example: Any
    openapi_examples: dict[str, Example] | None
    deprecated: deprecated | str | bool | None
    include_in_schema: bool
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None


# What pydantic's FieldInfo is given, in this order, because it applies constraints in the
# order in which it gets them. None is passed on and counts as given, _Unset is not.
_FIELD_DEFAULTS: dict[str, Any] = {
    "default_factory": _Unset,
    "alias": _Unset,
    "title": _Unset,
    "description": _Unset,
    "examples": _Unset,
    "gt": None,
    "ge": None,
    "lt": None,
    "le": None,
    "min_length": None,
    "max_length": None,
    "discriminator": _Unset,
    "validate_default": _Unset,
    "union_mode": _Unset,
    "fail_fast": _Unset,
    "multiple_of": _Unset,
    "allow_inf_nan": _Unset,
    "max_digits": _Unset,
    "decimal_places": _Unset,
    "deprecated": _Unset,
    "annotation": None,
    "alias_priority": _Unset,
    "validation_alias": _Unset,
    "serialization_alias": _Unset,
    "strict": _Unset,
    "json_schema_extra": _Unset,
    "pattern": None,
}


_PASSED_DEFAULTS: Final = {
    name: value for name, value in _FIELD_DEFAULTS.items() if value is not _Unset
}


def _speaks_up(options: dict[str, Any]) -> bool:
    """Return whether *options* make a difference to pydantic, even if None says nothing."""
    given = FieldInfo(**{**options, "annotation": int})
    bare = FieldInfo(annotation=int)
    return any(
        getattr(given, name, None) != getattr(bare, name, None) for name in FieldInfo.__slots__
    )


# PERF: half of the time of a FieldInfo goes into looking at them.
_NEEDED_DEFAULTS: Final = _PASSED_DEFAULTS if _speaks_up(_PASSED_DEFAULTS) else {}


def _field_arguments(default: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments for pydantic's `FieldInfo`."""
    arguments = {"default": default, **_FIELD_DEFAULTS, **options}
    alias = arguments["alias"]
    if _is_absent(arguments["serialization_alias"]) and isinstance(alias, str):
        arguments["serialization_alias"] = alias
    if _is_absent(arguments["validation_alias"]):
        arguments["validation_alias"] = alias
    return {name: value for name, value in arguments.items() if value is not _Unset}


def _is_absent(value: Any) -> bool:
    return value is None or value is _Unset


def _warn_deprecated(old: str, new: str) -> None:
    # Classes, functions and subclasses of programs differ in how many calls lie between,
    # so the level is counted: the first frame that is not of these two modules.
    level = 1
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_OWN_MODULES):
        frame = frame.f_back
        level += 1
    warnings.warn(
        f"`{old}` has been deprecated, please use `{new}` instead",
        category=FastAPIDeprecationWarning,
        stacklevel=level,
    )


_OWN_MODULES = (__name__, "fasterapi.param_functions")


# Pydantic declares FieldInfo final for type checkers, hence the comments on all subclasses.
class _Declaration(FieldInfo):  # type: ignore[misc]
    """Base of all parameters that a request supplies."""

    example: Any
    include_in_schema: bool
    openapi_examples: dict[str, Example] | None

    def __init__(self, default: Any, options: ParamOptions) -> None:
        if options.keys() == {"annotation"}:
            # PERF: a parameter that nobody has declared in any other way; most are like that.
            self.example, self.include_in_schema, self.openapi_examples = _Unset, True, None
            super().__init__(default=default, **{**_NEEDED_DEFAULTS, **options})
            return
        given: dict[str, Any] = dict(options)
        self.example = given.pop("example", _Unset)
        self.include_in_schema = given.pop("include_in_schema", True)
        self.openapi_examples = given.pop("openapi_examples", None)
        regex = given.pop("regex", None)
        if self.example is not _Unset:
            _warn_deprecated("example", "examples")
        if regex is not None:
            _warn_deprecated("regex", "pattern")
        given["pattern"] = given.get("pattern") or regex
        unknown = [name for name in given if name not in _FIELD_DEFAULTS]
        if unknown:  # FieldInfo itself would ignore it
            message = f"{type(self).__name__}() got an unexpected keyword argument {unknown[0]!r}"
            raise TypeError(message)
        super().__init__(**_field_arguments(default, given))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.default})"


class Param(_Declaration):  # type: ignore[misc]
    """Base of the parameters outside the body.

    Args:
        default: Value if the request has none; without it the parameter is required.
        **options: See `fasterapi.Query`.
    """

    in_: ParamTypes

    def __init__(self, default: Any = Undefined, **options: Unpack[ParamOptions]) -> None:
        super().__init__(default, options)


class Path(Param):  # type: ignore[misc]
    """A part of the path.

    Args:
        default: Only ``...``, for a path always has all its parts.
        **options: See `fasterapi.Query`.
    """

    in_ = ParamTypes.path

    def __init__(self, default: Any = ..., **options: Unpack[ParamOptions]) -> None:
        if default is not ...:
            message = "Path parameters cannot have a default value"
            raise AssertionError(message)  # COMPAT: what FastAPI raises
        super().__init__(default, **options)


class Query(Param):  # type: ignore[misc]
    """A parameter of the query string; see `fasterapi.Query`."""

    in_ = ParamTypes.query


class Header(Param):  # type: ignore[misc]
    """A header.

    Args:
        default: Value if the request has none; without it the header is required.
        convert_underscores: Whether ``user_agent`` stands for ``user-agent``.
        **options: See `fasterapi.Query`.
    """

    in_ = ParamTypes.header

    def __init__(
        self,
        default: Any = Undefined,
        *,
        convert_underscores: bool = True,
        **options: Unpack[ParamOptions],
    ) -> None:
        self.convert_underscores = convert_underscores
        super().__init__(default, **options)


class Cookie(Param):  # type: ignore[misc]
    """A cookie; see `fasterapi.Cookie`."""

    in_ = ParamTypes.cookie


class Body(_Declaration):  # type: ignore[misc]
    """The body, or one field of a JSON body.

    Args:
        default: Value if the request has none; without it the body is required.
        embed: Whether the body is an object with this parameter as a field.
        media_type: Media type in OpenAPI.
        **options: See `fasterapi.Query`.
    """

    def __init__(
        self,
        default: Any = Undefined,
        *,
        embed: bool | None = None,
        media_type: str = "application/json",
        **options: Unpack[ParamOptions],
    ) -> None:
        self.embed = embed
        self.media_type = media_type
        super().__init__(default, options)


class Form(Body):  # type: ignore[misc]
    """A field of a form.

    Args:
        default: Value if the form has none; without it the field is required.
        media_type: Media type in OpenAPI.
        **options: See `fasterapi.Query`.
    """

    def __init__(
        self,
        default: Any = Undefined,
        *,
        media_type: str = "application/x-www-form-urlencoded",
        **options: Unpack[ParamOptions],
    ) -> None:
        super().__init__(default, embed=None, media_type=media_type, **options)


class File(Form):  # type: ignore[misc]
    """A file in a form.

    Args:
        default: Value if the form has none; without it the file is required.
        media_type: Media type in OpenAPI.
        **options: See `fasterapi.Query`.
    """

    def __init__(
        self,
        default: Any = Undefined,
        *,
        media_type: str = "multipart/form-data",
        **options: Unpack[ParamOptions],
    ) -> None:
        super().__init__(default, media_type=media_type, **options)


@dataclass(frozen=True)
class Depends:
    """A value that another callable supplies; see `fasterapi.Depends`."""

    dependency: Callable[..., Any] | None = None
    use_cache: bool = True
    scope: Literal["function", "request"] | None = None
    max_concurrency: int | None = field(default=None, kw_only=True)
    # Part of equality: two declarations with the same limit do not share it.
    _concurrency: _DependencyConcurrency | None = field(default=None, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        limit = self.max_concurrency
        if limit is not None and (type(limit) is not int or limit < 1):
            message = "max_concurrency must be a positive integer or None"
            raise ValueError(message)
        shared = self._concurrency
        if limit is None:
            shared = None
        elif shared is None or shared.max_concurrency != limit:
            shared = _DependencyConcurrency(limit)
        object.__setattr__(self, "_concurrency", shared)


@dataclass(frozen=True)
class Security(Depends):
    """A dependency with OAuth2 scopes; see `fasterapi.Security`."""

    scopes: Sequence[str] | None = None
