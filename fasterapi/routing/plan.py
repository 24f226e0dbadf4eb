"""One route compiled: its `EndpointPlan`, or the reason why it keeps to the reference path."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from pydantic import ValidationError
from pydantic_core import SchemaValidator
from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fasterapi import params
from fasterapi._compat import ModelField, Undefined
from fasterapi._speedups.arguments import RequestArgument
from fasterapi._speedups.form import FormLimits
from fasterapi._speedups.json_reader import Reader
from fasterapi._speedups.plan import EndpointPlan, Step
from fasterapi.background import BackgroundTasks
from fasterapi.dependencies.compile import Factories, NotCompilable, compile_tree
from fasterapi.dependencies.core_schema import is_json_equivalent
from fasterapi.dependencies.json_reading import reader_of
from fasterapi.dependencies.models import Dependant
from fasterapi.dependencies.utils import _get_flat_body_params
from fasterapi.encoded import EncodedResponse, InjectedResponse
from fasterapi.exceptions import (
    EndpointContext,
    RequestValidationError,
    ResponseValidationError,
)
from fasterapi.routing import patchpoints
from fasterapi.routing.answering import core_schema_of, encoder_of, maker_of
from fasterapi.routing.handler import (
    _extract_endpoint_context,
    finish_response,
    read_request_body,
    response_rules,
    stream_response,
)
from fasterapi.routing.noticing import notice_dependant
from fasterapi.routing.rules import ResponseRules
from fasterapi.routing.scope import _FASTAPI_FORM_LIMITS_KEY, _resolve_form_limits
from fasterapi.routing.watched import HANDLER_OPTIONS

__all__ = ("compile_plan", "refusing_plan")

_EMPTY_STATUSES = frozenset({204, 304})
_GREATEST_LIMIT = 2**62  # what fits in a C integer; no form has as much of anything
_JSON_FIELD = (b"content-type", b"application/json")


def compile_plan(
    route: Any,
    original: Any,
    *,
    state: dict[str, Any] | None = None,
) -> EndpointPlan:
    """Compile one route.

    Args:
        route: The APIRoute, or its effective context where it came by an included router.
        original: The APIRoute.
        state: What routing leaves in ``scope["fastapi"]``.

    Raises:
        NotCompilable: With the reason, in words for `fasterapi routes`.
    """
    _check_pristine(route, original)
    dependant = route.dependant
    notice_dependant(dependant)
    if original._native is not None:
        plan = _native_plan(route, original, state)
        if plan is not None:
            return plan
    reads_form = _reads_form(route.body_field)
    options = {name: getattr(route, name) for name in HANDLER_OPTIONS}
    rules = response_rules(dependant, options)
    tree = compile_tree(
        dependant,
        path_names=tuple(route.param_convertors),
        embed_body_fields=route._embed_body_fields,
        reads_form=reads_form,
        make=Factories(response=InjectedResponse, background=BackgroundTasks),
    )
    validate_json = _json_validator(route)
    cold = _ColdPaths(route, original, dependant, rules)
    return EndpointPlan(
        route=route,
        original=original,
        included=state,
        steps=tuple(tree.steps),
        final=tree.final,
        encoder=encoder_of(rules),
        maker=maker_of(rules),
        finish=cold.finish,
        stream=cold.stream if rules.is_streaming else None,
        parse_body=cold.parse_body if route.body_field else None,
        form_limits=_form_limits(state, original) if reads_form else None,
        validate_json=validate_json,
        reader=_reader(route.body_field) if validate_json is not None else None,
        invalid=cold.invalid,
        invalid_answer=cold.invalid_answer,
        has_stacks=tree.has_stacks or rules.is_streaming,
    )


def refusing_plan(
    route: Any, original: Any, refuse: Callable[[], Any], state: dict[str, Any] | None
) -> EndpointPlan:
    """Return a plan whose endpoint raises, for requests that no route answers.

    Args:
        route: The route whose path matched, or None.
        original: The APIRoute behind it, or None.
        refuse: Async function without arguments that raises.
        state: What routing leaves in ``scope["fastapi"]``.
    """
    final = Step(refuse, style="async", arguments=(), names=(), by_keyword=0)
    return EndpointPlan(
        route=route, original=original, included=state, steps=(), final=final, encoder=None,
        finish=refuse, invalid=_unexpected,
    )  # fmt: skip


def _native_plan(route: Any, original: Any, state: dict[str, Any] | None) -> EndpointPlan | None:
    """Return the plan of a native route; None where parameters are to be validated first."""

    def failing(error: BaseException) -> EndpointPlan:
        async def fail() -> NoReturn:
            raise error

        return refusing_plan(route, original, fail, state)

    slot = original._native.slot_of(route, failing)
    if slot is None:
        return None
    # What answers ordinary requests of the route, at the ASGI door and behind middleware.
    answer = original._native.answer_of(route)
    final = Step(
        answer, style="async", arguments=(RequestArgument(0),), names=("request",), by_keyword=0
    )
    return EndpointPlan(
        route=route, original=original, included=state, steps=(), final=final, encoder=None,
        finish=answer, invalid=_unexpected, native=slot,
    )  # fmt: skip


def _unexpected(*_report: Any) -> AssertionError:
    return AssertionError("a plan without arguments has no errors")


def _check_pristine(route: Any, original: Any) -> None:
    if replaced := patchpoints.changed():
        raise NotCompilable(f"replaced: {', '.join(replaced)}")
    if not (original._handler_is_own and route._handler_is_own):
        raise NotCompilable(f"{type(original).__name__} handles requests in its own way")
    if route.app is not route._own_app:
        raise NotCompilable("route.app was replaced")
    if changed := getattr(route, "_captured_change", ""):
        # COMPAT: the handler has been made from the former value, and keeps it.
        raise NotCompilable(f"route.{changed} was changed after the route was made")
    if route.max_body_size is not None:
        raise NotCompilable("its body size is limited")


def _reads_form(body_field: ModelField | None) -> bool:
    return body_field is not None and isinstance(body_field.field_info, params.Form)


def _form_limits(state: dict[str, Any] | None, original: Any) -> FormLimits:
    """Return the limits of the route's form, laid over those of the routers around it."""
    state = state or {}
    limits: Any = _resolve_form_limits(state, original.form_limits)
    return FormLimits(
        **{name: min(limit, _GREATEST_LIMIT) for name, limit in limits.items()},
        inherited=state.get(_FASTAPI_FORM_LIMITS_KEY),
    )


