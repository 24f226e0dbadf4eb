"""All parameters of a tree in one list, as documents need them."""

from collections.abc import Iterator, Sequence

from fasterapi._compat import ModelField, get_cached_model_fields
from fasterapi.dependencies.extract import _get_param_model
from fasterapi.dependencies.models import Dependant, _get_cache_key, _UsesScopesCache
from fasterapi.types import DependencyCacheKey


def _walk(dependant: Dependant) -> Iterator[Dependant]:
    """*dependant* and all below it, each before its own dependencies."""
    yield dependant
    for child in dependant.dependencies:
        yield from _walk(child)


def _walk_once(dependant: Dependant, seen: set[DependencyCacheKey]) -> Iterator[Dependant]:
    """Same as `_walk`, without what a request would not call again."""
    uses_scopes_cache: _UsesScopesCache = {}
    pending = [dependant]
    while pending:
        node = pending.pop()
        key = _get_cache_key(dependant=node, uses_scopes_cache=uses_scopes_cache)
        if key not in seen:
            seen.add(key)
            yield node
            pending.extend(reversed(node.dependencies))


def _get_flat_body_params(dependant: Dependant) -> list[ModelField]:
    """The body parameters of the tree, once for every place that declares them."""
    return [field for node in _walk(dependant) for field in node.body_params]


def _get_flat_fields_from_params(fields: Sequence[ModelField]) -> list[ModelField]:
    """*fields*, with the fields of a model in place of each that is one."""
    flat: list[ModelField] = []
    for field in fields:
        model = _get_param_model(field)
        if model is None:
            flat.append(field)
        else:
            flat.extend(get_cached_model_fields(model))
    return flat


def get_flat_params(dependant: Dependant) -> list[ModelField]:
    """The parameters of the tree that are not in the body: path, query, headers, cookies."""
    nodes = list(_walk_once(dependant, set()))
    places = (
        [field for node in nodes for field in node.path_params],
        [field for node in nodes for field in node.query_params],
        [field for node in nodes for field in node.header_params],
        [field for node in nodes for field in node.cookie_params],
    )
    return [field for fields in places for field in _get_flat_fields_from_params(fields)]
