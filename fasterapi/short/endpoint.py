"""An endpoint of the short style -> one that routes know how to call."""

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import PlainTextResponse, Response
from starlette.routing import get_name

from fasterapi._compat import lenient_issubclass
from fasterapi.datastructures import DefaultPlaceholder
from fasterapi.dependencies.models import call_kind
from fasterapi.dependencies.typed import (
    _get_signature,
    get_typed_return_annotation,
    get_typed_signature,
)
from fasterapi.encoders import jsonable_encoder
from fasterapi.exceptions import UsageError
from fasterapi.routing.rules import resolved
from fasterapi.short.response import ShortResponse, merged
from fasterapi.short.signature import (
    meaning_of,
    metadata_of,
    short_parameters,
    with_parameters,
)

__all__ = ("AnswerRules", "adapt_endpoint")

Endpoint = Callable[..., Any]

# A parameter that no function of a user has.
_HIDDEN = "_response_of_the_answer"
_MARK = "_is_short_endpoint"
_PATH_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(slots=True, frozen=True)
class AnswerRules:
    """How one route answers, as far as the short style has a say.

    Attributes:
        is_free: Whether nothing is declared about the result: no annotation, model or class.
        has_model: Whether a model validates the result.
        status_code: The route's status, None for 200.
        response_class: Class of a normal answer.
    """

    is_free: bool
    has_model: bool
    status_code: int | None
    response_class: type[Response]

    @classmethod
    def of(cls, endpoint: Endpoint, settings: dict[str, Any]) -> "AnswerRules":
        """Return the rules of *endpoint* with the settings of its route."""
        is_annotated = _get_signature(endpoint).return_annotation is not inspect.Signature.empty
        model = settings["response_model"]
        is_model_given = not isinstance(model, DefaultPlaceholder)
        if not is_model_given:
            annotation = get_typed_return_annotation(endpoint)
            model = None if lenient_issubclass(annotation, Response) else annotation
        response_class = settings["response_class"]
        is_class_given = not isinstance(response_class, DefaultPlaceholder)
        return cls(
            is_free=not (is_annotated or is_model_given or is_class_given),
            has_model=model is not None,
            status_code=settings["status_code"],
            response_class=resolved(response_class),
        )


@dataclass(slots=True, frozen=True)
class _Carrier:
    """The argument through which status and headers of the answer are reached.

    Attributes:
        name: Its name, None if nobody can set any.
        is_short: Whether it is ``res``; else it is the ``Response`` inside of one.
    """

    name: str | None
    is_short: bool

    def take(self, values: dict[str, Any]) -> tuple[Response | None, ShortResponse | None]:
        """Return the response to merge, and ``res``; drop what the handler must not get."""
        if self.name is None:
            return None, None
        if self.name == _HIDDEN:
            return values.pop(_HIDDEN), None
        value = values[self.name]
        return (value.response, value) if self.is_short else (value, None)


def adapt_endpoint(
    endpoint: Endpoint, path: str, settings: dict[str, Any], *, is_alone: bool
) -> Endpoint:
    """Return *endpoint* in the form that a route takes, itself if it needs no change.

    Args:
        endpoint: The user's function.
        path: The route's path.
        settings: Options of the route, complete.
        is_alone: Whether no dependency but the endpoint's own can set headers.

    Raises:
        UsageError: The path has a parameter ``req`` or ``res``, which mean something else.
    """
    if getattr(endpoint, _MARK, False):
        return endpoint
    before = list(get_typed_signature(endpoint).parameters.values())
    _check_names(endpoint, path, before)
    parameters = short_parameters(endpoint)
    kind = call_kind(endpoint)
    if kind.is_any_generator:
        if parameters is None:
            return endpoint
        return _dressed(_passing(endpoint), endpoint, parameters)
    rules = AnswerRules.of(endpoint, settings)
    carrier = _carrier(before, is_alone=is_alone)
    if not (rules.is_free or carrier.is_short):
        if parameters is None:
            return endpoint
        passing = _awaiting(endpoint) if kind.is_coroutine else _passing(endpoint)
        return _dressed(passing, endpoint, parameters)
    parameters = before if parameters is None else parameters
    if carrier.name == _HIDDEN:
        hidden = inspect.Parameter(_HIDDEN, inspect.Parameter.KEYWORD_ONLY, annotation=Response)
        parameters = [*parameters, hidden]
    make = _answering_async if kind.is_coroutine else _answering
    return _dressed(make(endpoint, carrier, rules), endpoint, parameters)