class _Solved(NamedTuple):
    """What dependencies leave for the answer."""

    background_tasks: StarletteBackgroundTasks | None
    response: Response


class _ColdPaths(NamedTuple):
    """The reference functions in the form in which a plan calls them."""

    route: Any
    original: Any
    dependant: Dependant
    rules: ResponseRules

    def where(self, method: str, root_path: str) -> EndpointContext:
        """Return the endpoint's place for error reports."""
        context = _extract_endpoint_context(self.dependant.call)
        if self.dependant.path:
            context["path"] = f"{method} {root_path.rstrip('/')}{self.dependant.path}"
        return context

    def invalid(
        self, errors: list[Any], body: Any, method: str, root_path: str
    ) -> RequestValidationError:
        """Return the exception of a 422."""
        return RequestValidationError(
            errors,
            body=None if body is Undefined else body,
            endpoint_ctx=self.where(method, root_path),
        )

    def invalid_answer(
        self, error: ValidationError, value: Any, method: str, root_path: str
    ) -> ResponseValidationError:
        """Return the exception for an answer that the response model refuses."""
        errors = error.errors(include_url=False)
        return ResponseValidationError(
            errors=[{**item, "loc": ("response", *item["loc"])} for item in errors],
            body=value,
            endpoint_ctx=self.where(method, root_path),
        )

    async def parse_body(self, request: Request) -> Any:
        """Return the parsed body, as FastAPI reads it."""
        return await read_request_body(
            request,
            self.route.body_field,
            form_limits=self.original.form_limits,
            strict_content_type=bool(self.route.strict_content_type),
            endpoint_ctx=self.where(request.method, request.scope.get("root_path", "")),
        )

    async def finish(
        self,
        value: Any,
        background: StarletteBackgroundTasks | None,
        injected: Response | None,
        method: str,
        root_path: str,
    ) -> Response:
        """Return the Response of any value."""
        rules = self.rules
        if (
            value is None
            and injected is None
            and rules.status_code in _EMPTY_STATUSES
            and rules.response_class is JSONResponse
            and rules.field is None
        ):
            # PERF: the "null" of a 204 would be written and dropped again.
            return EncodedResponse(rules.status_code, [_JSON_FIELD], b"", background)
        return await finish_response(
            value,
            self.rules,
            _Solved(background, injected or InjectedResponse()),
            call=self.dependant.call,
            endpoint_ctx=self.where(method, root_path),
        )

    async def stream(
        self,
        request: Request,
        values: dict[str, Any],
        background: StarletteBackgroundTasks | None,
        injected: Response | None,
    ) -> Response:
        """Return the streaming response of a generator endpoint."""
        call: Callable[..., Any] = self.dependant.call  # type: ignore[assignment]
        scope = request.scope
        return await stream_response(
            call,
            values,
            self.rules,
            _Solved(background, injected or InjectedResponse()),
            scope["fastapi_inner_astack"],
            self.where(request.method, scope.get("root_path", "")),
        )


def _reader(field: ModelField) -> Reader | None:
    """Return the reader of the field's JSON, unless a plugin watches pydantic validating."""
    schema = core_schema_of(field)
    if schema is None or type(field.validator) is not SchemaValidator:
        return None
    return reader_of(schema)


def _json_validator(route: Any) -> Callable[[bytes], Any] | None:
    """Return ``validate_json`` of the one model in the body, where it is the same."""
    fields = _get_flat_body_params(route.dependant)
    field = route.body_field
    if len(fields) != 1 or fields[0] is not field or route._embed_body_fields:
        return None
    if isinstance(field.field_info, params.Form):
        return None
    if getattr(route.dependency_overrides_provider, "strict_json", False):
        return None  # pydantic-core takes NaN, and the last of equal keys
    schema = core_schema_of(field)
    if schema is None or not is_json_equivalent(schema):
        return None
    validate: Callable[[bytes], Any] = field.validator.validate_json
    return validate
