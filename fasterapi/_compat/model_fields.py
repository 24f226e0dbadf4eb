"""The fields of a model as `ModelField`s, and models made from fields."""

from collections.abc import Sequence
from dataclasses import is_dataclass
from functools import lru_cache
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, create_model

from fasterapi._compat.model_field import ModelField
from fasterapi._compat.shared import lenient_issubclass


def get_model_fields(model: type[BaseModel]) -> list[ModelField]:
    """The fields of *model*, in order.

    Each has the model's configuration, except where its type has one of its own: pydantic refuses
    an adapter with two.
    """
    return [
        ModelField(
            field_info=info,
            name=name,
            config=None if _has_own_config(info.annotation) else model.model_config,
        )
        for name, info in model.model_fields.items()
    ]


def _has_own_config(annotation: Any) -> bool:
    return lenient_issubclass(annotation, (BaseModel, dict)) or is_dataclass(annotation)


@lru_cache
def get_cached_model_fields(model: type[BaseModel]) -> list[ModelField]:
    """Same as `get_model_fields`; the list is shared and must not be changed."""
    return get_model_fields(model)


def create_body_model(
    *, fields: Sequence[ModelField], model_name: str, config: ConfigDict | None = None
) -> type[BaseModel]:
    """A model whose fields are *fields*, under their names."""
    definitions: dict[str, Any] = {
        field.name: (field.field_info.annotation, field.field_info) for field in fields
    }
    return cast(type[BaseModel], create_model(model_name, __config__=config, **definitions))
