"""Compiled readers of JSON bodies, for the core schemas that allow one.

As in `core_schema`, whatever is not known has no reader: the body then goes to pydantic.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pydantic_core import CoreSchema, SchemaValidator

from fasterapi._speedups.json_reader import Reader
from fasterapi.dependencies.core_schema import is_plain_enum

__all__ = ("reader_of",)

Schema = Mapping[str, Any]

_SILENT = frozenset({"type", "ref", "metadata", "serialization"})
_SCALARS = {
    "any": frozenset[str](),
    "none": frozenset[str](),
    "bool": frozenset[str](),
    "str": frozenset({"min_length", "max_length"}),
    "int": frozenset({"ge", "gt", "le", "lt"}),
    "float": frozenset({"ge", "gt", "le", "lt", "allow_inf_nan"}),
}
_SIZES = frozenset({"min_length", "max_length"})
# Read from a JSON string in one way, whatever constraints they have: pydantic does it.
_TEXTS = frozenset({"date", "time", "datetime", "timedelta", "uuid"})
_MODEL_KEYS = _SILENT | {
    "cls", "schema", "config", "custom_init", "root_model", "generic_origin", "frozen",
}  # fmt: skip
_MODEL_CONFIG = frozenset(
    {"title", "from_attributes", "extra_fields_behavior", "revalidate_instances"}
)
_FIELDS_KEYS = _SILENT | {"fields", "model_name", "computed_fields", "extra_behavior"}
_FIELD_KEYS = _SILENT | {
    "schema", "validation_alias", "serialization_alias", "serialization_exclude", "frozen",
}  # fmt: skip
_DEFAULT_KEYS = _SILENT | {
    "schema", "default", "default_factory", "default_factory_takes_data", "copy_default",
}  # fmt: skip
_CONSTANTS = (str, int, float, bool, type(None))
_MOST_FIELDS = 64
_GREATEST = 2**62
_PLAIN_KEY = re.compile(r"[ !#-\[\]-~]+")


def reader_of(schema: CoreSchema | Schema) -> Reader | None:
    """Return a reader giving what ``validate_json`` gives, or declining; None if there is none.

    Args:
        schema: A schema for which `core_schema.is_json_equivalent` holds.
    """
    definitions = {item["ref"]: item for item in schema.get("definitions", ())}
    root: Any = schema["schema"] if schema["type"] == "definitions" else schema
    try:
        return _Compiler(definitions).reader(root)
    except _NoReaderError:
        return None


class _NoReaderError(Exception):
    """A part of the schema has a meaning that only pydantic knows."""


@dataclass(slots=True)
class _Compiler:
    definitions: dict[str, Any]
    open_refs: list[str] = field(default_factory=list)

    def reader(self, schema: Schema) -> Reader:
        kind = schema["type"]
        if kind == "definition-ref":
            _allow(schema, _SILENT | {"schema_ref"})
            return self.reader(self.definitions[schema["schema_ref"]])
        if kind == "default":
            _allow(schema, _DEFAULT_KEYS)
            return self.reader(schema["schema"])
        if kind == "model":
            return self.model(schema)
        if kind in {"nullable", "list", "dict"}:
            return self.container(schema, kind)
        if kind in _SCALARS:
            _allow(schema, _SILENT | _SCALARS[kind])
            return Reader(kind, limits=_limits(schema, kind))
        if kind in _TEXTS:
            return Reader("text", convert=SchemaValidator(_alone(schema)).validate_json)
        if kind == "literal" and all(type(value) is str for value in schema["expected"]):
            _allow(schema, _SILENT | {"expected"})
            return Reader(kind, known={value: value for value in schema["expected"]})
        if kind == "enum" and is_plain_enum(schema):
            return Reader("literal", known={item.value: item for item in schema["members"]})
        raise _NoReaderError

    def container(self, schema: Schema, kind: str) -> Reader:
        """Return the reader of a list, a dict with text as keys, or of something or null."""
        if kind == "nullable":
            _allow(schema, _SILENT | {"schema"})
            inner = self.reader(schema["schema"])
            return Reader(kind, item=inner) if schema["schema"]["type"] != kind else inner
        if kind == "list":
            _allow(schema, _SILENT | _SIZES | {"items_schema"})
            item = self.reader(schema.get("items_schema", {"type": "any"}))
            return Reader(kind, item=item, limits=_limits(schema, kind))
        _allow(schema, _SILENT | _SIZES | {"keys_schema", "values_schema"})
        if schema.get("keys_schema") != {"type": "str"}:
            raise _NoReaderError
        item = self.reader(schema.get("values_schema", {"type": "any"}))
        return Reader(kind, item=item, limits=_limits(schema, kind))

    def model(self, schema: Schema) -> Reader:
        """Return the reader of a model; recursive ones have none."""
        inner = schema["schema"]
        reference = schema.get("ref")
        config = schema.get("config", {})
        _allow(schema, _MODEL_KEYS)
        _allow(config, _MODEL_CONFIG)
        makes_instance = not (schema.get("root_model") or schema.get("custom_init"))
        if inner["type"] != "model-fields" or not makes_instance or reference in self.open_refs:
            raise _NoReaderError
        _allow(inner, _FIELDS_KEYS)
        behaviours = {config.get("extra_fields_behavior"), inner.get("extra_behavior")} - {None}
        if behaviours - {"ignore", "forbid"} or len(inner["fields"]) > _MOST_FIELDS:
            raise _NoReaderError
        if reference is not None:
            self.open_refs.append(reference)
        fields = [self.field(name, item) for name, item in inner["fields"].items()]
        if reference is not None:
            self.open_refs.pop()
        if len({key for _, key, *_ in fields}) < len(fields):
            raise _NoReaderError
        return Reader.of_model(schema["cls"], fields, skips_unknown="forbid" not in behaviours)

    def field(self, name: str, item: Schema) -> tuple[str, str, Reader, str, Any]:
        """Return what `Reader.of_model` wants to know about one field."""
        _allow(item, _FIELD_KEYS)
        key = item.get("validation_alias", name)
        if not isinstance(key, str) or not _PLAIN_KEY.fullmatch(key):
            raise _NoReaderError
        missing, default = _default(item["schema"])
        return sys.intern(name), key, self.reader(item["schema"]), missing, default


def _allow(schema: Schema, keys: frozenset[str]) -> None:
    if schema.keys() - keys:
        raise _NoReaderError


def _alone(schema: Schema) -> Any:
    return {key: value for key, value in schema.items() if key != "ref"}


def _limits(schema: Schema, kind: str) -> dict[str, Any]:
    """Return the constraints of a schema, if they can be compared in C."""
    limits = {key: schema[key] for key in schema.keys() - _SILENT if key in _SIZES | {*_BOUNDS}}
    types = (int, float) if kind == "float" else (int,)
    for value in limits.values():
        if type(value) not in types or not abs(value) < _GREATEST:
            raise _NoReaderError
    return limits


_BOUNDS = ("ge", "gt", "le", "lt")


def _default(schema: Schema) -> tuple[str, Any]:
    """Return what stands for a missing field: one of `json_reader.MISSING` and a constant."""
    if schema["type"] != "default":
        return "decline", None
    factory = schema.get("default_factory")
    if factory is not None:
        return {list: "list", dict: "dict"}.get(factory, "decline"), None
    value = schema.get("default")
    if "default" not in schema:
        return "decline", None
    if type(value) in _CONSTANTS or isinstance(value, Enum):
        return "constant", value
    if type(value) in (list, dict) and not value:
        return type(value).__name__, None
    return "decline", None
