"""Questions about pydantic core schemas that decide which fast paths are right.

Each function answers "is the short way certain to give the reference path's answer?" and says
no to everything it does not know: a new pydantic feature costs speed, never correctness.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import CoreSchema

from fasterapi._speedups.body import Shape

__all__ = ("is_json_equivalent", "shape_of")

Schema = Mapping[str, Any]

# Keys that say nothing about which values are accepted or how they come out.
_SILENT = frozenset({"type", "ref", "metadata"})
_MODEL_KEYS = _SILENT | {"cls", "schema", "config", "custom_init", "root_model", "generic_origin"}
_MODEL_CONFIG = frozenset({"title", "from_attributes"})
_FIELDS_KEYS = _SILENT | {"fields", "model_name", "computed_fields"}
_SCALARS = frozenset({"str", "int", "float", "bool", "none", "any"})


def shape_of(schema: CoreSchema | Schema) -> Shape | None:
    """Return the compiled shape of a response schema, or None if it is not plain.

    Plain: models without validators, constraints, aliases, custom serialisers or computed
    fields, of JSON-native types. For a value of exactly that shape, validating and
    serialising is the identity, so orjson of the value is the answer to the byte.
    """
    definitions = {item["ref"]: item for item in schema.get("definitions", ())}
    if schema["type"] == "definitions":
        schema = schema["schema"]
    return _shape(schema, definitions, ())


def _shape(schema: Schema, definitions: Schema, open_refs: tuple[str, ...]) -> Shape | None:
    kind = schema["type"]
    if kind == "definition-ref":
        reference = schema["schema_ref"]
        if schema.keys() - _SILENT - {"schema_ref"} or reference in open_refs:
            return None  # recursive models have no finite shape
        return _shape(definitions[reference], definitions, (*open_refs, reference))
    if kind in _SCALARS:
        return None if schema.keys() - _SILENT else Shape(kind)
    if kind == "default":
        allowed = _SILENT | {"schema", "default", "default_factory", "default_factory_takes_data"}
        return None if schema.keys() - allowed else _shape(schema["schema"], definitions, open_refs)
    if kind == "model":
        return _model_shape(schema, definitions, open_refs)
    item_key = {"nullable": "schema", "list": "items_schema", "dict": "values_schema"}.get(kind)
    if item_key is None or schema.keys() - _SILENT - {item_key, "keys_schema"}:
        return None
    if kind == "dict" and schema.get("keys_schema") != {"type": "str"}:
        return None
    item = _shape(schema.get(item_key, {"type": "any"}), definitions, open_refs)
    if item is None or (kind == "nullable" and schema["schema"]["type"] == "nullable"):
        return None
    return Shape(kind, item=item)


def _model_shape(schema: Schema, definitions: Schema, open_refs: tuple[str, ...]) -> Shape | None:
    inner = schema["schema"]
    config = schema.get("config", {})
    if (
        schema.keys() - _MODEL_KEYS
        or schema.get("custom_init")
        or schema.get("root_model")
        or config.keys() - _MODEL_CONFIG
        or inner["type"] != "model-fields"
        or inner.keys() - _FIELDS_KEYS
        or inner.get("computed_fields")
    ):
        return None
    reference = schema.get("ref")
    if reference is not None:
        open_refs = (*open_refs, reference)
    names, shapes = [], []
    for name, field in inner["fields"].items():
        shape = None
        if not field.keys() - _SILENT - {"schema"}:
            shape = _shape(field["schema"], definitions, open_refs)
        if shape is None:
            return None
        names.append(sys.intern(name))
        shapes.append(shape)
    return Shape("model", names=tuple(names), fields=tuple(shapes), model=schema["cls"])


# Core schema types for which validating JSON bytes gives what validating the parsed object
# gives, with every option they have. Absent on purpose: bytes (decoded differently), decimal
# and complex (a JSON number keeps its digits), everything that calls Python (it could see the
# mode, and would run twice when the reference path words an error).
_EQUIVALENT_SCALARS = frozenset({"any", "none", "bool", "int", "float", "str"})
_EQUIVALENT_TEXTS = frozenset({"date", "time", "datetime", "timedelta", "uuid"})
_CONTAINERS = frozenset({"list", "dict", "nullable", "default", "model", "model-fields"})


def is_json_equivalent(schema: CoreSchema | Schema) -> bool:
    """Return whether JSON mode and Python mode of *schema* accept alike and agree.

    COMPAT: FastAPI parses with ``json.loads`` and validates the object. pydantic-core can
    validate the bytes in one go; where this function says yes, a success is the same value
    (a failure goes the reference way in any case, for the wording).
    """
    return all(_is_equivalent(part) for part in _walk(schema))


def _walk(schema: Any) -> Iterator[Schema]:
    """Yield every schema inside *schema*, itself included."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("type"), str):
            yield schema
        for key, value in schema.items():
            if key not in {"metadata", "default", "config", "cls", "expected"}:
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
    if kind == "model":
        return not (schema.get("custom_init") or schema.get("post_init"))
    if kind == "default":
        return not schema.get("validate_default")
    if kind == "model-fields":
        return not schema.get("from_attributes") and "extras_schema" not in schema
    return kind in _CONTAINERS or kind in {"definitions", "definition-ref"}
