"""Any value to what JSON can express: dict, list, str, int, float, bool and None.

One handler does one kind of value. A handler chooses those of the parts itself and
calls them directly, so that a level of nesting costs one frame of the stack.
"""

import dataclasses
import datetime as dt
from collections import defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from functools import partial
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from pathlib import Path, PurePath
from re import Pattern
from types import GeneratorType, NoneType
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel
from pydantic.networks import AnyUrl, NameEmail
from pydantic.types import SecretBytes, SecretStr
from pydantic_core import PydanticUndefinedType, Url

from fasterapi._compat import is_pydantic_v1_model_instance
from fasterapi._compat.jsonable_kinds import kind_of_class
from fasterapi._speedups.jsonable import Jsonable
from fasterapi.exceptions import PydanticV1NotSupportedError
from fasterapi.types import IncEx

# A type only for the table below; never met where its package is not installed.
try:
    from pydantic.color import Color
except ImportError:

    class Color:  # type: ignore[no-redef]
        pass


try:
    from pydantic_extra_types.color import Color as PyExtraColor
except ImportError:

    class PyExtraColor:  # type: ignore[no-redef]
        pass


__all__ = (
    "ENCODERS_BY_TYPE",
    "decimal_encoder",
    "encoders_by_class_tuples",
    "generate_encoders_by_class_tuples",
    "isoformat",
    "jsonable_encoder",
)

Encoder = Callable[[Any], Any]


def isoformat(o: dt.date | dt.time) -> str:
    """Return a date or time in the format of ISO 8601."""
    return o.isoformat()


def decimal_encoder(dec_value: Decimal) -> int | float:
    """Return an int if there are no decimal places, else a float.

    A column ``Numeric(x, 0)`` often holds ids, and an id that came out as a float
    would not go in again.
    """
    exponent = dec_value.as_tuple().exponent
    is_whole = isinstance(exponent, int) and exponent >= 0  # "n" and "F": NaN and infinity
    return int(dec_value) if is_whole else float(dec_value)


ENCODERS_BY_TYPE: dict[type[Any], Encoder] = {
    bytes: lambda value: value.decode(),
    Color: str,
    PyExtraColor: str,
    dt.date: isoformat,
    dt.datetime: isoformat,
    dt.time: isoformat,
    dt.timedelta: lambda value: value.total_seconds(),
    Decimal: decimal_encoder,
    Enum: lambda value: value.value,
    frozenset: list,
    deque: list,
    GeneratorType: list,
    IPv4Address: str,
    IPv4Interface: str,
    IPv4Network: str,
    IPv6Address: str,
    IPv6Interface: str,
    IPv6Network: str,
    NameEmail: str,
    Path: str,
    Pattern: lambda value: value.pattern,
    SecretBytes: str,
    SecretStr: str,
    set: list,
    UUID: str,
    Url: str,
    AnyUrl: str,
}
"""The encoder of each type that JSON does not know; programs may add their own."""


def generate_encoders_by_class_tuples(
    type_encoder_map: dict[Any, Encoder],
) -> dict[Encoder, tuple[Any, ...]]:
    """Return the types of each encoder, ready for one ``isinstance`` each.

    Args:
        type_encoder_map: The encoder of each type.
    """
    classes: dict[Encoder, tuple[Any, ...]] = defaultdict(tuple)
    for type_, encoder in type_encoder_map.items():
        classes[encoder] += (type_,)
    return classes


encoders_by_class_tuples = generate_encoders_by_class_tuples(ENCODERS_BY_TYPE)
"""Serves subclasses, where `ENCODERS_BY_TYPE` has no entry for the class itself."""


class _Options(NamedTuple):
    """What holds for a value and for all its parts."""

    by_alias: bool = True
    exclude_unset: bool = False
    exclude_defaults: bool = False
    exclude_none: bool = False
    custom_encoder: dict[Any, Encoder] | None = None
    sqlalchemy_safe: bool = True


_DEFAULT_OPTIONS = _Options()

# Value, options, include, exclude; include and exclude are sets or dicts by then.
_Handler = Callable[[Any, _Options, IncEx | None, IncEx | None], Any]


