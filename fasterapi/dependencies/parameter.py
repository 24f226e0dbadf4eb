"""One parameter of a signature -> where its value comes from."""

import dataclasses
import inspect
from copy import copy
from typing import Annotated, Any, get_args, get_origin

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from typing_inspection.typing_objects import is_typealiastype

from fasterapi import params
from fasterapi._compat import (
    ModelField,
    RequiredParam,
    Undefined,
    copy_field_info,
    field_annotation_is_scalar,
    field_annotation_is_scalar_sequence,
    is_scalar_field,
    is_uploadfile_or_nonable_uploadfile_annotation,
    is_uploadfile_sequence_annotation,
    lenient_issubclass,
)
from fasterapi._compat.shared import remembered
from fasterapi._security_scopes import SecurityScopes
from fasterapi.dependencies.extract import _get_model_type
from fasterapi.dependencies.forms import _add_form_union_validators, _get_form_union_models
from fasterapi.dependencies.multipart import ensure_multipart_is_installed
from fasterapi.exceptions import UsageError
from fasterapi.utils import create_model_field

_EMPTY = inspect.Signature.empty
# Objects of the framework that a parameter can ask for by its type.
_INJECTED_TYPES = (
    Request,
    WebSocket,
    HTTPConnection,
    Response,
    StarletteBackgroundTasks,
    SecurityScopes,
)


@remembered
def _is_injected_class(annotation: Any) -> bool:
    return lenient_issubclass(annotation, _INJECTED_TYPES)


def is_injected(annotation: Any) -> bool:
    """Whether a parameter of this type is given the request, the response or the like."""
    return isinstance(annotation, type) and _is_injected_class(annotation)


@dataclasses.dataclass
class ParamDetails:
    """What a parameter turned out to be.

    Attributes:
        type_annotation: Its type, without ``Annotated``.
        depends: The dependency that makes its value, or None.
        field: How its value is read from the request; None for dependencies and injected objects.
    """

    type_annotation: Any
    depends: params.Depends | None
    field: ModelField | None


@dataclasses.dataclass(slots=True)
class _Declaration:
    """What the signature says about one parameter."""

    name: str
    is_path_param: bool
    default: Any
    annotation: Any
    type: Any
    field_info: FieldInfo | None = None
    depends: params.Depends | None = None


def analyze_param(
    *,
    param_name: str,
    annotation: Any,
    value: Any,
    path_param_names: set[str],
) -> ParamDetails:
    """Find out where the value of a parameter comes from.

    Args:
        param_name: Its name.
        annotation: Its resolved annotation, or `inspect.Signature.empty`.
        value: Its default, which may be ``Query()``, ``Depends()`` and so on; or empty.
        path_param_names: Names in the route's path.

    Raises:
        AssertionError: annotation and default contradict each other.
        FastAPIError: the type is nothing pydantic can validate.
        UsageError: the annotation names two places that exclude each other.
    """
    if is_typealiastype(annotation):
        annotation = annotation.__value__
    declared: Any = Any if annotation is _EMPTY else annotation
    declaration = _Declaration(
        name=param_name,
        is_path_param=param_name in path_param_names,
        default=value,
        annotation=declared,
        type=declared,
    )
    if not isinstance(declared, type) and get_origin(declared) is Annotated:
        declaration.type = get_args(declared)[0]
        _read_annotated(declaration)
    _read_default(declaration)
    depends = declaration.depends
    if depends is not None and depends.dependency is None:
        if annotation is _EMPTY:
            raise UsageError(
                f"parameter {param_name!r} has Depends() without a callable and no type; give it"
                " one of both"
            )
        depends = dataclasses.replace(depends, dependency=declaration.type)
    elif depends is None:
        _infer_place(declaration)
    field = None
    if declaration.field_info is not None:
        field = _make_field(declaration, declaration.field_info, path_param_names)
    return ParamDetails(type_annotation=declaration.type, depends=depends, field=field)


def _read_annotated(declaration: _Declaration) -> None:
    """Take over the last ``Query()``, ``Depends()`` and so on of ``Annotated``."""
    name = declaration.name
    markers = [
        item
        for item in get_args(declaration.annotation)[1:]
        if isinstance(item, (params.Param, params.Body, params.Depends))
    ]
    if not markers:
        return
    if any(isinstance(item, params.Form) for item in markers) and any(
        isinstance(item, params.Body) and not isinstance(item, params.Form) for item in markers
    ):
        raise UsageError(
            f"parameter {name!r} is declared as Form and as Body; a body is a form or it is not"
        )
    marker = markers[-1]
    if isinstance(marker, params.Depends):
        declaration.depends = marker
        return
    # A copy, because its default is set below and other parameters may share the annotation.
    info = copy_field_info(field_info=marker, annotation=declaration.annotation)
    if info.default is not Undefined and info.default is not RequiredParam:
        raise AssertionError(
            f"`{info.__class__.__name__}` default value cannot be set in `Annotated` for {name!r}."
            " Set the default value with `=` instead."
        )
    if declaration.default is _EMPTY:
        info.default = RequiredParam
    elif declaration.is_path_param:
        raise AssertionError("Path parameters cannot have default values")
    else:
        info.default = declaration.default
    declaration.field_info = info


