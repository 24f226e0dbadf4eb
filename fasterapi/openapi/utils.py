"""`get_openapi` and its parts, under the names FastAPI's users import them by.

The code is in `schema`, `_operations`, `_responses` and `_dependencies`.
"""

import sys
from types import ModuleType
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from fasterapi._compat import (
    ModelField,
    get_definitions,
    get_flat_models_from_fields,
    get_model_name_map,
    get_schema_from_model_field,
    lenient_issubclass,
)
from fasterapi.datastructures import DefaultPlaceholder
from fasterapi.dependencies.models import Dependant, _get_cache_key, _get_oauth_scopes
from fasterapi.dependencies.utils import (
    _get_flat_fields_from_params,
    _get_param_aliases,
    _get_param_model,
    get_flat_params,
)
from fasterapi.encoders import jsonable_encoder
from fasterapi.exceptions import FastAPIDeprecationWarning
from fasterapi.openapi import _dependencies, _operations, _responses, schema
from fasterapi.openapi._dependencies import (
    _get_openapi_dependency_data,
    _get_openapi_security_definitions,
    _OpenAPIDependencyData,
)
from fasterapi.openapi._operations import (
    _get_api_route_for_openapi,
    _get_openapi_operation_parameters,
    generate_operation_id,
    generate_operation_summary,
    get_openapi_operation_metadata,
    get_openapi_operation_request_body,
    get_openapi_path,
)
from fasterapi.openapi._responses import (
    status_code_ranges,
    validation_error_definition,
    validation_error_response_definition,
)
from fasterapi.openapi.constants import METHODS_WITH_BODY, REF_PREFIX
from fasterapi.openapi.models import OpenAPI
from fasterapi.openapi.schema import get_fields_from_routes, get_openapi
from fasterapi.params import Body, ParamTypes
from fasterapi.utils import (
    deep_dict_update,
    generate_operation_id_for_path,
    is_body_allowed_for_status_code,
)

__all__ = (
    "METHODS_WITH_BODY",
    "REF_PREFIX",
    "BaseRoute",
    "Body",
    "DefaultPlaceholder",
    "Dependant",
    "FastAPIDeprecationWarning",
    "JSONResponse",
    "ModelField",
    "OpenAPI",
    "ParamTypes",
    "Response",
    "_OpenAPIDependencyData",
    "_get_api_route_for_openapi",
    "_get_cache_key",
    "_get_flat_fields_from_params",
    "_get_oauth_scopes",
    "_get_openapi_dependency_data",
    "_get_openapi_operation_parameters",
    "_get_openapi_security_definitions",
    "_get_param_aliases",
    "_get_param_model",
    "deep_dict_update",
    "generate_operation_id",
    "generate_operation_id_for_path",
    "generate_operation_summary",
    "get_definitions",
    "get_fields_from_routes",
    "get_flat_models_from_fields",
    "get_flat_params",
    "get_model_name_map",
    "get_openapi",
    "get_openapi_operation_metadata",
    "get_openapi_operation_request_body",
    "get_openapi_path",
    "get_schema_from_model_field",
    "is_body_allowed_for_status_code",
    "jsonable_encoder",
    "lenient_issubclass",
    "status_code_ranges",
    "validation_error_definition",
    "validation_error_response_definition",
)


class _PatchableModule(ModuleType):
    """A module whose names, when replaced, are replaced where they are used.

    COMPAT: programs assign to names of this module (``get_openapi_path``, the
    definition of the validation error, ...) and expect the document to change.
    """

    _homes = (schema, _operations, _responses, _dependencies)

    def __setattr__(self, name: str, value: Any) -> None:
        for home in self._homes:
            if name in vars(home):
                setattr(home, name, value)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name != "routing":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        # Importing it above would be a cycle: routes are built on this package.
        from fasterapi import routing  # noqa: PLC0415

        return routing


sys.modules[__name__].__class__ = _PatchableModule