def jsonable_encoder(
    obj: Any,
    include: IncEx | None = None,
    exclude: IncEx | None = None,
    by_alias: bool = True,
    exclude_unset: bool = False,
    exclude_defaults: bool = False,
    exclude_none: bool = False,
    custom_encoder: dict[Any, Encoder] | None = None,
    sqlalchemy_safe: bool = True,
) -> Any:
    """Return *obj* as a value that ``json.dumps`` accepts.

    Args:
        obj: A model, dataclass, container, or any other value.
        include: Names of the fields, or keys, to keep; None keeps all.
        exclude: Names of the fields, or keys, to leave out.
        by_alias: Whether models are written with the aliases of their fields.
        exclude_unset: Whether to leave out fields of models that nobody set.
        exclude_defaults: Whether to leave out fields of models with their default value.
        exclude_none: Whether to leave out fields and keys whose value is None.
        custom_encoder: Encoders by type, which go before all others; what they
            return is used as it is.
        sqlalchemy_safe: Whether to leave out keys that begin with ``_sa``, where
            SQLAlchemy keeps its own state.

    Raises:
        ValueError: If there is no way to encode the value or a part of it.
        PydanticV1NotSupportedError: If it is a model of ``pydantic.v1``.
    """
    if not (custom_encoder or include is not None or exclude is not None):
        options = _DEFAULT_OPTIONS
        if not by_alias or exclude_unset or exclude_defaults or exclude_none or not sqlalchemy_safe:
            options = _Options(
                by_alias, exclude_unset, exclude_defaults, exclude_none, None, sqlalchemy_safe
            )
        return _encode(obj, options)
    options = _Options(
        by_alias,
        exclude_unset,
        exclude_defaults,
        exclude_none,
        custom_encoder or None,
        sqlalchemy_safe,
    )
    handler = _handler_of(obj, options)
    return handler(obj, options, _as_fields(include), _as_fields(exclude))


def _as_fields(names: Any) -> IncEx | None:
    if names is None or isinstance(names, set | dict):
        return names
    return set(names)


def _handler_of(obj: Any, options: _Options) -> _Handler:
    """Return the handler of *obj*; the order of the questions is part of the behaviour."""
    if options.custom_encoder is not None:
        encoder = _custom_encoder_of(obj, options.custom_encoder)
        if encoder is not None:
            return _calling(encoder)
    handler = _HANDLERS_BY_TYPE.get(type(obj))
    if handler is not None:
        return handler
    if isinstance(obj, BaseModel):
        return _encode_model
    if dataclasses.is_dataclass(obj):
        return _encode_dataclass
    for classes, class_handler in _HANDLERS_BY_CLASS:
        if isinstance(obj, classes):
            return class_handler
    return _encode_other


def _custom_encoder_of(obj: Any, custom_encoder: dict[Any, Encoder]) -> Encoder | None:
    if type(obj) in custom_encoder:
        return custom_encoder[type(obj)]
    for type_, encoder in custom_encoder.items():
        if isinstance(obj, type_):
            return encoder
    return None


def _calling(encoder: Encoder) -> _Handler:
    return lambda obj, _options, _include, _exclude: encoder(obj)


def _encode_model(obj: Any, options: _Options, include: IncEx | None, exclude: IncEx | None) -> Any:
    dumped = obj.model_dump(
        mode="json",
        include=include,
        exclude=exclude,
        by_alias=options.by_alias,
        exclude_unset=options.exclude_unset,
        exclude_none=options.exclude_none,
        exclude_defaults=options.exclude_defaults,
    )
    # COMPAT: custom encoders see models, not what is inside them.
    rest = _DEFAULT_OPTIONS._replace(
        exclude_none=options.exclude_none,
        exclude_defaults=options.exclude_defaults,
        sqlalchemy_safe=options.sqlalchemy_safe,
    )
    return _encode(dumped, rest)


def _encode_dataclass(
    obj: Any, options: _Options, include: IncEx | None, exclude: IncEx | None
) -> Any:
    if isinstance(obj, type):
        message = f"a dataclass cannot be encoded, only an instance of it, got {obj!r}"
        raise AssertionError(message)  # COMPAT: what FastAPI raises
    fields = dataclasses.asdict(obj)
    return _handler_of(fields, options)(fields, options, include, exclude)


