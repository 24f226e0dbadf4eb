"""The OpenAPI document of an app: `get_openapi` and its encoding.

`fasterapi.openapi.utils` offers the names below where FastAPI's users look for them.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fasterapi._compat import (
    ModelField,
    get_definitions,
    get_flat_models_from_fields,
    get_model_name_map,
)
from fasterapi.dependencies.utils import get_flat_params
from fasterapi.openapi._operations import (
    FieldLookup,
    _get_api_route_for_openapi,
    get_openapi_path,
)
from fasterapi.openapi.models import OpenAPI

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from fasterapi.routing.context import RouteContext
    from fasterapi.routing.route import _APIRouteLike

__all__ = ("encode_document", "get_fields_from_routes", "get_openapi")

# The options of Starlette's JSONResponse; an encoder kept saves building one per document.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def encode_document(schema: dict[str, Any]) -> bytes:
    """Return *schema* as the bytes that Starlette's ``JSONResponse`` would send.

    Raises:
        ValueError: *schema* holds NaN or an infinity, which JSON has no words for.
    """
    return _ENCODER.encode(schema).encode("utf-8")


def get_openapi(
    *,
    title: str,
    version: str,
    openapi_version: str = "3.1.0",
    summary: str | None = None,
    description: str | None = None,
    routes: "Sequence[BaseRoute | RouteContext]",
    webhooks: "Sequence[BaseRoute | RouteContext] | None" = None,
    tags: list[dict[str, Any]] | None = None,
    servers: list[dict[str, str | Any]] | None = None,
    terms_of_service: str | None = None,
    contact: dict[str, str | Any] | None = None,
    license_info: dict[str, str | Any] | None = None,
    separate_input_output_schemas: bool = True,
    external_docs: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the OpenAPI document for *routes*, ready for JSON.

    Args:
        title: Name of the API.
        version: Version of the API, not of OpenAPI.
        openapi_version: Version of the specification that the document claims.
        summary: One line about the API.
        description: More about the API, in Markdown.
        routes: Routes to document; those that are not API routes are left out.
        webhooks: Routes that describe the requests the API sends.
        tags: Tag objects: descriptions and order of the tags.
        servers: Server objects; none means the server the document came from.
        terms_of_service: URL of the terms of service.
        contact: Contact object.
        license_info: License object.
        separate_input_output_schemas: Whether a model whose input and output
            differ has two schemas.
        external_docs: External documentation object of the whole API.
    """
    info = _with_values(
        {"title": title, "version": version},
        summary=summary,
        description=description,
        termsOfService=terms_of_service,
        contact=contact,
        license=license_info,
    )
    document = _with_values({"openapi": openapi_version, "info": info}, servers=servers)
    fields = get_fields_from_routes([*routes, *(webhooks or ())])
    names = get_model_name_map(get_flat_models_from_fields(fields, known_models=set()))
    field_mapping, definitions = get_definitions(
        fields=fields,
        model_name_map=names,
        separate_input_output_schemas=separate_input_output_schemas,
    )
    collected = _Paths(
        lookup=FieldLookup(
            model_name_map=names,
            field_mapping=field_mapping,
            separate_input_output_schemas=separate_input_output_schemas,
        ),
        schemas=definitions,
    )
    paths = collected.collect(routes)
    webhook_paths = collected.collect(webhooks or ())
    document = _with_values(document, components=collected.components())
    document["paths"] = paths
    document = _with_values(document, webhooks=webhook_paths, tags=tags, externalDocs=external_docs)
    return _normalised(document)


class _Paths:
    """Path items, and what they refer to, while a document is being built."""

    __slots__ = ("_lookup", "_operation_ids", "_schemas", "_security_schemes")

    def __init__(self, lookup: FieldLookup, schemas: dict[str, dict[str, Any]]) -> None:
        self._lookup = lookup
        self._schemas = schemas
        self._security_schemes: dict[str, Any] = {}
        self._operation_ids: set[str] = set()

    def collect(self, routes: "Iterable[BaseRoute | RouteContext]") -> dict[str, dict[str, Any]]:
        """Return the path items of *routes* by path, and keep what they refer to."""
        paths: dict[str, dict[str, Any]] = {}
        for route in _api_routes(routes):
            result = get_openapi_path(
                route=route, operation_ids=self._operation_ids, **self._lookup
            )
            if not result:  # COMPAT: a replaced get_openapi_path may return None
                continue
            path, security_schemes, schemas = result
            if path:
                paths.setdefault(route.path_format, {}).update(path)
            self._security_schemes.update(security_schemes)
            self._schemas.update(schemas)
        return paths

    def components(self) -> dict[str, Any]:
        """Return the components object, its schemas sorted by name."""
        return _with_values(
            {},
            securitySchemes=self._security_schemes,
            schemas={name: self._schemas[name] for name in sorted(self._schemas)},
        )


def get_fields_from_routes(routes: "Sequence[BaseRoute | RouteContext]") -> list[ModelField]:
    """Return every field whose schema the document for *routes* may show.

    Order decides how schemas with equal names are told apart: those of
    callbacks, request bodies, responses, then parameters.
    """
    bodies: list[ModelField] = []
    responses: list[ModelField] = []
    parameters: list[ModelField] = []
    callbacks: list[ModelField] = []
    for route in _api_routes(routes):
        if not route.include_in_schema:
            continue
        if route.body_field:
            bodies.append(route.body_field)
        responses.extend(_response_fields(route))
        if route.callbacks:
            callbacks.extend(get_fields_from_routes(route.callbacks))
        parameters.extend(get_flat_params(route.dependant))
    return callbacks + bodies + responses + parameters


def _response_fields(route: "_APIRouteLike") -> Iterator[ModelField]:
    if route.response_field:
        yield route.response_field
    if route.response_fields:
        yield from route.response_fields.values()
    if route.stream_item_field:
        yield route.stream_item_field


def _api_routes(routes: "Iterable[BaseRoute | RouteContext]") -> "Iterator[_APIRouteLike]":
    """Yield the API routes among *routes*, those of included routers too."""
    # The routes are built on this package, so it knows them only at run time.
    from fasterapi.routing.include import iter_route_contexts  # noqa: PLC0415

    for context in iter_route_contexts(list(routes)):
        route = _get_api_route_for_openapi(context)
        if route is not None:
            yield route


def _with_values(base: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """Return *base* with those of *optional* that are not empty."""
    return base | {key: value for key, value in optional.items() if value}


def _normalised(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document* checked, with keys in the order of the specification.

    Equal to ``jsonable_encoder(OpenAPI(**document), by_alias=True, exclude_none=True)``.
    PERF: that copies the dump once more through Python for each value, a quarter
    of the whole time; the dump is ours alone, so it is cleaned where it is.
    """
    dump = OpenAPI(**document).model_dump(mode="json", by_alias=True, exclude_none=True)
    _drop_nulls(dump)
    return dump


def _drop_nulls(value: dict[str, Any] | list[Any]) -> None:
    """Remove from *value*, at any depth, the keys that `jsonable_encoder` leaves out.

    Those are keys without a value and, as for rows of SQLAlchemy, keys that
    start with ``_sa``. Items of lists stay.
    """
    if isinstance(value, dict):
        for key in [key for key, item in value.items() if item is None or key.startswith("_sa")]:
            del value[key]
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            _drop_nulls(item)
