"""Type adapters shared between fields, and the fields' own.

Building a `TypeAdapter` is the largest part of starting an application with many routes, and
most of them are for the same few types. What validates and serialises a value depends on the
type and its constraints only; alias, title and default change the JSON schema, not the answer.
So fields whose annotation can be described by a *shape* share one adapter for that shape.

A shape is a nested tuple that is equal for two annotations only if pydantic treats them the same.
Typing's own equality is no such key: ``Union[int, str] == Union[str, int]``, and
``Ge(1) == Ge(True)``.
"""

import warnings
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen, MultipleOf
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticUndefined

from fasterapi._compat.shared import PYDANTIC_VERSION_MINOR_TUPLE, lenient_issubclass

# Hashable; a class is not, in the eyes of type checkers.
Shape: TypeAlias = Any

# Types whose schema depends on nothing else, so that building it cannot fail either.
_PLAIN_TYPES: frozenset[Any] = frozenset(
    {
        *(str, int, float, bool, bytes, dict, list, tuple, set, frozenset, object, type(None)),
        *(datetime, date, time, timedelta, Decimal, UUID, Path),
    }
)
_CONTAINERS: frozenset[Any] = frozenset({list, dict, tuple, set, frozenset, Sequence})
_CONSTRAINTS: dict[type[Any], str] = {
    Gt: "gt",
    Ge: "ge",
    Lt: "lt",
    Le: "le",
    MinLen: "min_length",
    MaxLen: "max_length",
    MultipleOf: "multiple_of",
}
# Attributes that give a value its name; adapters of a single value do not read them.
_NAMES = frozenset({"alias", "alias_priority", "validation_alias", "serialization_alias"})
_DOCUMENTED = frozenset({"default", "title", "description", "deprecated"})
_DOCUMENTED_VALUES = frozenset({str, int, float, bool, type(None)})
_LITERAL_VALUES = (str, int, bool, bytes, type(None))
# Shapes are bounded by a program's source; the limit is for those that make models in a loop.
_SHARED_LIMIT = 4096


class _Uncached:
    """Metadata that pydantic passes over and that keeps typing from caching what it is part of.

    ``Annotated[float, Ge(1)]`` would otherwise be the object of ``Annotated[float, Ge(1.0)]``,
    whose JSON schema says ``1.0``.
    """

    __hash__ = None  # type: ignore[assignment]


_UNCACHED = _Uncached()
_shared: dict[Shape, TypeAdapter[Any]] = {}


def annotation_shape(annotation: Any) -> Shape | None:
    """A key under which equal adapters may be shared, or None where that is not certain.

    Returns:
        A type; ``(model, its validator)``; or ``(kind, shapes of the arguments, ...)``.
    """
    if annotation is Any:
        return annotation
    if annotation is None:
        return type(None)
    if isinstance(annotation, type):
        return _class_shape(annotation)
    origin = get_origin(annotation)
    if origin is Literal:
        return _literal_shape(annotation)
    if origin is Union or origin is UnionType:
        return _arguments_shape("union", annotation)
    if origin in _CONTAINERS:
        return _arguments_shape(origin, annotation)
    return None


def _class_shape(cls: type[Any]) -> Shape | None:
    if cls in _PLAIN_TYPES:
        return cls
    # PERF: a tenth of the time of issubclass, which asks Python code of abc.
    if BaseModel in cls.__mro__:
        if not cls.__pydantic_complete__:
            return None
        # The validator is replaced when the model is rebuilt, and so is the shape.
        return (cls, cls.__dict__.get("__pydantic_validator__"))
    if lenient_issubclass(cls, Enum) and not hasattr(cls, "__get_pydantic_core_schema__"):
        return cls if cls.__members__ else None
    return None


def _literal_shape(annotation: Any) -> Shape | None:
    values = get_args(annotation)
    if not all(type(value) in _LITERAL_VALUES for value in values):
        return None
    return ("literal", (), tuple((type(value), value) for value in values))


def _arguments_shape(kind: Shape, annotation: Any) -> Shape | None:
    shapes = []
    for argument in get_args(annotation):
        shape = Ellipsis if argument is Ellipsis else annotation_shape(argument)
        if shape is None:
            return None
        shapes.append(shape)
    return (kind, tuple(shapes))


