"""Everything about dependencies under the names that FastAPI has for it.

Third-party packages import from here, and some replace `solve_dependencies` here; the code itself
is in the other modules of this package.
"""

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    GetPydanticSchema,
    Json,
    Tag,
)
from pydantic.fields import (
    FieldInfo,
)
from starlette.background import (
    BackgroundTasks as StarletteBackgroundTasks,
)
from starlette.datastructures import (
    FormData,
    Headers,
    ImmutableMultiDict,
    QueryParams,
    UploadFile,
)
from starlette.requests import (
    HTTPConnection,
    Request,
)
from starlette.responses import (
    Response,
)
from starlette.websockets import (
    WebSocket,
)

from fasterapi import (
    params,
)
from fasterapi._compat import (
    ModelField,
    RequiredParam,
    Undefined,
    copy_field_info,
    create_body_model,
    evaluate_forwardref,
    field_annotation_is_scalar,
    field_annotation_is_scalar_sequence,
    field_annotation_is_sequence,
    get_cached_model_fields,
    get_missing_field_error,
    is_bytes_or_nonable_bytes_annotation,
    is_bytes_sequence_annotation,
    is_scalar_field,
    is_uploadfile_or_nonable_uploadfile_annotation,
    is_uploadfile_sequence_annotation,
    lenient_issubclass,
    sequence_types,
    serialize_sequence_value,
    value_is_sequence,
)
from fasterapi._security_scopes import (
    SecurityScopes,
)
from fasterapi.background import (
    BackgroundTasks,
)
from fasterapi.concurrency import (
    _asynccontextmanager_with_shielded_exit,
    _contextmanager_with_concurrency_limit,
    _DependencyConcurrency,
    asynccontextmanager,
    contextmanager_in_threadpool,
    run_in_threadpool,
)
from fasterapi.dependencies.body import (
    _get_body_field,
    _should_embed_body_fields,
    request_body_to_args,
)
from fasterapi.dependencies.extract import (
    _get_model_type,
    _get_multidict_extras,
    _get_multidict_value,
    _get_param_aliases,
    _get_param_model,
    _is_empty_file_input,
    _is_json_field,
    _request_param_model_to_args,
    _validate_value_with_model_field,
    get_validation_alias,
    request_params_to_args,
)
from fasterapi.dependencies.flatten import (
    _get_flat_body_params,
    _get_flat_fields_from_params,
    get_flat_params,
)
from fasterapi.dependencies.form_schema import (
    _apply_form_body_schema,
    _get_form_model_schema,
)
from fasterapi.dependencies.forms import (
    _add_form_union_validators,
    _extract_form_body,
    _extract_form_items,
    _extract_form_model,
    _get_form_model,
    _get_form_models,
    _get_form_union_models,
    _is_form_model_supplied,
    _normalize_form_model,
    _read_file_bytes,
)
from fasterapi.dependencies.models import (
    Dependant,
    _get_cache_key,
    _get_computed_scope,
    _get_oauth_scopes,
    _is_async_gen_callable,
    _is_coroutine_callable,
    _is_gen_callable,
    _UsesScopesCache,
)
from fasterapi.dependencies.multipart import (
    ensure_multipart_is_installed,
    multipart_incorrect_install_error,
    multipart_not_installed_error,
)
from fasterapi.dependencies.parameter import (
    ParamDetails,
    analyze_param,
)
from fasterapi.dependencies.signature import (
    add_non_field_param_to_dependency,
    add_param_to_fields,
    get_dependant,
    get_parameterless_sub_dependant,
)
from fasterapi.dependencies.solve import (
    SolvedDependency,
    _solve_generator,
    solve_dependencies,
)
from fasterapi.dependencies.typed import (
    _STREAM_ORIGINS,
    _get_signature,
    get_stream_item_type,
    get_typed_annotation,
    get_typed_return_annotation,
    get_typed_signature,
)
from fasterapi.exceptions import (
    DependencyScopeError,
)
from fasterapi.logger import (
    logger,
)
from fasterapi.types import (
    DependencyCacheKey,
    UnionType,
)
from fasterapi.utils import (
    create_model_field,
    get_path_param_names,
)

__all__ = (
    "_STREAM_ORIGINS",
    "AliasChoices",
    "AliasPath",
    "BackgroundTasks",
    "BaseModel",
    "BeforeValidator",
    "ConfigDict",
    "Dependant",
    "DependencyCacheKey",
    "DependencyScopeError",
    "FieldInfo",
    "FormData",
    "GetJsonSchemaHandler",
    "GetPydanticSchema",
    "HTTPConnection",
    "Headers",
    "ImmutableMultiDict",
    "Json",
    "ModelField",
    "ParamDetails",
    "QueryParams",
    "Request",
    "RequiredParam",
    "Response",
    "SecurityScopes",
    "SolvedDependency",
    "StarletteBackgroundTasks",
    "Tag",
    "Undefined",
    "UnionType",
    "UploadFile",
    "WebSocket",
    "_DependencyConcurrency",
    "_UsesScopesCache",
    "_add_form_union_validators",
    "_apply_form_body_schema",
    "_asynccontextmanager_with_shielded_exit",
    "_contextmanager_with_concurrency_limit",
    "_extract_form_body",
    "_extract_form_items",
    "_extract_form_model",
    "_get_body_field",
    "_get_cache_key",
    "_get_computed_scope",
    "_get_flat_body_params",
    "_get_flat_fields_from_params",
    "_get_form_model",
    "_get_form_model_schema",
    "_get_form_models",
    "_get_form_union_models",
    "_get_model_type",
    "_get_multidict_extras",
    "_get_multidict_value",
    "_get_oauth_scopes",
    "_get_param_aliases",
    "_get_param_model",
    "_get_signature",
    "_is_async_gen_callable",
    "_is_coroutine_callable",
    "_is_empty_file_input",
    "_is_form_model_supplied",
    "_is_gen_callable",
    "_is_json_field",
    "_normalize_form_model",
    "_read_file_bytes",
    "_request_param_model_to_args",
    "_should_embed_body_fields",
    "_solve_generator",
    "_validate_value_with_model_field",
    "add_non_field_param_to_dependency",
    "add_param_to_fields",
    "analyze_param",
    "asynccontextmanager",
    "contextmanager_in_threadpool",
    "copy_field_info",
    "create_body_model",
    "create_model_field",
    "ensure_multipart_is_installed",
    "evaluate_forwardref",
    "field_annotation_is_scalar",
    "field_annotation_is_scalar_sequence",
    "field_annotation_is_sequence",
    "get_cached_model_fields",
    "get_dependant",
    "get_flat_params",
    "get_missing_field_error",
    "get_parameterless_sub_dependant",
    "get_path_param_names",
    "get_stream_item_type",
    "get_typed_annotation",
    "get_typed_return_annotation",
    "get_typed_signature",
    "get_validation_alias",
    "is_bytes_or_nonable_bytes_annotation",
    "is_bytes_sequence_annotation",
    "is_scalar_field",
    "is_uploadfile_or_nonable_uploadfile_annotation",
    "is_uploadfile_sequence_annotation",
    "lenient_issubclass",
    "logger",
    "multipart_incorrect_install_error",
    "multipart_not_installed_error",
    "params",
    "request_body_to_args",
    "request_params_to_args",
    "run_in_threadpool",
    "sequence_types",
    "serialize_sequence_value",
    "solve_dependencies",
    "value_is_sequence",
)
