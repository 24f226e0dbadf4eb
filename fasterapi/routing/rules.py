"""How one route answers: its options in the form that answering needs."""

from typing import Any, NamedTuple, Protocol

from starlette.background import BackgroundTasks
from starlette.responses import Response

from fasterapi._compat import ModelField, lenient_issubclass
from fasterapi.datastructures import DefaultPlaceholder
from fasterapi.dependencies.models import (
    Dependant,
    _is_coroutine_callable,
    call_kind,
)
from fasterapi.sse import EventSourceResponse
from fasterapi.types import IncEx

__all__ = ("ResponseRules", "Solved", "resolved", "response_rules")


class Solved(Protocol):
    """What dependencies leave for the answer: tasks to run after it, and headers to add."""

    @property
    def background_tasks(self) -> BackgroundTasks | None:
        """Run after the answer has been sent."""

    @property
    def response(self) -> Response:
        """The response object that dependencies and the endpoint may write to."""


class ResponseRules(NamedTuple):
    """The response options of one route.

    Attributes:
        response_class: Class of the answer, resolved.
        is_default_class: Whether nobody chose that class; then a declared model is written
            to JSON bytes directly.
        is_coroutine: Whether the endpoint is a coroutine function; else validation runs in
            a worker thread too.
    """

    response_class: type[Response]
    is_default_class: bool
    status_code: int | None
    field: ModelField | None
    include: IncEx | None
    exclude: IncEx | None
    by_alias: bool
    exclude_unset: bool
    exclude_defaults: bool
    exclude_none: bool
    stream_item_field: ModelField | None
    is_coroutine: bool
    is_generator: bool
    is_sse_stream: bool
    is_json_stream: bool

    def dump_options(self) -> dict[str, Any]:
        """Return the keyword arguments of a field's ``serialize`` and ``serialize_json``."""
        return {
            "include": self.include,
            "exclude": self.exclude,
            "by_alias": self.by_alias,
            "exclude_unset": self.exclude_unset,
            "exclude_defaults": self.exclude_defaults,
            "exclude_none": self.exclude_none,
        }

    @property
    def dumps_json(self) -> bool:
        """Whether a declared model is written to JSON bytes without a detour over dicts."""
        return self.field is not None and self.is_default_class

    @property
    def is_streaming(self) -> bool:
        """Whether the endpoint's items are sent as they come."""
        return self.is_sse_stream or self.is_json_stream or self.is_generator


def resolved(option: Any) -> Any:
    """Return *option*, or what stands for it if nobody chose."""
    return option.value if isinstance(option, DefaultPlaceholder) else option


def response_rules(dependant: Dependant, options: dict[str, Any]) -> ResponseRules:
    """Return the response options of a route in the form that answering needs.

    Args:
        dependant: The endpoint's.
        options: Arguments of `get_request_handler` by name.
    """
    chosen = options["response_class"]
    response_class = resolved(chosen)
    call = dependant.call
    return ResponseRules(
        response_class=response_class,
        is_default_class=isinstance(chosen, DefaultPlaceholder),
        status_code=options["status_code"],
        field=options["response_field"],
        include=options["response_model_include"],
        exclude=options["response_model_exclude"],
        by_alias=options["response_model_by_alias"],
        exclude_unset=options["response_model_exclude_unset"],
        exclude_defaults=options["response_model_exclude_defaults"],
        exclude_none=options["response_model_exclude_none"],
        stream_item_field=options["stream_item_field"],
        is_coroutine=_is_coroutine_callable(call),
        is_generator=call is not None and call_kind(call).is_any_generator,
        is_sse_stream=lenient_issubclass(response_class, EventSourceResponse),
        is_json_stream=options["is_json_stream"],
    )
