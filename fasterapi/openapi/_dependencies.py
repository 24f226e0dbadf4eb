"""What the dependency tree of a route contributes to its operation."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fasterapi._compat import ModelField
from fasterapi.dependencies.models import (
    Dependant,
    _get_cache_key,
    _get_oauth_scopes,
    _get_security_scheme,
    _is_security_scheme,
    _UsesScopesCache,
)
from fasterapi.dependencies.utils import _get_flat_fields_from_params
from fasterapi.encoders import jsonable_encoder
from fasterapi.params import ParamTypes

if TYPE_CHECKING:
    from fasterapi.types import DependencyCacheKey

__all__ = (
    "_OpenAPIDependencyData",
    "_get_openapi_dependency_data",
    "_get_openapi_security_definitions",
)


@dataclass
class _OpenAPIDependencyData:
    """Parameters and security schemes of a whole tree, in order of declaration."""

    path_params: list[ModelField] = field(default_factory=list)
    query_params: list[ModelField] = field(default_factory=list)
    header_params: list[ModelField] = field(default_factory=list)
    cookie_params: list[ModelField] = field(default_factory=list)
    security_dependencies: list[tuple[Dependant, list[str]]] = field(default_factory=list)

    def add_params(self, dependant: Dependant) -> None:
        self.path_params += dependant.path_params
        self.query_params += dependant.query_params
        self.header_params += dependant.header_params
        self.cookie_params += dependant.cookie_params

    def params_by_place(self) -> Iterator[tuple[ParamTypes, list[ModelField]]]:
        """Yield each place of the request with its parameters, in document order."""
        yield ParamTypes.path, self.path_params
        yield ParamTypes.query, self.query_params
        yield ParamTypes.header, self.header_params
        yield ParamTypes.cookie, self.cookie_params

    def has_fields(self) -> bool:
        """Return whether a request has any parameter that could be invalid.

        A parameter model without fields counts as none.
        """
        return any(_get_flat_fields_from_params(fields) for _, fields in self.params_by_place())


def _get_openapi_dependency_data(dependant: Dependant) -> _OpenAPIDependencyData:
    """Return what the tree below *dependant* declares, each dependency once.

    A dependency used twice counts once, unless its security scopes differ.
    """
    data = _OpenAPIDependencyData()
    # A list, because a dependency declared with use_cache=False may be unhashable.
    seen: list[DependencyCacheKey] = []
    uses_scopes: _UsesScopesCache = {}
    waiting: list[tuple[Dependant, list[str]]] = [(dependant, [])]
    while waiting:
        current, inherited_scopes = waiting.pop()
        key = _get_cache_key(dependant=current, uses_scopes_cache=uses_scopes)
        if key in seen:
            continue
        seen.append(key)
        data.add_params(current)
        scopes = _merged(inherited_scopes, _get_oauth_scopes(dependant=current))
        if current is not dependant and _is_security_scheme(dependant=current):
            data.security_dependencies.append((current, scopes))
        # Last in, first out: reversed keeps the order of declaration.
        waiting.extend((child, scopes) for child in reversed(current.dependencies))
    return data


def _get_openapi_security_definitions(
    security_dependencies: list[tuple[Dependant, list[str]]],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return security schemes by name, and the requirements of the operation.

    Scopes of dependencies that share a scheme are merged into one requirement.
    """
    definitions: dict[str, Any] = {}
    scopes_by_name: dict[str, list[str]] = {}
    for dependant, scopes in security_dependencies:
        scheme = _get_security_scheme(dependant=dependant)
        name = scheme.scheme_name
        definitions[name] = jsonable_encoder(scheme.model, by_alias=True, exclude_none=True)
        scopes_by_name[name] = _merged(scopes_by_name.get(name, []), scopes)
    return definitions, [{name: scopes} for name, scopes in scopes_by_name.items()]


def _merged(first: list[str], second: list[str]) -> list[str]:
    """Return a new list: *first* as it is, then what only *second* has."""
    return first + [scope for scope in dict.fromkeys(second) if scope not in first]
