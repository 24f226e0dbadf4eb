"""`Example`, apart from the models: what declares parameters needs no more of OpenAPI."""

from typing import Any

from typing_extensions import TypedDict

__all__ = ("Example",)


class Example(TypedDict, total=False):
    """A named example of a value."""

    # Where `AnyUrl` is: PERF: it takes as long to import as all parameter classes.
    __module__ = "fasterapi.openapi.models"  # type: ignore[misc]

    summary: str | None
    description: str | None
    value: Any | None
    externalValue: "AnyUrl | None"  # type: ignore[name-defined]  # noqa: F821

    __pydantic_config__ = {"extra": "allow"}  # type: ignore[misc]  # noqa: RUF012
