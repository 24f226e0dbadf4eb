"""JSON schemas of bodies that spread models over the fields of a form.

The generated body model has one property per parameter, as every embedded body has. In a form the
fields of a model stand beside the other parameters, so its schema is put together anew.
"""

from copy import copy, deepcopy
from functools import partial
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    GetPydanticSchema,
)
from pydantic_core import CoreSchema

from fasterapi._compat import ModelField, get_cached_model_fields
from fasterapi.dependencies.extract import _get_param_aliases, get_validation_alias
from fasterapi.dependencies.forms import (
    _accepts_extras,
    _get_form_model,
    _get_form_models,
    _is_nullable,
    _own_names,
)


def form_body_fields(body_params: list[ModelField]) -> list[ModelField]:
    """Copies of *body_params* that can all be fields of one model, whatever their names."""
    return [_form_body_field(index, field) for index, field in enumerate(body_params)]


def form_body_config(body_params: list[ModelField]) -> ConfigDict:
    """The configuration of the model made of `form_body_fields`."""
    return ConfigDict(json_schema_extra=partial(_apply_form_body_schema, body_params))


def _form_body_field(index: int, field: ModelField) -> ModelField:
    info = copy(field.field_info)
    model = _get_form_model(field)
    if model is not None:
        update = partial(_get_form_model_schema, model)
        annotation: Any = Annotated[model, GetPydanticSchema(get_pydantic_json_schema=update)]
        info.annotation = annotation if info.annotation is model else annotation | None
    name = f"field_{index}"
    info.alias = info.validation_alias = info.serialization_alias = name
    info.title = info.title or field.name.replace("_", " ").title()
    return ModelField(name=name, field_info=info)


def _form_names(model: type[BaseModel], schema: dict[str, Any]) -> dict[str, list[str]]:
    """The names in a form of those properties of *schema* that it does not describe rightly."""
    result = {}
    for field in get_cached_model_fields(model):
        choice = field.field_info.validation_alias
        name = (
            choice.choices[0] if isinstance(choice, AliasChoices) else get_validation_alias(field)
        )
        if not isinstance(name, str) or name not in schema.get("properties", {}):
            continue
        names = [alias for alias, _ in _get_param_aliases(field)]
        has_other_names = len(names) > 1 and name in schema.get("required", [])
        if names[0] != name or has_other_names:
            result[name] = names
    return result


def _get_form_model_schema(
    model: type[BaseModel], core_schema: CoreSchema, handler: GetJsonSchemaHandler
) -> dict[str, Any]:
    """The JSON schema of *model* with the names that its fields have in a form."""
    schema = handler(core_schema)
    model_schema = handler.resolve_ref_schema(schema)
    names = _form_names(model, model_schema)
    if not names:
        return schema
    # The model's own schema is shared with routes that have it as JSON.
    model_schema = deepcopy(model_schema)
    model_schema["properties"] = {
        names.get(name, [name])[0]: value for name, value in model_schema["properties"].items()
    }
    required = model_schema.get("required", [])
    model_schema["required"] = []
    for name in required:
        choices = names.get(name, [name])
        if len(choices) == 1:
            model_schema["required"].append(choices[0])
        else:
            any_of = [{"required": [choice]} for choice in choices]
            model_schema.setdefault("allOf", []).append({"anyOf": any_of})
    return model_schema


def _apply_form_body_schema(body_params: list[ModelField], schema: dict[str, Any]) -> None:
    """Turn the *schema* of the generated body model into that of the form."""
    parameter_schemas = schema.pop("properties")
    schema.pop("required", None)
    properties: dict[str, Any] = {}
    required: list[str] = []
    conditions: list[dict[str, Any]] = []
    for index, field in enumerate(body_params):
        field_schema = parameter_schemas[f"field_{index}"]
        if _get_form_models(field):
            conditions += _form_model_conditions(field, field_schema)
            continue
        alias = _get_param_aliases(field)[0][0]
        if alias in properties:
            conditions.append({"properties": {alias: field_schema}})
        else:
            properties[alias] = field_schema
        if field.field_info.is_required() and alias not in required:
            required.append(alias)
    if properties:
        schema["properties"] = properties
    if required:
        schema["required"] = required
    schema["allOf"] = conditions


def _form_model_conditions(field: ModelField, field_schema: dict[str, Any]) -> list[dict[str, Any]]:
    """What holds for a form because of the models that *field* spreads over it."""
    field_schema.pop("default", None)
    if not _is_nullable(field):
        return [field_schema]
    # Where a JSON body would have null, a form has none of the fields.
    field_schema["anyOf"] = [
        choice for choice in field_schema["anyOf"] if choice.get("type") != "null"
    ]
    absent = _absent_schema(_get_form_models(field))
    if field.field_info.is_required():
        return [{"not": absent}, field_schema]
    return [{"anyOf": [absent, field_schema]}]


def _absent_schema(models: list[type[BaseModel]]) -> dict[str, Any]:
    """The JSON schema of a form that has no field of any of *models*."""
    if any(map(_accepts_extras, models)):
        return {"maxProperties": 0}
    names = sorted(set().union(*map(_own_names, models)))
    return {"not": {"anyOf": [{"required": [name]} for name in names]}} if names else {}
