"""Classes whose instances compiled code may write as `jsonable_encoder` would.

As for `json_writing`, whatever is not known is left to Python. A class is known if none of its
program's code has a say in what becomes of an instance, or would have one in a copy of it.
"""

import dataclasses
import datetime as dt
from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from inspect import getattr_static
from pathlib import PosixPath, PurePath, PurePosixPath, PureWindowsPath, WindowsPath
from types import GeneratorType, MemberDescriptorType
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import SchemaSerializer

from fasterapi._compat.json_writing import writer_of
from fasterapi._speedups.jsonable import Kind

__all__ = ("kind_of_class",)

_UNKNOWN = Kind("unknown")
# Not times: orjson leaves out a zero of theirs (00:00:00.01 is "00:00:00.10000").
_WRITTEN_ALIKE = {UUID: "orjson", dt.date: "orjson", dt.datetime: "clock"}
_PATHS: frozenset[type[Any]] = frozenset({PosixPath, PurePosixPath, PureWindowsPath, WindowsPath})
# Never asked for their encoder, because an earlier question has settled what they are.
_SETTLED = (Enum, PurePath, set, frozenset, deque, GeneratorType)


def kind_of_class(
    cls: type[Any], encoders: Mapping[type[Any], Callable[[Any], Any]]
) -> Kind | None:
    """Return how instances of exactly *cls* are written; None while that cannot be said.

    Args:
        cls: Not one of those that JSON knows, nor a container.
        encoders: Encoder of each type, before anybody changed them.
    """
    encoder = encoders.get(cls)
    if encoder is not None and not issubclass(cls, _SETTLED):
        return Kind(_WRITTEN_ALIKE.get(cls, "encoded"), encoder=encoder)
    if getattr_static(cls, "__class__") is not object.__dict__["__class__"]:
        return _UNKNOWN  # a proxy may be an instance of anything
    if BaseModel in cls.__mro__:
        return _model_kind(cls)
    if dataclasses.is_dataclass(cls):
        return _dataclass_kind(cls)
    if Enum in cls.__mro__:
        is_plain = getattr_static(cls, "value") is Enum.__dict__["value"]
        return Kind("enum") if is_plain else _UNKNOWN
    return Kind("text") if cls in _PATHS else _UNKNOWN


def _model_kind(cls: type[BaseModel]) -> Kind | None:
    if not cls.__pydantic_complete__:
        return None
    serializer = cls.__pydantic_serializer__
    if cls.model_dump is not BaseModel.model_dump or type(serializer) is not SchemaSerializer:
        return _UNKNOWN
    writer = None
    if cls.__deepcopy__ is BaseModel.__deepcopy__:  # else one in a dataclass is another
        writer = writer_of(cls.__pydantic_core_schema__, by_alias=True, for_jsonable=True)
    return Kind("model", writer=writer, serializer=serializer)


def _dataclass_kind(cls: type[Any]) -> Kind:
    names = tuple(item.name for item in dataclasses.fields(cls))
    reading: Any = cls.__getattribute__
    is_plain = reading is object.__getattribute__ and all(
        _is_stored(getattr_static(cls, name, None)) and not name.startswith("_sa") for name in names
    )
    return Kind("dataclass", names=names) if is_plain else _UNKNOWN


def _is_stored(attribute: Any) -> bool:
    """Return whether a field with this attribute in its class is read without running code."""
    return type(attribute) is MemberDescriptorType or not hasattr(type(attribute), "__get__")