def mentions_model(shape: Shape) -> bool:
    """Whether a model, with validators of its user's, is part of *shape*."""
    if not isinstance(shape, tuple):
        return False
    return lenient_issubclass(shape[0], BaseModel) or any(map(mentions_model, shape[1]))


def metadata_shape(metadata: Sequence[Any]) -> Shape | None:
    """A key for constraints such as ``Ge(1)``, or None where one of them is of another kind."""
    shapes = []
    for item in metadata:
        attribute = _CONSTRAINTS.get(type(item))
        if attribute is None:
            return None
        limit = getattr(item, attribute)
        if type(limit) not in (int, float):
            return None
        shapes.append((attribute, type(limit), repr(limit)))
    return tuple(shapes)


def field_shape(annotation: Any, metadata: Sequence[Any]) -> Shape | None:
    """The shape of a whole field, or None where its adapter cannot be shared."""
    try:
        shape = annotation_shape(annotation)
    except TypeError:  # a metaclass whose classes have no hash
        return None
    if shape is None or not metadata:
        return shape
    constraints = metadata_shape(metadata)
    return None if constraints is None else ("constrained", (shape, constraints))


def shared_adapter(shape: Shape, annotation: Any, metadata: Sequence[Any]) -> TypeAdapter[Any]:
    """The adapter of every field with *shape*, built on first use.

    Raises:
        TypeError: a constraint does not apply to the type.
    """
    adapter = _shared.get(shape)
    if adapter is None:
        annotated: Any = Annotated[(annotation, *metadata, _UNCACHED)] if metadata else annotation
        adapter = _keep(shape, TypeAdapter(annotated))
    return adapter


def _keep(shape: Shape, adapter: TypeAdapter[Any]) -> TypeAdapter[Any]:
    if len(_shared) >= _SHARED_LIMIT:
        _shared.clear()
    _shared[shape] = adapter
    return adapter


def attributes_shape(attributes: dict[str, Any]) -> Shape | None:
    """A key for what the JSON schema says beside the type, or None where that is not certain."""
    shapes = []
    for name, value in attributes.items():
        if name in _NAMES:
            continue
        if name not in _DOCUMENTED or type(value) not in _DOCUMENTED_VALUES:
            return None
        shapes.append((name, type(value), repr(value)))
    return tuple(shapes)


def documented_adapter(
    shape: Shape, annotation: Any, metadata: Sequence[Any], attributes: dict[str, Any]
) -> TypeAdapter[Any]:
    """The adapter of fields with *shape* that also say the same in their JSON schema."""
    documented = attributes_shape(attributes)
    if documented is None:
        return build_adapter(annotation, metadata, attributes, None)
    if not documented:
        return shared_adapter(shape, annotation, metadata)
    key = ("documented", shape, documented)
    adapter = _shared.get(key)
    if adapter is None:
        adapter = _keep(key, build_adapter(annotation, metadata, attributes, None))
    return adapter


# What a FieldInfo says beside annotation and metadata, with the value that says nothing.
FIELD_ATTRIBUTES: dict[str, Any] = {
    "default": PydanticUndefined,
    "default_factory": None,
    "alias": None,
    "alias_priority": None,
    "validation_alias": None,
    "serialization_alias": None,
    "title": None,
    "field_title_generator": None,
    "description": None,
    "examples": None,
    "exclude": None,
    "exclude_if": None,
    "discriminator": None,
    "deprecated": None,
    "json_schema_extra": None,
    "frozen": None,
    "validate_default": None,
    "repr": True,
    "init": None,
    "init_var": None,
    "kw_only": None,
}


def build_adapter(
    annotation: Any,
    metadata: Sequence[Any],
    attributes: dict[str, Any],
    config: ConfigDict | None,
) -> TypeAdapter[Any]:
    """An adapter that also knows a field's default, title and the like.

    Raises:
        PydanticSchemaGenerationError: *annotation* is nothing pydantic can validate.
    """
    with warnings.catch_warnings():
        if PYDANTIC_VERSION_MINOR_TUPLE >= (2, 12):
            # Such as "alias has no effect here": it has for us, who look the value up by it.
            from pydantic.warnings import UnsupportedFieldAttributeWarning  # noqa: PLC0415

            warnings.simplefilter("ignore", category=UnsupportedFieldAttributeWarning)
        # A new Field, so that constraints of the original are not applied a second time.
        annotated = Annotated[(annotation, *metadata, Field(**attributes))]
        return TypeAdapter(annotated, config=config)
