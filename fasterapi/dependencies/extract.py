"""Values of a request's path, query, headers and cookies -> arguments."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from types import UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin

from pydantic import AliasChoices, AliasPath, BaseModel, Json
from pydantic.fields import FieldInfo
from starlette.datastructures import (
    FormData,
    Headers,
    ImmutableMultiDict,
    QueryParams,
    UploadFile,
)

from fasterapi import params
from fasterapi._compat import (
    ModelField,
    Undefined,
    field_annotation_is_sequence,
    get_cached_model_fields,
    get_missing_field_error,
    lenient_issubclass,
)

Errors: TypeAlias = list[Any]
# The name that validation knows a value by, and the name that the request has it under.
AliasPair: TypeAlias = tuple[str, str]

# Types whose values a default can hand out without a copy.
_IMMUTABLE_TYPES = frozenset({type(None), bool, int, float, str, bytes})


class FieldFacts:
    """What every request asks about a field, looked up once.

    The FieldInfo of a field can be changed after the route is defined. `is_current` compares what
    the facts were made from by identity, which costs 0.1 µs; finding them again costs 5 µs.
    """

    __slots__ = (
        "_alias",
        "_annotation",
        "_config",
        "_info",
        "_metadata",
        "_name",
        "_validation_alias",
        "aliases",
        "header_aliases",
        "is_json",
        "is_sequence",
        "location",
        "model",
    )

    def __init__(self, field: ModelField) -> None:
        info = field.field_info
        self._info = info
        self._name = field.name
        self._config = field.config
        self._alias = info.alias
        self._annotation = info.annotation
        self._metadata = info.metadata
        self._validation_alias = info.validation_alias
        self.is_json = any(type(item) is Json for item in info.metadata)
        self.is_sequence = field_annotation_is_sequence(info.annotation)
        self.model = None if self.is_json else _model_of_parameter(info)
        self.aliases = _find_aliases(field, convert_underscores=False)
        self.header_aliases = _find_aliases(field, convert_underscores=True)
        place = getattr(info, "in_", None) if isinstance(info, params.Param) else None
        self.location: str | None = None if place is None else place.value

    def is_current(self, field: ModelField) -> bool:
        """Whether *field* still is what these facts were made from."""
        info = field.field_info
        return (
            self._info is info
            and self._annotation is info.annotation
            and self._alias is info.alias
            and self._validation_alias is info.validation_alias
            and self._metadata is info.metadata
            and self._config is field.config
            and self._name is field.name
        )


def field_facts(field: ModelField) -> FieldFacts:
    """The facts about *field*, kept on it until it changes."""
    facts: FieldFacts | None = field.__dict__.get("_facts")
    if facts is None or not facts.is_current(field):
        facts = field.__dict__["_facts"] = FieldFacts(field)
    return facts


def _get_model_type(annotation: Any) -> type[BaseModel] | None:
    """The model that *annotation* is, alone or in a union with None only."""
    origin = get_origin(annotation)
    if origin is Union or origin is UnionType:
        members = get_args(annotation)
        if len(members) == 2 and type(None) in members:
            annotation = members[0] if members[1] is type(None) else members[1]
    return annotation if lenient_issubclass(annotation, BaseModel) else None


def _model_of_parameter(info: FieldInfo) -> type[BaseModel] | None:
    if isinstance(info, (params.Query, params.Header, params.Cookie)):
        return _get_model_type(info.annotation)
    return info.annotation if lenient_issubclass(info.annotation, BaseModel) else None


def _get_param_model(field: ModelField) -> type[BaseModel] | None:
    """The model whose fields *field* spreads over several parameters of a request."""
    return field_facts(field).model


def _is_json_field(field: ModelField) -> bool:
    """Whether the value of *field* is JSON in a piece of text."""
    return field_facts(field).is_json


def get_validation_alias(field: ModelField) -> str:
    """The name under which *field* is read."""
    return getattr(field, "validation_alias", None) or field.alias


def _get_param_aliases(field: ModelField, *, convert_underscores: bool = False) -> list[AliasPair]:
    """The names under which *field* may be read, the preferred one first.

    Args:
        field: A parameter, or a field of a model of parameters.
        convert_underscores: Whether a name that nobody chose has ``-`` for ``_``, as headers have.
    """
    facts = field_facts(field)
    return list(facts.header_aliases if convert_underscores else facts.aliases)


def _find_aliases(field: ModelField, *, convert_underscores: bool) -> list[AliasPair]:
    def converted(name: str) -> str:
        return name.replace("_", "-") if convert_underscores else name

    alias = get_validation_alias(field)
    choice = field.field_info.validation_alias
    aliases = [(alias, converted(alias) if alias == field.name else alias)]
    if isinstance(field.field_info, params.Path) or isinstance(choice, AliasPath):
        return aliases
    if isinstance(choice, AliasChoices):
        if any(isinstance(item, AliasPath) for item in choice.choices):
            return aliases
        # Names that somebody chose are taken literally, with their underscores.
        aliases = [(item, item) for item in choice.choices if isinstance(item, str)]

    config: Mapping[str, Any] = field.config or {}
    own_name = (field.name, converted(field.name))
    if config.get("validate_by_alias") is False:
        return [own_name]
    by_name = config.get("validate_by_name", config.get("populate_by_name", False))
    if by_name and all(alias != field.name for alias, _ in aliases):
        aliases.append(own_name)
    return aliases


def _validate_value_with_model_field(
    *, field: ModelField, value: Any, values: dict[str, Any], loc: tuple[str, ...]
) -> tuple[Any, Errors]:
    """*value* validated, or the default of *field* where there is no value."""
    if value is Undefined:
        info = field.field_info
        if info.default_factory is None and type(info.default) in _IMMUTABLE_TYPES:
            value = info.default
        elif info.is_required():
            return None, [get_missing_field_error(loc=loc)]
        else:
            value = deepcopy(field.default)
        if not info.validate_default:
            return value, []
    return field.validate(value, values, loc=loc)


def _is_empty_file_input(value: Any) -> bool:
    """Whether *value* is what a browser sends for a file input without a file."""
    return isinstance(value, UploadFile) and value.filename == "" and value.size == 0


def _is_empty_form_input(value: Any) -> bool:
    return (isinstance(value, str) and value == "") or _is_empty_file_input(value)


def _get_multidict_value(field: ModelField, values: Mapping[str, Any], alias: str) -> Any:
    """What *values* have for *field* under *alias*: one value, a list, or `Undefined`."""
    facts = field_facts(field)
    is_form = isinstance(values, FormData)
    value: Any
    if (
        facts.is_sequence
        and not facts.is_json
        and isinstance(values, (ImmutableMultiDict, Headers))
    ):
        value = values.getlist(alias)
        if is_form:
            value = [item for item in value if not _is_empty_file_input(item)]
    else:
        value = values.get(alias, None)
    if value is None or (is_form and _is_empty_form_input(value)):
        return Undefined
    if facts.is_sequence and not isinstance(value, UploadFile) and len(value) == 0:
        return Undefined
    return value


def _get_multidict_extras(
    received_params: Mapping[str, Any], processed_keys: set[str]
) -> Iterator[tuple[str, Any]]:
    """What is left of *received_params* without *processed_keys*; repeated names have a list."""
    if isinstance(received_params, ImmutableMultiDict):
        pairs = received_params.multi_items()
    else:
        # Those of headers name every occurrence; those of a plain mapping have one each.
        pairs = list(received_params.items())
    grouped: dict[str, list[Any]] = {}
    for key, value in pairs:
        if key not in processed_keys:
            grouped.setdefault(key, []).append(value)
    for key, found in grouped.items():
        yield key, found[0] if len(found) == 1 else found


class _ModelInput:
    """What a request has for the fields of one model."""

    __slots__ = ("known_names", "own_names", "renamed", "values")

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        # All names that would count as input of this model.
        self.own_names: set[str] = set()
        # Names that are not handed to the model as extra input.
        self.known_names: set[str] = set()
        # Field name -> header name, where they differ.
        self.renamed: dict[str, str] = {}


def _read_model_fields(
    model_field: ModelField, model: type[BaseModel], received_params: Mapping[str, Any]
) -> _ModelInput:
    result = _ModelInput()
    is_headers = isinstance(received_params, Headers)
    converts = getattr(model_field.field_info, "convert_underscores", True)
    for field in get_cached_model_fields(model):
        own_setting = getattr(field.field_info, "convert_underscores", converts)
        facts = field_facts(field)
        aliases = facts.header_aliases if is_headers and own_setting else facts.aliases
        alias, request_alias = next(
            (pair for pair in aliases if pair[1] in received_params), aliases[0]
        )
        value = _get_multidict_value(field, received_params, alias=request_alias)
        if value is not Undefined:
            result.values[alias] = value
        if is_headers:
            _note_header(result, field.name, aliases, (alias, request_alias))
        else:
            result.own_names.update(name for _, name in aliases)
            result.known_names.add(request_alias)
    return result


def _note_header(result: _ModelInput, name: str, aliases: list[AliasPair], used: AliasPair) -> None:
    """Write down the header names of one field; names of headers have no case."""
    alias, request_alias = used
    result.own_names.update(header.lower() for _, header in aliases)
    result.known_names.add(request_alias.lower())
    # A header with the field's name as Python spells it is not an extra one either.
    result.known_names.update(own.lower() for own, header in aliases if own != header)
    if alias != request_alias:
        result.renamed[name] = request_alias


def _location(field: ModelField, facts: FieldFacts) -> str:
    if facts.location is None:
        raise AssertionError(f"Params must be subclasses of Param: {field.name!r}")
    return facts.location


def _request_param_model_to_args(
    model_field: ModelField, model: type[BaseModel], received_params: Mapping[str, Any]
) -> tuple[Any, Errors]:
    """An instance of *model* made of several parameters, or its errors."""
    found = _read_model_fields(model_field, model, received_params)
    # Whether these are ignored, kept or refused is for the model to say.
    found.values.update(_get_multidict_extras(received_params, found.known_names))
    value: Any = found.values
    # None, or the default, stands for no input at all.
    if model_field.field_info.annotation is not model:
        accepts_extras = model.model_config.get("extra") in ("allow", "forbid")
        has_input = any(name in received_params for name in found.own_names)
        if not has_input and not (accepts_extras and value):
            value = Undefined
    location = _location(model_field, field_facts(model_field))
    validated, errors = _validate_value_with_model_field(
        field=model_field, value=value, values={}, loc=(location,)
    )
    if found.renamed and model.model_config.get("loc_by_alias", True):
        for error in errors:
            loc = error["loc"]
            if len(loc) > 1 and loc[1] in found.renamed:
                error["loc"] = (loc[0], found.renamed[loc[1]], *loc[2:])
    return validated, errors


def request_params_to_args(
    fields: Sequence[ModelField],
    received_params: Mapping[str, Any] | QueryParams | Headers,
) -> tuple[dict[str, Any], Errors]:
    """The arguments that *fields* stand for.

    Args:
        fields: Parameters of one place: path, query, headers or cookies.
        received_params: What the request has in that place.

    Returns:
        ``(arguments by name, errors)``; a parameter with errors has no argument.
    """
    values: dict[str, Any] = {}
    errors: Errors = []
    for field in fields:
        facts = field_facts(field)
        if facts.model is not None:
            value, found_errors = _request_param_model_to_args(field, facts.model, received_params)
        else:
            aliases = facts.aliases
            alias = aliases[0][1]
            if len(aliases) > 1:
                alias = next((name for _, name in aliases if name in received_params), alias)
            value, found_errors = _validate_value_with_model_field(
                field=field,
                value=_get_multidict_value(field, received_params, alias=alias),
                values=values,
                loc=(_location(field, facts), alias),
            )
        if found_errors:
            errors.extend(found_errors)
        else:
            values[field.name] = value
    return values, errors
