"""An endpoint of the short style -> one that routes know how to call."""

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
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
from fasterapi.short.request import ShortRequest, has_no_body, read_body
from fasterapi.short.response import ShortResponse, merged
from fasterapi.short.signature import (
    meaning_of,
    metadata_of,
    short_parameters,
    with_parameters,
)

__all__ = ("AnswerRules", "adapt_endpoint")

Endpoint = Callable[..., Any]

# Parameters that no function of a user has.
_REQUEST, _RESPONSE = "_request_of_the_route", "_response_of_the_route"
_MARK = "_is_short_endpoint"
# Results that only the route's own way of answering is for.
_PLAIN = frozenset((dict, list))
_SENT_AS_IT_IS = (str, bytes, bytearray, memoryview)

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
class _Source:
    """The argument in which a route hands over a Starlette object.

    Attributes:
        name: The handler's own parameter for it, or one that the handler never sees.
        is_hidden: Which of both.
    """

    name: str
    is_hidden: bool

    @classmethod
    def of(cls, parameters: list[inspect.Parameter], kind: type[Any], hidden: str) -> "_Source":
        """Return the source of a *kind*; routes fill in one parameter of each kind only."""
        own = [p.name for p in parameters if lenient_issubclass(p.annotation, kind)]
        return cls(own[-1], is_hidden=False) if own else cls(hidden, is_hidden=True)

    def take(self, values: dict[str, Any]) -> Any:
        """Return the object; drop it if the handler must not get it."""
        return values.pop(self.name) if self.is_hidden else values[self.name]


@dataclass(slots=True, frozen=True)
class _Wiring:
    """Which arguments of a handler are made here, and from what.

    PERF: dependencies would do as well, and cost a step of the plan each: measured 2 to 3 µs
    A plain function's ``req`` is one all the same, because a
    worker thread cannot wait for the body.

    Attributes:
        req: Names of parameters that get the request.
        res: Names of parameters that get the answer.
        request: Where the Starlette request is, None if it is not needed.
        response: Where the response is that headers and status are written to; None if nobody
            can write any.
    """

    req: list[str]
    res: list[str]
    request: _Source | None
    response: _Source | None

    @classmethod
    def of(
        cls, parameters: list[inspect.Parameter], *, is_async: bool, wants_response: bool
    ) -> "_Wiring":
        """Return the wiring of a handler with these parameters."""
        meanings = [(p.name, meaning_of(p)) for p in parameters]
        req = [name for name, meaning in meanings if is_async and meaning is ShortRequest]
        res = [name for name, meaning in meanings if meaning is ShortResponse]
        needs_response = wants_response or bool(res)
        return cls(
            req=req,
            res=res,
            request=_Source.of(parameters, Request, _REQUEST) if req else None,
            response=_Source.of(parameters, Response, _RESPONSE) if needs_response else None,
        )

    def parameters(self, declared: list[inspect.Parameter]) -> list[inspect.Parameter]:
        """Return what the route has to fill in."""
        made = {*self.req, *self.res}
        hidden = [
            inspect.Parameter(source.name, inspect.Parameter.KEYWORD_ONLY, annotation=kind)
            for source, kind in ((self.request, Request), (self.response, Response))
            if source is not None and source.is_hidden
        ]
        return [p for p in declared if p.name not in made] + hidden

    def give_response(self, values: dict[str, Any]) -> tuple[Response | None, ShortResponse | None]:
        """Put the answer into *values*; return what it writes to, and itself if there is one."""
        if self.response is None:
            return None, None
        injected = self.response.take(values)
        if not self.res:
            return injected, None
        res = ShortResponse(injected)
        for name in self.res:
            values[name] = res
        return injected, res


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
    _check_names(path, before)
    adapted = short_parameters(endpoint)
    kind = call_kind(endpoint)
    if kind.is_any_generator:
        return endpoint if adapted is None else _dressed(_passing(endpoint), endpoint, adapted)
    rules = AnswerRules.of(endpoint, settings)
    if adapted is None and not rules.is_free:
        return endpoint
    # PERF: making a response for nothing would be a tenth of a short request's time.
    has_writers = not is_alone or any(_may_depend(p) for p in before)
    wiring = _Wiring.of(
        before, is_async=kind.is_coroutine, wants_response=rules.is_free and has_writers
    )
    make = _answering_async if kind.is_coroutine else _answering
    parameters = wiring.parameters(before if adapted is None else adapted)
    return _dressed(make(endpoint, wiring, rules), endpoint, parameters)


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
    if type(result) not in _PLAIN:  # PERF: 0.3 µs of questions whose answer is no
        if isinstance(result, Response):
            return merged(result, injected)
        if res is not None and result is None and _speaks_for_none(res, rules):
            result = res
        if isinstance(result, ShortResponse):
            return merged(result.to_response(rules.status_code), injected)
        if rules.is_free and isinstance(result, _SENT_AS_IT_IS):
            return merged(_as_it_is(result, rules.status_code or 200), injected)
    if injected is None or not injected.raw_headers:
        return result
    if all(name != b"content-type" for name, _ in injected.raw_headers):
        return result
    # The route would send its own content type beside this one.
    if rules.has_model:
        raise UsageError(
            "a route with a response model cannot change its content type by res; declare "
            "response_class=, or return a Response or res.json(...)"
        )
    content = jsonable_encoder(result)
    return merged(rules.response_class(content, rules.status_code or 200), injected)


def _as_it_is(result: str | bytes | bytearray | memoryview, status: int) -> Response:
    if isinstance(result, str):
        return PlainTextResponse(result, status)
    return Response(bytes(result), status, media_type="application/octet-stream")


def _speaks_for_none(res: ShortResponse, rules: AnswerRules) -> bool:
    """Return whether a handler that returns None means ``res``, not ``null``."""
    return res.has_content or (rules.is_free and res.is_touched)


def _check_names(path: str, parameters: list[inspect.Parameter]) -> None:
    in_path = set(_PATH_PARAMETER.findall(path))
    for parameter in parameters:
        if parameter.name in in_path and (meaning := meaning_of(parameter)) is not None:
            noun = "request" if meaning is ShortRequest else "response"
            raise UsageError(
                f"route {path!r}: {parameter.name!r} is the {noun} in the short style; annotate "
                "the parameter with another type, or call that part of the path otherwise"
            )


def _may_depend(parameter: inspect.Parameter) -> bool:
    """Return whether *parameter* may be a dependency, or the response itself."""
    return (
        parameter.default is not parameter.empty
        or bool(metadata_of(parameter))
        or lenient_issubclass(parameter.annotation, Response)
    )


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


def _answering(endpoint: Endpoint, wiring: _Wiring, rules: AnswerRules) -> Endpoint:
    def adapted(**values: Any) -> Any:
        injected, res = wiring.give_response(values)
        return answer(endpoint(**values), injected, res, rules)

    return adapted


def _answering_async(endpoint: Endpoint, wiring: _Wiring, rules: AnswerRules) -> Endpoint:
    source, req_names = wiring.request, wiring.req

    async def adapted(**values: Any) -> Any:
        if source is not None:
            request = source.take(values)
            body = b"" if has_no_body(request) else await read_body(request)
            req = ShortRequest(request, body)
            for name in req_names:
                values[name] = req
        injected, res = wiring.give_response(values)
        return answer(await endpoint(**values), injected, res, rules)

    return adapted
