"""JSON schemas of fields, and the models that these refer to."""

import re
from collections.abc import Sequence
from enum import Enum
from typing import Any, Literal, TypeAlias, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema as _GenerateJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from fasterapi._compat.model_field import ModelField
from fasterapi._compat.model_fields import get_model_fields
from fasterapi._compat.shared import lenient_issubclass
from fasterapi.types import ModelNameMap

TypeModelOrEnum: TypeAlias = type[BaseModel] | type[Enum]
TypeModelSet: TypeAlias = set[TypeModelOrEnum]
SchemaMode: TypeAlias = Literal["validation", "serialization"]
FieldMapping: TypeAlias = dict[tuple[ModelField, SchemaMode], JsonSchemaValue]


class GenerateJsonSchema(_GenerateJsonSchema):
    """Pydantic's generator, with binary data described the way OpenAPI 3.1 does."""

    def bytes_schema(self, schema: CoreSchema) -> JsonSchemaValue:
        """The JSON schema of *schema*, which is one of bytes."""
        result: dict[str, Any] = {
            "type": "string",
            "contentMediaType": "application/octet-stream",
        }
        serializing = self.mode == "serialization"
        config = self._config
        if (config.ser_json_bytes if serializing else config.val_json_bytes) == "base64":
            result["contentEncoding"] = "base64"
        self.update_with_validations(result, schema, self.ValidationsMapping.bytes)
        return result


def _annotation_has_computed_fields(annotation: Any, *, known_models: set[type[BaseModel]]) -> bool:
    if not lenient_issubclass(annotation, BaseModel):
        inner = get_args(annotation)
    elif annotation in known_models:
        return False
    else:
        known_models.add(annotation)
        if annotation.model_computed_fields:
            return True
        inner = tuple(info.annotation for info in annotation.model_fields.values())
    return any(_annotation_has_computed_fields(item, known_models=known_models) for item in inner)


def _has_computed_fields(field: ModelField) -> bool:
    """Whether the output of *field* has keys that its input has not."""
    # A dataclass can have computed fields too, and only its core schema tells.
    core_schema: dict[str, Any] = cast(dict[str, Any], field._type_adapter.core_schema)  # noqa: SLF001
    if core_schema.get("schema", {}).get("computed_fields", []):
        return True
    return _annotation_has_computed_fields(field.field_info.annotation, known_models=set())


def _documented_mode(field: ModelField, *, separate_input_output_schemas: bool) -> SchemaMode:
    if separate_input_output_schemas or _has_computed_fields(field):
        return field.mode
    return "validation"


def get_schema_from_model_field(
    *,
    field: ModelField,
    model_name_map: ModelNameMap,  # noqa: ARG001, RUF100 - COMPAT: part of the signature
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
    field_alias: str | None = None,
) -> dict[str, Any]:
    """The JSON schema of *field*, with a title unless it is a reference.

    Args:
        field: One of the fields that `get_definitions` was given.
        model_name_map: Not used.
        field_mapping: The first result of `get_definitions`.
        separate_input_output_schemas: As for `get_definitions`.
        field_alias: The name from which the title is made, if it is not the field's alias.
    """
    mode = _documented_mode(field, separate_input_output_schemas=separate_input_output_schemas)
    schema = field_mapping[field, mode].copy()
    if "$ref" in schema:
        return schema
    if field_alias is None:
        reading = field.mode == "validation"
        field_alias = (
            field.validation_alias if reading else field.serialization_alias
        ) or field.alias
    schema["title"] = field.field_info.title or field_alias.title().replace("_", " ")
    return schema


def _model_fields_of_mode(fields: Sequence[ModelField], mode: SchemaMode) -> list[ModelField]:
    """One field for every model that *fields* of *mode* refer to."""
    of_mode = [field for field in fields if field.mode == mode]
    models = get_flat_models_from_fields(of_mode, known_models=set())
    return [
        ModelField(field_info=FieldInfo(annotation=model), name=model.__name__, mode=mode)
        for model in models
    ]