def answer(
    result: Any, injected: Response | None, res: ShortResponse | None, rules: AnswerRules
) -> Any:
    """Return what the route has to answer with, for what the handler returned.

    Args:
        result: What it returned.
        injected: Status and headers that were set, None if nobody could.
        res: The handler's ``res``, None if it has none.
        rules: How the route answers.
    """
    if isinstance(result, Response):
        return merged(result, injected)
    if res is not None and result is None and _speaks_for_none(res, rules):
        result = res
    if isinstance(result, ShortResponse):
        return merged(result.to_response(rules.status_code), injected)
    status = rules.status_code or 200
    if rules.is_free:
        if isinstance(result, str):
            return merged(PlainTextResponse(result, status), injected)
        if isinstance(result, bytes | bytearray | memoryview):
            octets = Response(bytes(result), status, media_type="application/octet-stream")
            return merged(octets, injected)
    if injected is not None and any(name == b"content-type" for name, _ in injected.raw_headers):
        # The route would send its own content type beside this one.
        if rules.has_model:
            raise UsageError(
                "a route with a response model cannot change its content type by res; declare "
                "response_class=, or return a Response or res.json(...)"
            )
        return merged(rules.response_class(jsonable_encoder(result), status), injected)
    return result


def _speaks_for_none(res: ShortResponse, rules: AnswerRules) -> bool:
    """Return whether a handler that returns None means ``res``, not ``null``."""
    return res.has_content or (rules.is_free and res.is_touched)


def _check_names(endpoint: Endpoint, path: str, parameters: list[inspect.Parameter]) -> None:
    in_path = set(_PATH_PARAMETER.findall(path))
    for parameter in parameters:
        if parameter.name in in_path and meaning_of(parameter) is not None:
            meaning = "request" if parameter.name == "req" else "response"
            raise UsageError(
                f"route {path!r}: {parameter.name!r} is the {meaning} in the short style; annotate "
                "the parameter with a type, or call that part of the path otherwise"
            )


def _carrier(parameters: list[inspect.Parameter], *, is_alone: bool) -> _Carrier:
    for parameter in parameters:
        if meaning_of(parameter) is ShortResponse:
            return _Carrier(parameter.name, is_short=True)
    own = [p.name for p in parameters if lenient_issubclass(p.annotation, Response)]
    if own:  # a second parameter of that type would take its place
        return _Carrier(own[-1], is_short=False)
    # PERF: making a response for nothing would be a tenth of a short request's time.
    if is_alone and all(p.default is p.empty and not metadata_of(p) for p in parameters):
        return _Carrier(None, is_short=False)
    return _Carrier(_HIDDEN, is_short=False)


def _dressed(
    function: Endpoint, endpoint: Endpoint, parameters: list[inspect.Parameter]
) -> Endpoint:
    """Return *function* looking like *endpoint* from outside, but for its parameters."""
    dressed: Any = functools.update_wrapper(function, endpoint)
    dressed.__name__ = get_name(endpoint)  # partials and objects have no name to copy
    dressed.__signature__ = with_parameters(endpoint, parameters)
    setattr(dressed, _MARK, True)
    adapted: Endpoint = dressed
    return adapted


def _passing(endpoint: Endpoint) -> Endpoint:
    def adapted(**values: Any) -> Any:
        return endpoint(**values)

    return adapted


def _awaiting(endpoint: Endpoint) -> Endpoint:
    async def adapted(**values: Any) -> Any:
        return await endpoint(**values)

    return adapted


def _answering(endpoint: Endpoint, carrier: _Carrier, rules: AnswerRules) -> Endpoint:
    take = carrier.take

    def adapted(**values: Any) -> Any:
        injected, res = take(values)
        return answer(endpoint(**values), injected, res, rules)

    return adapted


def _answering_async(endpoint: Endpoint, carrier: _Carrier, rules: AnswerRules) -> Endpoint:
    take = carrier.take

    async def adapted(**values: Any) -> Any:
        injected, res = take(values)
        return answer(await endpoint(**values), injected, res, rules)

    return adapted