def _read_default(declaration: _Declaration) -> None:
    """Take over a default that is ``Query()``, ``Depends()`` or so on."""
    name, default = declaration.name, declaration.default
    if isinstance(default, params.Depends):
        if declaration.depends is not None:
            raise AssertionError(
                f"Cannot specify `Depends` in `Annotated` and default value together for {name!r}"
            )
        if declaration.field_info is not None:
            raise AssertionError(
                "Cannot specify a FastAPI annotation in `Annotated` and `Depends` as a default"
                f" value together for {name!r}"
            )
        declaration.depends = default
    elif isinstance(default, FieldInfo):
        if declaration.field_info is not None:
            raise AssertionError(
                "Cannot specify FastAPI annotations in `Annotated` and default value together for"
                f" {name!r}"
            )
        declaration.field_info = default
        default.annotation = declaration.type


def _infer_place(declaration: _Declaration) -> None:
    """Find a place for a parameter that is no dependency and may not name one itself."""
    if is_injected(declaration.type):
        # With a dependency the type is that of its result, so this is asked for others only.
        if declaration.field_info is not None:
            raise AssertionError(f"Cannot specify FastAPI annotation for type {declaration.type!r}")
        return
    if declaration.field_info is not None:
        return
    info = _inferred_info(declaration)
    # Without Annotated the annotation is the type.
    if declaration.annotation is not declaration.type:
        default = info.default
        info = copy_field_info(field_info=info, annotation=declaration.annotation)
        info.default = default
        if declaration.is_path_param:
            # The factory is for routes of the same function that have no such path parameter.
            info.default_factory = None
    declaration.field_info = info


def _inferred_info(declaration: _Declaration) -> FieldInfo:
    """Path if the path has the name, else File, Body or Query, depending on the type."""
    annotation, kind = declaration.annotation, declaration.type
    if declaration.is_path_param:
        # A default is ignored: the same function may serve a path without this parameter too.
        return params.Path(annotation=annotation)
    default = RequiredParam if declaration.default is _EMPTY else declaration.default
    # Asked first, because most are; an upload is no scalar.
    if field_annotation_is_scalar(annotation=kind):
        return params.Query(annotation=annotation, default=default)
    if is_uploadfile_or_nonable_uploadfile_annotation(kind) or is_uploadfile_sequence_annotation(
        kind
    ):
        return params.File(annotation=annotation, default=default)
    return params.Body(annotation=annotation, default=default)


def _make_field(
    declaration: _Declaration, info: FieldInfo, path_param_names: set[str]
) -> ModelField:
    name = declaration.name
    if declaration.is_path_param:
        if not isinstance(info, params.Path):
            raise AssertionError(f"Cannot use `{info.__class__.__name__}` for path param {name!r}")
    elif isinstance(info, params.Param) and getattr(info, "in_", None) is None:
        info.in_ = params.ParamTypes.query
    if isinstance(info, params.Form):
        ensure_multipart_is_installed()
        if _get_form_union_models(info.annotation):
            info.annotation = _add_form_union_validators(info.annotation)
    if isinstance(info, params.Path):
        info = _with_alias_of_path(info, path_param_names)
    if not info.alias and getattr(info, "convert_underscores", None):
        info.alias = name.replace("_", "-")
    else:
        info.alias = info.alias or name
    field = create_model_field(
        name=name,
        type_=declaration.annotation,
        default=info.default,
        alias=info.alias,
        field_info=info,
    )
    _check_type(declaration, field)
    return field


def _with_alias_of_path(info: FieldInfo, path_param_names: set[str]) -> FieldInfo:
    """*info*, or a copy with the one of its alias choices that the path has."""
    choice = info.validation_alias
    if not isinstance(choice, AliasChoices):
        return info
    names = choice.choices
    if all(isinstance(name, str) for name in names):
        for name in names:
            if name in path_param_names:
                # A copy, because other routes may choose another.
                info = copy(info)
                info.validation_alias = name
                break
    return info


def _check_type(declaration: _Declaration, field: ModelField) -> None:
    """Refuse structured types where only text can be."""
    if declaration.is_path_param:
        if not is_scalar_field(field=field):
            raise AssertionError("Path params must be of one of the supported types")
    elif isinstance(field.field_info, params.Query):
        annotation = field.field_info.annotation
        if not (
            is_scalar_field(field)
            or field_annotation_is_scalar_sequence(annotation)
            or _get_model_type(annotation) is not None
        ):
            raise AssertionError(
                f"Query parameter {declaration.name!r} must be one of the supported types"
            )