def get_definitions(
    *,
    fields: Sequence[ModelField],
    model_name_map: ModelNameMap,  # noqa: ARG001, RUF100 - COMPAT: part of the signature
    separate_input_output_schemas: bool = True,
) -> tuple[FieldMapping, dict[str, dict[str, Any]]]:
    """The JSON schemas of *fields*, and the definitions that they refer to by name.

    Args:
        fields: All fields of the document.
        model_name_map: Not used.
        separate_input_output_schemas: Whether a model may get two schemas, one for requests and one
            for responses, where they differ.
    """
    from fasterapi.openapi.constants import REF_TEMPLATE  # noqa: PLC0415 - a layer above this one

    # Models inside of models get fields of their own, or they would be documented in one mode only.
    nested = _model_fields_of_mode(fields, "validation")
    nested += _model_fields_of_mode(fields, "serialization")
    annotations = (field.field_info.annotation for field in fields)
    direct = {annotation for annotation in annotations if isinstance(annotation, type)}
    all_fields = list(fields)
    all_fields += [field for field in nested if field.field_info.annotation not in direct]
    inputs = [
        (
            field,
            _documented_mode(field, separate_input_output_schemas=separate_input_output_schemas),
            field._type_adapter.core_schema,  # noqa: SLF001
        )
        for field in all_fields
    ]
    generator = GenerateJsonSchema(ref_template=REF_TEMPLATE)
    field_mapping, raw_definitions = generator.generate_definitions(inputs=inputs)
    definitions = cast(dict[str, dict[str, Any]], raw_definitions)
    for definition in definitions.values():
        if "description" in definition:
            # Text after a form feed is for readers of the source, not of the API.
            definition["description"] = definition["description"].split("\f")[0]
    return field_mapping, definitions


def normalize_name(name: str) -> str:
    """*name* with every character that OpenAPI does not allow in a component replaced by ``_``."""
    return re.sub(r"[^a-zA-Z0-9.\-_]", "_", name)


def get_model_name_map(unique_models: TypeModelSet) -> dict[TypeModelOrEnum, str]:
    """Names for *unique_models*; of several models with one name the last has it."""
    by_name = {normalize_name(model.__name__): model for model in unique_models}
    return {model: name for name, model in by_name.items()}


def _add_model(model: TypeModelOrEnum, known_models: TypeModelSet) -> None:
    if model in known_models:
        return
    known_models.add(model)
    if lenient_issubclass(model, BaseModel):
        get_flat_models_from_model(model, known_models=known_models)


def _add_models_of(annotation: Any, known_models: TypeModelSet) -> None:
    if lenient_issubclass(annotation, (BaseModel, Enum)):
        _add_model(cast(TypeModelOrEnum, annotation), known_models)
    else:
        get_flat_models_from_annotation(annotation, known_models=known_models)


def get_flat_models_from_annotation(annotation: Any, known_models: TypeModelSet) -> TypeModelSet:
    """*known_models* and every model and enum among the arguments of *annotation*, at any depth."""
    if get_origin(annotation) is not None:
        for argument in get_args(annotation):
            _add_models_of(argument, known_models)
    return known_models


def get_flat_models_from_model(
    model: type[BaseModel], known_models: TypeModelSet | None = None
) -> TypeModelSet:
    """*known_models* and every model and enum that fields of *model* refer to."""
    known_models = set() if known_models is None else known_models
    # COMPAT: through fields rather than annotations, so that types which make their own schema are
    # asked for it once per document, as programs that count on it may.
    return get_flat_models_from_fields(get_model_fields(model), known_models=known_models)


def get_flat_models_from_field(field: ModelField, known_models: TypeModelSet) -> TypeModelSet:
    """*known_models* and every model and enum that *field* refers to."""
    _add_models_of(field.field_info.annotation, known_models)
    return known_models


def get_flat_models_from_fields(
    fields: Sequence[ModelField], known_models: TypeModelSet
) -> TypeModelSet:
    """*known_models*, to which every model and enum that *fields* refer to has been added."""
    for field in fields:
        get_flat_models_from_field(field, known_models=known_models)
    return known_models
