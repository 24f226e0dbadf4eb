"""Fixed strings of the OpenAPI document."""

METHODS_WITH_BODY = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"}
"""Methods whose operations may document a request body."""

REF_PREFIX = "#/components/schemas/"
"""Where references to model schemas point."""

REF_TEMPLATE = "#/components/schemas/{model}"
"""The same as a template, in the form pydantic asks for."""
