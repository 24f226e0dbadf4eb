# ruff: noqa: N815 -- the names are the specification's
"""JSON Schema as OpenAPI 3.1 uses it, and the base of all its models.

Source: JSON Schema 2020-12; OpenAPI Specification 3.1.0 section 4.8.24.
"""

from typing import Annotated, Any, Literal, Optional

from pydantic import AnyUrl, BaseModel, Field
from typing_extensions import deprecated as typing_deprecated


class BaseModelWithConfig(BaseModel):
    """Base of the document's objects: keys it does not know are kept."""

    # PERF: building validators is most of this package's import time (35 of 50 ms)
    # and is needed only where a document, or a security scheme, is made.
    model_config = {"extra": "allow", "defer_build": True}


class Reference(BaseModel):
    """A pointer to an object elsewhere in the document."""

    ref: str = Field(alias="$ref")


class Discriminator(BaseModel):
    """How to tell the members of a union apart."""

    propertyName: str
    mapping: dict[str, str] | None = None


class XML(BaseModelWithConfig):
    """How a property looks in XML."""

    name: str | None = None
    namespace: str | None = None
    prefix: str | None = None
    attribute: bool | None = None
    wrapped: bool | None = None


class ExternalDocumentation(BaseModelWithConfig):
    """A link to documentation elsewhere."""

    description: str | None = None
    url: AnyUrl


SchemaType = Literal["array", "boolean", "integer", "null", "number", "object", "string"]

# The keyword shapes of JSON Schema; strings because a schema nests itself.
_Subschema = Optional["SchemaOrBool"]
_Subschemas = list["SchemaOrBool"] | None
_NamedSubschemas = dict[str, "SchemaOrBool"] | None
_Count = Annotated[int | None, Field(ge=0)]


class Schema(BaseModelWithConfig):
    """A JSON Schema 2020-12 object with OpenAPI's additions."""

    # Core vocabulary.
    schema_: str | None = Field(default=None, alias="$schema")
    vocabulary: str | None = Field(default=None, alias="$vocabulary")
    id: str | None = Field(default=None, alias="$id")
    anchor: str | None = Field(default=None, alias="$anchor")
    dynamicAnchor: str | None = Field(default=None, alias="$dynamicAnchor")
    ref: str | None = Field(default=None, alias="$ref")
    dynamicRef: str | None = Field(default=None, alias="$dynamicRef")
    defs: _NamedSubschemas = Field(default=None, alias="$defs")
    comment: str | None = Field(default=None, alias="$comment")
    # Applicators.
    allOf: _Subschemas = None
    anyOf: _Subschemas = None
    oneOf: _Subschemas = None
    not_: _Subschema = Field(default=None, alias="not")
    if_: _Subschema = Field(default=None, alias="if")
    then: _Subschema = None
    else_: _Subschema = Field(default=None, alias="else")
    dependentSchemas: _NamedSubschemas = None
    prefixItems: _Subschemas = None
    items: _Subschema = None
    contains: _Subschema = None
    properties: _NamedSubschemas = None
    patternProperties: _NamedSubschemas = None
    additionalProperties: _Subschema = None
    propertyNames: _Subschema = None
    unevaluatedItems: _Subschema = None
    unevaluatedProperties: _Subschema = None
    # Validation.
    type: SchemaType | list[SchemaType] | None = None
    enum: list[Any] | None = None
    const: Any | None = None
    multipleOf: float | None = Field(default=None, gt=0)
    maximum: float | None = None
    exclusiveMaximum: float | None = None
    minimum: float | None = None
    exclusiveMinimum: float | None = None
    maxLength: _Count = None
    minLength: _Count = None
    pattern: str | None = None
    maxItems: _Count = None
    minItems: _Count = None
    uniqueItems: bool | None = None
    maxContains: _Count = None
    minContains: _Count = None
    maxProperties: _Count = None
    minProperties: _Count = None
    required: list[str] | None = None
    dependentRequired: dict[str, set[str]] | None = None
    # Format and content.
    format: str | None = None
    contentEncoding: str | None = None
    contentMediaType: str | None = None
    contentSchema: _Subschema = None
    # Annotations.
    title: str | None = None
    description: str | None = None
    default: Any | None = None
    deprecated: bool | None = None
    readOnly: bool | None = None
    writeOnly: bool | None = None
    examples: list[Any] | None = None
    # OpenAPI's own.
    discriminator: Discriminator | None = None
    xml: XML | None = None
    externalDocs: ExternalDocumentation | None = None
    example: Annotated[
        Any | None,
        typing_deprecated(
            "Deprecated in OpenAPI 3.1.0 that now uses JSON Schema 2020-12, "
            "although still supported. Use examples instead."
        ),
    ] = None


SchemaOrBool = Schema | bool
"""A schema; True allows everything, False nothing."""