def _encode_dict(obj: Any, options: _Options, include: IncEx | None, exclude: IncEx | None) -> Any:
    encoded = {}
    for key, value in obj.items():
        if (
            (include is not None and key not in include)
            or (exclude is not None and key in exclude)
            or (value is None and options.exclude_none)
            or (options.sqlalchemy_safe and isinstance(key, str) and key.startswith("_sa"))
        ):
            continue
        # The names chosen are those of this level only, hence None for key and value.
        encoded_key = _handler_of(key, options)(key, options, None, None)
        encoded[encoded_key] = _handler_of(value, options)(value, options, None, None)
    return encoded


def _encode_items(obj: Any, options: _Options, include: IncEx | None, exclude: IncEx | None) -> Any:
    encoded = []
    for item in obj:  # a comprehension would be a second frame on Python 3.11
        encoded.append(_handler_of(item, options)(item, options, include, exclude))  # noqa: PERF401
    return encoded


def _encode_other(obj: Any, options: _Options, include: IncEx | None, exclude: IncEx | None) -> Any:
    encoder = _registered_encoder_of(obj)
    if encoder is not None:
        return encoder(obj)
    if is_pydantic_v1_model_instance(obj):
        message = (
            "pydantic.v1 models are no longer supported by FastAPI."
            f" Please update the model {obj!r}."
        )
        raise PydanticV1NotSupportedError(message)
    fields = _fields_of(obj)
    return _handler_of(fields, options)(fields, options, include, exclude)


def _registered_encoder_of(obj: Any) -> Encoder | None:
    if type(obj) in ENCODERS_BY_TYPE:
        return ENCODERS_BY_TYPE[type(obj)]
    for encoder, classes in encoders_by_class_tuples.items():
        if isinstance(obj, classes):
            return encoder
    return None


def _fields_of(obj: Any) -> dict[Any, Any]:
    try:
        return dict(obj)
    except Exception as no_mapping:  # any code of the program may run here
        try:
            attributes: dict[Any, Any] = vars(obj)
        except Exception as no_attributes:
            raise ValueError([no_mapping, no_attributes]) from no_attributes
        return attributes


def _keep(obj: Any, _options: _Options, _include: IncEx | None, _exclude: IncEx | None) -> Any:
    return obj


def _encode(obj: Any, options: _Options) -> Any:
    """Return *obj* encoded by compiled code, which has no notion of custom encoders."""
    return JSONABLE.encode(
        obj,
        options,
        exclude_none=options.exclude_none,
        sqlalchemy_safe=options.sqlalchemy_safe,
    )


def _encode_in_python(obj: Any, options: _Options) -> Any:
    return _handler_of(obj, options)(obj, options, None, None)


JSONABLE = Jsonable(
    ENCODERS_BY_TYPE,
    describe=partial(kind_of_class, encoders=dict(ENCODERS_BY_TYPE)),
    encode_other=_encode_in_python,
    default_options=_DEFAULT_OPTIONS,
)
"""Compiled: `jsonable_encoder` without custom encoders, and JSON of its result."""


_text = _calling(str)
_nothing = _calling(lambda _: None)
_enum_value = _calling(lambda obj: obj.value)

# PERF: what values mostly are, found with one lookup instead of up to eight questions.
_HANDLERS_BY_TYPE: dict[type[Any], _Handler] = {
    **dict.fromkeys((str, int, float, bool, NoneType), _keep),
    **dict.fromkeys((list, tuple, set, frozenset, deque, GeneratorType), _encode_items),
    dict: _encode_dict,
}

_HANDLERS_BY_CLASS: tuple[tuple[Any, _Handler], ...] = (
    (Enum, _enum_value),
    (PurePath, _text),
    ((str, int, float), _keep),
    (PydanticUndefinedType, _nothing),
    (dict, _encode_dict),
    ((list, set, frozenset, GeneratorType, tuple, deque), _encode_items),
)
