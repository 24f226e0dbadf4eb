"""Compiled writers of models, for the core schemas that allow one.

As in `core_schema`, whatever is not known has no writer: the value then goes to pydantic.
"""

import datetime as dt
import decimal
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import CoreSchema, SchemaSerializer, to_json

from fasterapi._speedups.json_writer import Writer

__all__ = ("writer_of",)

Schema = Mapping[str, Any]

_SCALARS = frozenset({"str", "int", "float", "bool", "none", "any"})
# What pydantic writes in one way, if the value has exactly this type.
_CLASSES: dict[str, type[Any]] = {
    "date": dt.date,
    "time": dt.time,
    "datetime": dt.datetime,
    "timedelta": dt.timedelta,
    "uuid": uuid.UUID,
    "decimal": decimal.Decimal,
}
# Schemas around another one that say nothing about how its value is written. Validators are
# among them: what has become part of an instance is not validated again.
_WRAPPERS = frozenset({"default", "function-before", "function-after"})
# Of a value that is no part of an instance these would be checked.
_CONSTRAINTS = frozenset(
    {"ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern", "strict",
     "fail_fast", "strip_whitespace", "to_lower", "to_upper", "allow_inf_nan"}
)  # fmt: skip
_FIELD_KEYS = frozenset(
    {"type", "schema", "metadata", "validation_alias", "serialization_alias", "frozen"}
)
_MODEL_CONFIG = frozenset(
    {"title", "from_attributes", "extra_fields_behavior", "str_strip_whitespace", "str_to_lower",
     "str_to_upper", "str_max_length", "str_min_length", "strict", "validate_default",
     "validate_by_name", "validate_by_alias", "populate_by_name", "loc_by_alias",
     "hide_input_in_errors"}
)  # fmt: skip


def writer_of(
    schema: CoreSchema | Schema, *, by_alias: bool, for_jsonable: bool = False
) -> Writer | None:
    """Return a writer giving what validation and ``to_json`` give, or declining; or None.

    Args:
        schema: Of a response field, or of a model.
        by_alias: Whether keys are serialisation aliases.
        for_jsonable: Whether it is for what `jsonable_encoder` and ``json.dumps`` make of
            instances, which are not validated then.
    """
    definitions = {item["ref"]: item for item in schema.get("definitions", ())}
    root: Any = schema["schema"] if schema["type"] == "definitions" else schema
    compiler = _Compiler(definitions, by_alias, for_jsonable, depth=int(for_jsonable))
    try:
        writer = compiler.writer(root)
    except _NoWriterError:
        return None
    return writer if compiler.has_models else None


class _NoWriterError(Exception):
    """A part of the schema has a meaning that only pydantic knows."""


@dataclass(slots=True)
class _Compiler:
    definitions: dict[str, Any]
    by_alias: bool
    for_jsonable: bool = False
    has_models: bool = False
    open_refs: list[str] = field(default_factory=list)
    depth: int = 0

    def writer(self, schema: Schema) -> Writer:
        kind = schema["type"]
        if "serialization" in schema:
            raise _NoWriterError
        if kind == "definition-ref":
            return self.writer(self.definitions[schema["schema_ref"]])
        if kind == "model":
            return self.model(schema)
        if not self.depth and (kind in _WRAPPERS or schema.keys() & _CONSTRAINTS):
            raise _NoWriterError
        if kind in _WRAPPERS:
            return self.writer(schema["schema"])
        if kind in {"nullable", "list", "dict"}:
            return self.container(schema, kind)
        return self.leaf(schema, kind)

    def container(self, schema: Schema, kind: str) -> Writer:
        """Return the writer of a list, a dict with text as keys, or of something or None."""
        if kind == "nullable":
            inner = self.writer(schema["schema"])
            return Writer(kind, item=inner) if schema["schema"]["type"] != kind else inner
        if kind == "list":
            return Writer(kind, item=self.writer(schema.get("items_schema", {"type": "any"})))
        keys = schema.get("keys_schema", {"type": "any"})
        if keys["type"] != "str" or not (self.depth or keys == {"type": "str"}):
            raise _NoWriterError
        return Writer(kind, item=self.writer(schema.get("values_schema", {"type": "any"})))

    def leaf(self, schema: Schema, kind: str) -> Writer:
        """Return the writer of a scalar, or of a type whose text pydantic makes."""
        if kind in _SCALARS and (self.depth or kind != "any"):
            return Writer(kind)
        if not self.depth:
            raise _NoWriterError
        if kind == "literal" and all(type(value) is str for value in schema["expected"]):
            return Writer("str")
        if kind == "enum":
            values = {type(item.value) for item in schema["members"]}
            if self.for_jsonable and values - {str, int}:
                raise _NoWriterError  # json.dumps writes some floats in another way
            serializer = SchemaSerializer(_alone(schema))
            members = tuple((item, serializer.to_json(item)) for item in schema["members"])
            return Writer("enum", members=members)
        if kind not in _CLASSES:
            raise _NoWriterError
        serializer = SchemaSerializer(_alone(schema))
        return Writer("other", kind_of=_CLASSES[kind], convert=serializer.to_json)

    def model(self, schema: Schema) -> Writer:
        """Return the writer of a model; recursive ones have none."""
        inner = schema["schema"]
        while inner["type"] in _WRAPPERS and "serialization" not in inner:
            inner = inner["schema"]
        config = schema.get("config", {})
        reference = schema.get("ref")
        if (
            config.keys() - _MODEL_CONFIG
            or config.get("extra_fields_behavior") == "allow"
            or schema.get("revalidate_instances")
            or schema.get("root_model")
            or schema.get("strict")
            or inner["type"] != "model-fields"
            or inner.get("computed_fields")
            or inner.get("extra_behavior") == "allow"
            or "serialization" in inner
            or reference in self.open_refs
        ):
            raise _NoWriterError
        self.has_models = True
        self.depth += 1
        self.open_refs.append(reference or "")
        fields: list[tuple[str, bytes, Writer]] = []
        for name, item in inner["fields"].items():
            if item.keys() - _FIELD_KEYS:
                raise _NoWriterError
            key = item.get("serialization_alias", name) if self.by_alias else name
            if self.for_jsonable and key.startswith("_sa"):
                raise _NoWriterError  # left out as SQLAlchemy's
            start = (b"," if fields else b"{") + to_json(key) + b":"
            fields.append((name, start, self.writer(item["schema"])))
        self.open_refs.pop()
        self.depth -= 1
        return Writer.of_model(schema["cls"], fields)


def _alone(schema: Schema) -> Any:
    return {key: value for key, value in schema.items() if key != "ref"}
