"""`ModelField`: one parameter, body or response, with what validates and serialises it."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from types import UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, SchemaSerializer, SchemaValidator

from fasterapi._compat import shared
from fasterapi._compat.adapters import (
    FIELD_ATTRIBUTES,
    Shape,
    build_adapter,
    documented_adapter,
    field_shape,
    mentions_model,
    shared_adapter,
)
from fasterapi.types import IncEx

Undefined = PydanticUndefined


# Those that the installed pydantic knows, with what says nothing.
_KNOWN_ATTRIBUTES = {
    name: unset for name, unset in FIELD_ATTRIBUTES.items() if hasattr(FieldInfo, name)
}
_values_of = attrgetter(*_KNOWN_ATTRIBUTES)


class _Recipe(NamedTuple):
    """What a field's adapter is built from.

    Taken when the field is made: a FieldInfo that several parameters share as their default
    is given the annotation of each in turn.
    """

    annotation: Any
    metadata: tuple[Any, ...]
    values: tuple[Any, ...]

    @classmethod
    def of(cls, field_info: FieldInfo) -> "_Recipe":
        """Return the recipe of *field_info* as it is now."""
        # PERF: sorted out only if an adapter is built, which most fields share.
        return cls(field_info.annotation, tuple(field_info.metadata), _values_of(field_info))

    @property
    def attributes(self) -> dict[str, Any]:
        """What is said beside annotation and metadata."""
        return {
            name: value
            for (name, unset), value in zip(_KNOWN_ATTRIBUTES.items(), self.values, strict=True)
            if value is not unset and value is not PydanticUndefined
        }


def _usual_shape(field_info: FieldInfo) -> Shape | None:
    """What kind of field this is, if it is of a kind whose adapter cannot fail to be built."""
    has_factory = field_info.default_factory is not None
    if field_info.discriminator is not None or (
        has_factory and field_info.default is not PydanticUndefined
    ):
        # Pydantic refuses a default of both kinds.
        return None
    return field_shape(field_info.annotation, field_info.metadata)


def _may_use_default(recipe: _Recipe) -> bool:
    """Whether validation itself may need the default: a model can raise PydanticUseDefault."""
    attributes = recipe.attributes
    has_default = "default" in attributes or "default_factory" in attributes
    return has_default and mentions_model(field_shape(recipe.annotation, ()))


@dataclass
class ModelField:
    """One value that comes from a request or goes into a response.

    Attributes:
        field_info: Annotation, constraints, default and alias.
        name: The Python name of the parameter or model field.
        mode: Which of a model's two JSON schemas documents it.
        config: Pydantic's configuration, for the fields of a model.
    """

    field_info: FieldInfo
    name: str
    mode: Literal["validation", "serialization"] = "validation"
    config: ConfigDict | None = None

    def __post_init__(self) -> None:
        self._recipe = recipe = _Recipe.of(self.field_info)
        shape = _usual_shape(self.field_info)
        # The kind of adapter that may be shared with other fields; None for an own one.
        self._shape = shape if self.config is None else None
        # Whatever is wrong with the annotation is raised here, where the route is defined. A usual
        # one has nothing wrong, but constraints may not suit it; those in a model have been tried.
        if shape is None or (recipe.metadata and self.config is None):
            self._engine  # noqa: B018

    @cached_property
    def _type_adapter(self) -> TypeAdapter[Any]:
        """The adapter that OpenAPI documents, with title, default and the like."""
        recipe = self._recipe
        if self._shape is None:
            return build_adapter(recipe.annotation, recipe.metadata, recipe.attributes, self.config)
        return documented_adapter(
            self._shape, recipe.annotation, recipe.metadata, recipe.attributes
        )

    @cached_property
    def _engine(self) -> TypeAdapter[Any]:
        """The adapter that validates and serialises.

        It may be incomplete while a forward reference is unresolved, so neither its validator nor
        its serializer is kept anywhere else.
        """
        recipe = self._recipe
        if self._shape is None or "_type_adapter" in self.__dict__ or _may_use_default(recipe):
            return self._type_adapter
        return shared_adapter(self._shape, recipe.annotation, recipe.metadata)

    @property
    def validator(self) -> SchemaValidator:
        """What `validate` calls: the compiled validator."""
        return self._engine.validator  # type: ignore[return-value]

    @property
    def serializer(self) -> SchemaSerializer:
        """What `serialize` and `serialize_json` call: the compiled serializer."""
        return self._engine.serializer

    @property
    def alias(self) -> str:
        """The name outside of Python: the alias, or the field's name."""
        alias = self.field_info.alias
        return self.name if alias is None else alias

    @property
    def validation_alias(self) -> str | None:
        """The name in requests, if it is a plain one."""
        alias = self.field_info.validation_alias
        return alias if isinstance(alias, str) and alias else None

    @property
    def serialization_alias(self) -> str | None:
        """The name in responses, if one is set."""
        return self.field_info.serialization_alias or None

    @property
    def default(self) -> Any:
        """Same as `get_default`."""
        return self.get_default()

    def get_default(self) -> Any:
        """The default, made anew by a default factory; `Undefined` for a required field."""
        if self.field_info.is_required():
            return Undefined
        return self.field_info.get_default(call_default_factory=True)

    def validate(
        self,
        value: Any,
        values: dict[str, Any] = {},  # noqa: ARG002, B006, RUF100 - COMPAT: never read nor written
        *,
        loc: tuple[int | str, ...] = (),
    ) -> tuple[Any, list[dict[str, Any]]]:
        """Validate *value*.

        Args:
            value: What the request brought.
            values: Not used; the fields before this one.
            loc: Prefix of the location in each error.

        Returns:
            ``(validated, [])`` or ``(None, errors)``.
        """
        try:
            return self._engine.validator.validate_python(value, from_attributes=True), []
        except ValidationError as error:
            errors = error.errors(include_url=False)
            return None, _regenerate_error_with_loc(errors=errors, loc_prefix=loc)

    def serialize(
        self,
        value: Any,
        *,
        mode: Literal["json", "python"] = "json",
        include: IncEx | None = None,
        exclude: IncEx | None = None,
        by_alias: bool = True,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> Any:
        """*value*, which must be validated already, as plain Python data."""
        return self._engine.dump_python(
            value,
            mode=mode,
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )

    def serialize_json(
        self,
        value: Any,
        *,
        include: IncEx | None = None,
        exclude: IncEx | None = None,
        by_alias: bool = True,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> bytes:
        """*value*, which must be validated already, as JSON, without a detour over Python data."""
        return self._engine.dump_json(
            value,
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )

    def __hash__(self) -> int:
        # Two fields that look the same are still two keys of the map from fields to JSON schemas.
        return id(self)


def _regenerate_error_with_loc(
    *, errors: Sequence[Any], loc_prefix: tuple[str | int, ...]
) -> list[dict[str, Any]]:
    return [{**error, "loc": loc_prefix + error.get("loc", ())} for error in errors]


def get_missing_field_error(loc: tuple[int | str, ...]) -> dict[str, Any]:
    """The error of a required value that is not there, as pydantic would word it.

    PERF: written down rather than asked for (3 µs); a test compares it with pydantic's.
    """
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": None}


def asdict(field_info: FieldInfo) -> dict[str, Any]:
    """*field_info* taken apart into ``annotation``, ``metadata`` and ``attributes``."""
    attributes = {name: getattr(field_info, name, Undefined) for name in FIELD_ATTRIBUTES}
    return {
        "annotation": field_info.annotation,
        "metadata": field_info.metadata,
        "attributes": {name: value for name, value in attributes.items() if value is not Undefined},
    }


def copy_field_info(*, field_info: FieldInfo, annotation: Any) -> FieldInfo:
    """A copy of *field_info* that says everything an ``Annotated[...]`` says as a whole.

    The copy keeps the class and the framework's own attributes of *field_info* (``embed``,
    ``media_type``, ...), which pydantic's merging knows nothing about.
    """
    merged = type(field_info).from_annotation(annotation)
    result = copy(field_info)
    for name in FIELD_ATTRIBUTES:
        value = getattr(merged, name, Undefined)
        if value is not Undefined:
            setattr(result, name, value)
    result._attributes_set = merged._attributes_set.copy()  # noqa: SLF001
    result.metadata = merged.metadata
    result.annotation = merged.annotation
    return result


def is_scalar_field(field: ModelField) -> bool:
    """Whether one piece of text outside of the body carries the value of *field*."""
    from fasterapi import params  # noqa: PLC0415 - params is built on this module

    return shared.field_annotation_is_scalar(field.field_info.annotation) and not isinstance(
        field.field_info, params.Body
    )


def serialize_sequence_value(*, field: ModelField, value: Any) -> Sequence[Any]:
    """*value* as the kind of sequence that *field* is annotated with.

    In a union the first member that is a sequence decides.
    """
    annotation: Any = field.field_info.annotation
    origin = get_origin(annotation)
    if origin is Union or origin is UnionType:
        members = get_args(annotation)
        annotation = next(filter(shared.field_annotation_is_sequence, members), list)
    kind: Any = get_origin(annotation) or annotation
    return shared.sequence_annotation_to_type.get(kind, list)(value)  # type: ignore[no-any-return]
