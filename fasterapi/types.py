"""Type aliases shared by the whole package."""

import types
from collections.abc import Callable
from enum import Enum
from typing import Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel
from pydantic.main import IncEx

__all__ = (
    "DecoratedCallable",
    "DependencyCacheKey",
    "HandlerType",
    "IncEx",
    "ModelNameMap",
    "UnionType",
)

DecoratedCallable = TypeVar("DecoratedCallable", bound=Callable[..., Any])
"""A function that a decorator returns unchanged."""

UnionType = types.UnionType
"""The class of ``X | Y`` expressions, which is not that of ``typing.Union``."""

ModelNameMap = dict[type[BaseModel] | type[Enum], str]
"""The name each model has in an OpenAPI document."""

DependencyCacheKey = tuple[Callable[..., Any] | None, tuple[str, ...], str]
"""What makes two uses of a dependency one: callable, OAuth2 scopes, scope."""

HandlerType: TypeAlias = Literal["python", "native", "cpp"]
"""How a route's function is called: for each request, or once (both other names)."""
