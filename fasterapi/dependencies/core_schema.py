"""Questions about pydantic core schemas that decide which fast paths are right.

Each function answers "is the short way certain to give the reference path's answer?" and says
no to everything it does not know: a new pydantic feature costs speed, never correctness.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from pydantic_core import CoreSchema, SchemaValidator

from fasterapi._speedups.body import Shape

__all__ = ("Shadow", "calls_python", "is_json_equivalent", "is_plain_enum", "shadow_of", "shape_of")

Schema = Mapping[str, Any]

# Keys that say nothing about which values are accepted or how they come out.
_SILENT = frozenset({"type", "ref", "metadata"})
_MODEL_KEYS = _SILENT | {"cls", "schema", "config", "custom_init", "root_model", "generic_origin"}
_MODEL_CONFIG = frozenset({"title", "from_attributes"})
_FIELDS_KEYS = _SILENT | {"fields", "model_name", "computed_fields"}
_SCALARS = frozenset({"str", "int", "float", "bool", "none", "any"})
_ITEM_KEYS = {"nullable": "schema", "list": "items_schema", "dict": "values_schema"}
_TAKES_DATA = "default_factory_takes_data"
# Factories that may be called for a shadow and then for the schema itself.
_REPEATABLE = (None, list, dict)
# They refuse values, but never change one.
_CONSTRAINTS = frozenset(
    {"ge", "gt", "le", "lt", "multiple_of", "allow_inf_nan", "min_length", "max_length", "pattern"}
)


def shape_of(schema: CoreSchema | Schema) -> Shape | None:
    """Return the compiled shape of a response schema, or None if it is not plain.

    Plain: models without validators, constraints, aliases, custom serialisers or computed
    fields, of JSON-native types. For a value of exactly that shape, validating and
    serialising is the identity, so orjson of the value is the answer to the byte.
    """
    return _Translator(schema, allows_constraints=False).shape()


class Shadow(NamedTuple):
    """A way from plain rows to JSON that makes no model instances.

    Attributes:
        validate: Bound ``validate_python`` that gives dictionaries where the schema gives models.
        shape: Shape of what it returns; where that fits, orjson's bytes are the answer.
    """

    validate: Callable[[Any], Any]
    shape: Shape


def shadow_of(schema: CoreSchema | Schema) -> Shadow | None:
    """Return the shadow of a response schema: dictionaries in place of model instances.

    Constraints, defaults and the filtering of unknown keys stay as they are; only what would
    run Python code, or rename or convert on the way out, has no shadow. Values that the shadow
    refuses are judged by the schema itself: model instances, for example.
    """
    translator = _Translator(schema, allows_constraints=True)
    shape = translator.shape()
    if shape is None or not translator.has_models:
        return None
    shadow = translator.shadow(translator.root)
    return Shadow(SchemaValidator(shadow).validate_python, shape)


@dataclass(slots=True)
class _Translator:
    """Walks one schema; `shape` judges it, `shadow` rewrites what was judged to be plain."""

    schema: Any
    allows_constraints: bool
    has_models: bool = False
    definitions: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.definitions = {item["ref"]: item for item in self.schema.get("definitions", ())}

    @property
    def root(self) -> Schema:
        schema: Schema = self.schema
        return schema["schema"] if schema["type"] == "definitions" else schema

    def shape(self) -> Shape | None:
        return self.shape_in(self.root, ())

    def has_only(self, schema: Schema, *keys: str) -> bool:
        """Return whether nothing but *keys*, and constraints if they are allowed, says more."""
        rest = schema.keys() - _SILENT - set(keys)
        return not (rest - _CONSTRAINTS if self.allows_constraints else rest)

    def shape_in(self, schema: Schema, open_refs: tuple[str, ...]) -> Shape | None:
        kind = schema["type"]
        if kind == "definition-ref":
            reference = schema["schema_ref"]
            if schema.keys() - _SILENT - {"schema_ref"} or reference in open_refs:
                return None  # recursive models have no finite shape
            return self.shape_in(self.definitions[reference], (*open_refs, reference))
        if kind in _SCALARS:
            return Shape(kind) if self.has_only(schema) else None
        if kind == "default":
            is_plain = self.has_only(schema, "schema", "default", "default_factory", _TAKES_DATA)
            if self.allows_constraints and schema.get("default_factory") not in _REPEATABLE:
                return None
            return self.shape_in(schema["schema"], open_refs) if is_plain else None
        if kind == "model":
            return self.model_shape(schema, open_refs)
        item_key = _ITEM_KEYS.get(kind)
        if item_key is None or not self.has_only(schema, item_key, "keys_schema"):
            return None
        if kind == "dict" and schema.get("keys_schema") != {"type": "str"}:
            return None
        item = self.shape_in(schema.get(item_key, {"type": "any"}), open_refs)
        if item is None or (kind == "nullable" and schema["schema"]["type"] == "nullable"):
            return None
        return Shape(kind, item=item)

    def model_shape(self, schema: Schema, open_refs: tuple[str, ...]) -> Shape | None:
        self.has_models = True
        inner = schema["schema"]
        if (
            schema.keys() - _MODEL_KEYS
            or schema.get("custom_init")
            or schema.get("root_model")
            or schema.get("config", {}).keys() - _MODEL_CONFIG
            or inner["type"] != "model-fields"
            or inner.keys() - _FIELDS_KEYS
            or inner.get("computed_fields")
        ):
            return None
        reference = schema.get("ref")
        if reference is not None:
            open_refs = (*open_refs, reference)
        names, shapes = [], []
        for name, item in inner["fields"].items():
            shape = None
            if not item.keys() - _SILENT - {"schema"}:
                shape = self.shape_in(item["schema"], open_refs)
            if shape is None:
                return None
            names.append(sys.intern(name))
            shapes.append(shape)
        return Shape("model", names=tuple(names), fields=tuple(shapes), model=schema["cls"])

    def shadow(self, schema: Schema) -> dict[str, Any]:
        """Return *schema*, which has a shape, with typed dictionaries for its models."""
        kind = schema["type"]
        if kind == "definition-ref":
            return self.shadow(self.definitions[schema["schema_ref"]])
        if kind == "model":
            fields = {
                name: {
                    "type": "typed-dict-field",
                    "schema": self.shadow(item["schema"]),
                    "required": item["schema"]["type"] != "default",
                }
                for name, item in schema["schema"]["fields"].items()
            }
            # Strict here is about the input itself: a model takes no other mapping than a dict.
            return {"type": "typed-dict", "fields": fields, "strict": True}
        copy = {key: value for key, value in schema.items() if key not in {"ref", "metadata"}}
        item_key = "schema" if kind == "default" else _ITEM_KEYS.get(kind)
        if item_key is not None and item_key in copy:
            copy[item_key] = self.shadow(copy[item_key])
        return copy


# Core schema types for which validating JSON bytes gives what validating the parsed object
# gives, with every option they have. Absent on purpose: bytes (decoded differently), decimal
# and complex (a JSON number keeps its digits), everything that calls Python (it could see the
# mode, and would run twice when the reference path words an error).
_EQUIVALENT_SCALARS = frozenset({"any", "none", "bool", "int", "float", "str"})
_EQUIVALENT_TEXTS = frozenset({"date", "time", "datetime", "timedelta", "uuid"})
_CONTAINERS = frozenset({"list", "dict", "nullable", "default", "model", "model-fields"})
_REFERENCES = frozenset({"definitions", "definition-ref"})
# Types of schemas that run no code of the program.
_PASSIVE = (
    _EQUIVALENT_SCALARS | _EQUIVALENT_TEXTS | _CONTAINERS | _REFERENCES
    | {"literal", "enum", "model-field", "set", "frozenset", "tuple", "union", "decimal", "bytes"}
)  # fmt: skip


def is_json_equivalent(schema: CoreSchema | Schema) -> bool:
    """Return whether JSON mode and Python mode of *schema* accept alike and agree.

    COMPAT: FastAPI parses with ``json.loads`` and validates the object. pydantic-core can
    validate the bytes in one go; where this function says yes, a success is the same value
    (a failure goes the reference way in any case, for the wording).
    """
    return all(_is_equivalent(part) for part in _walk(schema))


def calls_python(schema: CoreSchema | Schema) -> bool:
    """Return whether validating by *schema* may run code of the program."""
    return any(
        part["type"] not in _PASSIVE or part.get("custom_init") or part.get("post_init")
        for part in _walk(schema)
    )


def is_plain_enum(schema: Schema) -> bool:
    """Return whether members are found by the text that is their value, and in no other way."""
    cls = schema["cls"]
    return cls._missing_.__func__ is Enum._missing_.__func__ and all(  # type: ignore[attr-defined]
        type(member.value) is str for member in schema["members"]
    )


def _walk(schema: Any) -> Iterator[Schema]:
    """Yield every schema inside *schema*, itself included."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("type"), str):
            yield schema
        for key, value in schema.items():
            if key not in {"metadata", "default", "config", "cls", "expected", "members"}:
                yield from _walk(value)
    elif isinstance(schema, list | tuple):
        for value in schema:
            yield from _walk(value)


def _is_equivalent(schema: Schema) -> bool:
    kind = schema["type"]
    if schema.get("strict") or schema.get("config", {}).get("strict"):
        return False
    if kind in _EQUIVALENT_SCALARS | _EQUIVALENT_TEXTS | {"literal", "model-field"}:
        return True
    if kind == "enum":
        return is_plain_enum(schema)
    if kind == "model":
        return not (schema.get("custom_init") or schema.get("post_init"))
    if kind == "default":
        return not schema.get("validate_default")
    if kind == "model-fields":
        return not schema.get("from_attributes") and "extras_schema" not in schema
    return kind in _CONTAINERS or kind in _REFERENCES
