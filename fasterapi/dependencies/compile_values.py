"""The compiled argument of each parameter whose value comes out of the request.

What each does is what `fasterapi.dependencies.extract` and `body` do; a parameter that has no
faster way is read by them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from fasterapi import params
from fasterapi._compat import ModelField, get_cached_model_fields
from fasterapi._speedups.arguments import Argument, Group, Value
from fasterapi._speedups.body_arguments import BodyArgument
from fasterapi._speedups.param_models import ModelArgument
from fasterapi._speedups.param_models import ModelField as CompiledField
from fasterapi.dependencies.absence import absence
from fasterapi.dependencies.core_schema import calls_python
from fasterapi.dependencies.extract import field_facts, request_params_to_args

__all__ = ("argument_of", "body_arguments_of", "value_argument")

MakeArgument: TypeAlias = Callable[[int], Argument]

# Places whose names may have several values.
_MULTIPLE = frozenset({"query", "header"})
_NO_BOUNDS = (-(2**63), 2**63 - 1)


def argument_of(item: ModelField, source: str, path_names: Sequence[str]) -> MakeArgument:
    """Return the maker of the Argument for one parameter.

    Args:
        item: The parameter.
        source: Where its value is: path, query, header or cookie.
        path_names: Names of the captured path values, in the router's order.
    """
    facts = field_facts(item)
    is_list = facts.is_sequence and source in _MULTIPLE and not facts.is_json
    made = None
    if facts.model is not None:
        made = _model_argument(item, source, facts.model)
    elif is_list == facts.is_sequence:
        made = value_argument(item, source, path_names, is_list=is_list)
    if made is not None and not item.field_info.validate_default:
        return made
    return partial(Group, source=source, name=item.name, read=partial(_read_group, item))


def value_argument(
    item: ModelField, source: str, path_names: Sequence[str] = (), *, is_list: bool = False
) -> MakeArgument:
    """Return the maker of the Argument for one value, or all values, of one name; as above."""
    names = tuple(name for _, name in field_facts(item).aliases)
    conversion, minimum, maximum = _conversion(item)
    return partial(
        Value,
        source=source,
        names=names,
        is_list=is_list,
        path_index=path_names.index(names[0]) if names[0] in path_names else -1,
        conversion=conversion,
        minimum=minimum,
        maximum=maximum,
        validate=item.validator.validate_python,
        **absence(item, ("body" if source == "form" else source, names[0])),
    )


def _read_group(item: ModelField, received: Any) -> tuple[dict[str, Any], list[Any]]:
    return request_params_to_args([item], received)


def _model_argument(item: ModelField, source: str, model: type[BaseModel]) -> MakeArgument | None:
    """Return the maker of a model of parameters; None where only the reference can read it."""
    if source not in {*_MULTIPLE, "cookie"} or not model.__pydantic_complete__:
        return None
    fields = [_field_of(field, item, source) for field in get_cached_model_fields(model)]
    names = [each for _, aliases, _, _ in fields for each in aliases]
    if source == "header" and not all(_is_latin(shown) for _, _, shown in names):
        return None
    is_header = source == "header"
    # A header with the field's name as Python spells it is not an extra one either.
    known = {own.lower() for own, _, shown in names if own != shown}
    is_optional = item.field_info.annotation is not model
    return partial(
        ModelArgument,
        source=source,
        fields=tuple(
            CompiledField(name, aliases, is_sequence=is_sequence, is_list=is_list)
            for name, aliases, is_sequence, is_list in fields
        ),
        known_names=frozenset(known if is_header else ()),
        shows_others=_shows_others(model),
        own_names=frozenset(found for _, found, _ in names) if is_optional else None,
        accepts_others=model.model_config.get("extra") in {"allow", "forbid"},
        renames=is_header and bool(model.model_config.get("loc_by_alias", True)),
        validate=item.validator.validate_python,
        **absence(item, (source,)),
    )


_Field: TypeAlias = tuple[str, tuple[tuple[str, str, str], ...], bool, bool]


def _field_of(field: ModelField, parameter: ModelField, source: str) -> _Field:
    """Return the arguments of `CompiledField`."""
    facts = field_facts(field)
    aliases = facts.aliases
    if source == "header":
        converts = getattr(parameter.field_info, "convert_underscores", True)
        if getattr(field.field_info, "convert_underscores", converts):
            aliases = facts.header_aliases
    compiled = tuple(
        (own, shown.lower() if source == "header" else shown, shown) for own, shown in aliases
    )
    is_list = facts.is_sequence and not facts.is_json and source in _MULTIPLE
    return field.name, compiled, facts.is_sequence, is_list


def _shows_others(model: type[BaseModel]) -> bool:
    """Return whether input beside that of its fields could make a difference to *model*."""
    schema: Any = model.__pydantic_core_schema__
    aliases = [info.validation_alias for info in model.model_fields.values()]
    return (
        model.model_config.get("extra", "ignore") != "ignore"
        or model.model_config.get("validate_by_name", False)
        or model.model_config.get("populate_by_name", False)
        or not all(alias is None or isinstance(alias, str) for alias in aliases)
        or calls_python(schema)
    )


def _is_latin(name: str) -> bool:
    return all(ord(character) < 0x100 for character in name)


def body_arguments_of(
    items: Sequence[ModelField], names: Sequence[str], is_embedded: bool
) -> tuple[BodyArgument, ...]:
    """Return what takes body parameters out of parsed JSON; nothing where only forms are read.

    Args:
        items: The parameters, of one call.
        names: Names of the call's arguments, by position.
        is_embedded: Whether each parameter is a key of the body.
    """
    if any(
        isinstance(item.field_info, params.Form) or item.field_info.validate_default
        for item in items
    ):
        return ()
    try:
        return tuple(
            _body_argument(item, names.index(item.name), is_embedded=is_embedded) for item in items
        )
    except PydanticUserError:
        return ()  # a forward reference is still open


def _body_argument(item: ModelField, position: int, *, is_embedded: bool) -> BodyArgument:
    keys = tuple(own for own, _ in field_facts(item).aliases) if is_embedded else ()
    return BodyArgument(
        position,
        keys=keys,
        validate=item.validator.validate_python,
        **absence(item, ("body", *keys[:1])),
    )


def _conversion(item: ModelField) -> tuple[str, int, int]:
    """Return how the value is converted in C, and its bounds; both inclusive."""
    annotation = _without_none(item.field_info.annotation)
    if annotation is str:
        bounds = _bounds(item.field_info, {MinLen: "min_length", MaxLen: "max_length"})
    elif annotation is int:
        bounds = _bounds(item.field_info, {Ge: "ge", Gt: "gt", Le: "le", Lt: "lt"})
    else:
        bounds = None
    if bounds is None or item.field_info.discriminator is not None:
        return ("validator", *_NO_BOUNDS)
    return (annotation.__name__, *bounds)


def _bounds(field_info: params.Param | Any, known: dict[type, str]) -> tuple[int, int] | None:
    """Return the inclusive bounds, or None if a constraint is not one of *known*."""
    minimum, maximum = _NO_BOUNDS
    for constraint in field_info.metadata:
        attribute = known.get(type(constraint))
        number = getattr(constraint, attribute, None) if attribute else None
        if type(number) is not int or not -(2**62) < number < 2**62:
            return None
        if attribute in {"ge", "min_length"}:
            minimum = max(minimum, number)
        elif attribute == "gt":
            minimum = max(minimum, number + 1)
        elif attribute == "lt":
            maximum = min(maximum, number - 1)
        else:
            maximum = min(maximum, number)
    return minimum, maximum


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        others = [arg for arg in get_args(annotation) if arg is not NoneType]
        if len(others) == 1:
            return others[0]
    return annotation
