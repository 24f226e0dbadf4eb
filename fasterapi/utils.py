"""Small helpers that several layers and third-party packages use."""

import re
import warnings
from typing import TYPE_CHECKING, Any, Literal

from pydantic.fields import FieldInfo

from fasterapi._compat import (
    ModelField,
    PydanticSchemaGenerationError,
    Undefined,
    annotation_is_pydantic_v1,
)
from fasterapi.datastructures import DefaultPlaceholder, DefaultType
from fasterapi.exceptions import (
    FastAPIDeprecationWarning,
    FastAPIError,
    PydanticV1NotSupportedError,
)

if TYPE_CHECKING:
    from fasterapi.routing.route import APIRoute

_IN_BRACES = re.compile("{(.*?)}")
_NOT_IN_NAMES = re.compile(r"\W")
# Keys of OpenAPI's `responses` that are not one status.
_STATUS_RANGES = frozenset({"default", "1XX", "2XX", "3XX", "4XX", "5XX"})
# RFC 9110 sections 15.3.5, 15.3.6, 15.4.5.
_BODILESS_STATUSES = frozenset({204, 205, 304})

# COMPAT: tests and programs look for the beginning of this text.
_invalid_args_message = (
    "Invalid args for response field! Hint: check that {type_} is a valid Pydantic field type. "
    "If you are using a return type annotation that is not a valid Pydantic field "
    "(e.g. Union[Response, dict, None]) you can disable generating the response model from the "
    "type annotation with the path operation decorator parameter response_model=None. "
    "Read more: https://fastapi.tiangolo.com/tutorial/response-model/"
)


def is_body_allowed_for_status_code(status_code: int | str | None) -> bool:
    """Whether a response with *status_code* may have content; ``"2XX"`` and None may.

    Raises:
        ValueError: *status_code* is text that is neither a number nor a range.
    """
    if status_code is None or status_code in _STATUS_RANGES:
        return True
    status = int(status_code)
    return status >= 200 and status not in _BODILESS_STATUSES


def get_path_param_names(path: str) -> set[str]:
    """What stands between braces in *path*."""
    return set(_IN_BRACES.findall(path))


def create_model_field(
    name: str,
    type_: Any,
    default: Any | None = Undefined,
    field_info: FieldInfo | None = None,
    alias: str | None = None,
    mode: Literal["validation", "serialization"] = "validation",
) -> ModelField:
    """A field of type *type_*, or the one that *field_info* describes.

    Raises:
        FastAPIError: the type is nothing pydantic can validate.
        PydanticV1NotSupportedError: the type is or contains a `pydantic.v1` model.
    """
    if annotation_is_pydantic_v1(type_):
        raise PydanticV1NotSupportedError(
            "pydantic.v1 models are no longer supported by FastAPI."
            f" Please update the response model {type_!r}."
        )
    info = field_info or FieldInfo(annotation=type_, default=default, alias=alias)
    try:
        return ModelField(mode=mode, name=name, field_info=info)
    except PydanticSchemaGenerationError:
        raise FastAPIError(_invalid_args_message.format(type_=type_)) from None


def _identifier(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", text)


def generate_operation_id_for_path(*, name: str, path: str, method: str) -> str:
    """Deprecated: an operation id made of the parts of a route."""
    warnings.warn(
        message="fastapi.utils.generate_operation_id_for_path() was deprecated, "
        "it is not used internally, and will be removed soon",
        category=FastAPIDeprecationWarning,
        stacklevel=2,
    )
    return f"{_identifier(name + path)}_{method.lower()}"


def generate_unique_id(route: "APIRoute") -> str:
    """The default operation id: name, path and the first method of *route*."""
    if not route.methods:
        raise AssertionError(f"route {route.path_format!r} has no methods")
    method = next(iter(route.methods))
    return f"{_identifier(route.name + route.path_format)}_{method.lower()}"


def deep_dict_update(main_dict: dict[Any, Any], update_dict: dict[Any, Any]) -> None:
    """Merge *update_dict* into *main_dict*: dicts are merged, lists joined, the rest replaced."""
    for key, new in update_dict.items():
        old = main_dict.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            deep_dict_update(old, new)
        elif isinstance(old, list) and isinstance(new, list):
            main_dict[key] = old + new
        else:
            main_dict[key] = new


def get_value_or_default(
    first_item: DefaultPlaceholder | DefaultType,
    *extra_items: DefaultPlaceholder | DefaultType,
) -> DefaultPlaceholder | DefaultType:
    """The first value that somebody set on purpose.

    Args:
        first_item: The most specific value, such as the route's own.
        *extra_items: More general values, in order.

    Returns:
        The first that is not a `DefaultPlaceholder`, else *first_item*.
    """
    if not isinstance(first_item, DefaultPlaceholder):
        return first_item
    for item in extra_items:
        if not isinstance(item, DefaultPlaceholder):
            return item
    return first_item
