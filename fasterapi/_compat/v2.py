"""Everything that depends on pydantic 2, under the name FastAPI has for it."""

from typing import Any

from pydantic import PydanticSchemaGenerationError as PydanticSchemaGenerationError
from pydantic import PydanticUndefinedAnnotation as PydanticUndefinedAnnotation
from pydantic import ValidationError as ValidationError
from pydantic._internal import _typing_extra as _pydantic_typing_extra
from pydantic.annotated_handlers import GetJsonSchemaHandler as GetJsonSchemaHandler
from pydantic.fields import FieldInfo as FieldInfo
from pydantic.json_schema import JsonSchemaValue as JsonSchemaValue
from pydantic_core import CoreSchema as CoreSchema
from pydantic_core import PydanticUndefined as PydanticUndefined
from pydantic_core import Url as Url
from pydantic_core.core_schema import (
    with_info_plain_validator_function as with_info_plain_validator_function,
)

from fasterapi._compat.definitions import GenerateJsonSchema as GenerateJsonSchema
from fasterapi._compat.definitions import TypeModelOrEnum as TypeModelOrEnum
from fasterapi._compat.definitions import TypeModelSet as TypeModelSet
from fasterapi._compat.definitions import (
    _annotation_has_computed_fields as _annotation_has_computed_fields,
)
from fasterapi._compat.definitions import _has_computed_fields as _has_computed_fields
from fasterapi._compat.definitions import get_definitions as get_definitions
from fasterapi._compat.definitions import (
    get_flat_models_from_annotation as get_flat_models_from_annotation,
)
from fasterapi._compat.definitions import get_flat_models_from_field as get_flat_models_from_field
from fasterapi._compat.definitions import get_flat_models_from_fields as get_flat_models_from_fields
from fasterapi._compat.definitions import get_flat_models_from_model as get_flat_models_from_model
from fasterapi._compat.definitions import get_model_name_map as get_model_name_map
from fasterapi._compat.definitions import get_schema_from_model_field as get_schema_from_model_field
from fasterapi._compat.definitions import normalize_name as normalize_name
from fasterapi._compat.model_field import ModelField as ModelField
from fasterapi._compat.model_field import _regenerate_error_with_loc as _regenerate_error_with_loc
from fasterapi._compat.model_field import asdict as asdict
from fasterapi._compat.model_field import copy_field_info as copy_field_info
from fasterapi._compat.model_field import get_missing_field_error as get_missing_field_error
from fasterapi._compat.model_field import is_scalar_field as is_scalar_field
from fasterapi._compat.model_field import serialize_sequence_value as serialize_sequence_value
from fasterapi._compat.model_fields import create_body_model as create_body_model
from fasterapi._compat.model_fields import get_cached_model_fields as get_cached_model_fields
from fasterapi._compat.model_fields import get_model_fields as get_model_fields
from fasterapi._compat.shared import lenient_issubclass as lenient_issubclass

RequiredParam = PydanticUndefined
Undefined = PydanticUndefined


def evaluate_forwardref(
    value: Any,
    globalns: dict[str, Any] | None = None,
    localns: dict[str, Any] | None = None,
) -> Any:
    """*value*, a forward reference, resolved; or itself while a name in it is not defined."""
    try_eval_type = getattr(_pydantic_typing_extra, "try_eval_type", None)
    if try_eval_type is not None:
        return try_eval_type(value, globalns, localns)[0]
    # Before pydantic 2.10.
    return _pydantic_typing_extra.eval_type_lenient(value, globalns, localns)
