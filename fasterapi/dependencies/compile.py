"""The dependency tree of a route as a flat list of compiled steps.

`fasterapi.dependencies.solve` walks the tree at each request; here it is walked once, and what
it would do is written down as `Step` and `Argument` objects for `fasterapi._speedups.plan`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType, NoneType, UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.responses import Response

from fasterapi import params
from fasterapi._compat import ModelField, field_annotation_is_sequence
from fasterapi._security_scopes import SecurityScopes
from fasterapi._speedups.arguments import (
    Argument,
    BackgroundArgument,
    Constant,
    Group,
    RequestArgument,
    ResponseArgument,
    Result,
    Value,
)
from fasterapi._speedups.handoff import run_in_thread
from fasterapi._speedups.plan import Step
from fasterapi.dependencies.absence import absence
from fasterapi.dependencies.form_reading import (
    are_fields,
    form_argument,
    is_single_field,
    read_field,
)
from fasterapi.dependencies.models import (
    Dependant,
    _get_cache_key,
    _get_oauth_scopes,
    _is_coroutine_callable,
)
from fasterapi.dependencies.styles import has_limited_generators, is_generator, style_of
from fasterapi.dependencies.utils import (
    _get_param_aliases,
    _get_param_model,
    _solve_generator,
    request_body_to_args,
    request_params_to_args,
)

__all__ = ("CompiledTree", "NotCompilable", "compile_tree")


class NotCompilable(Exception):  # noqa: N818  not an error: the reference path takes over
    """The reason why a route keeps to the reference path."""


class CompiledTree(NamedTuple):
    """What `compile_tree` makes.

    Attributes:
        steps: Dependencies in calling order.
        final: The endpoint.
        has_stacks: Whether generator dependencies must be closed after the answer.
    """

    steps: list[Step]
    final: Step
    has_stacks: bool


class Factories(NamedTuple):
    """Makers of the objects that parameters ask for by their type."""

    response: Callable[[], Response]
    background: Callable[[], StarletteBackgroundTasks]


def compile_tree(
    dependant: Dependant,
    *,
    path_names: Sequence[str],
    embed_body_fields: bool,
    reads_form: bool,
    make: Factories,
) -> CompiledTree:
    """Compile the endpoint's dependant and all below it.

    Args:
        dependant: The endpoint's tree.
        path_names: Names of the captured path values, in the router's order.
        embed_body_fields: As the route computed it.
        reads_form: Whether the body is a form.
        make: Makers of responses and background tasks.

    Raises:
        NotCompilable: Some part has a meaning that only the reference path knows.
    """
    has_limits = has_limited_generators(dependant)
    compiler = _Compiler(tuple(path_names), embed_body_fields, reads_form, make, has_limits)
    needs = [compiler.add(child) for child in dependant.dependencies]
    is_stream = is_generator(dependant)
    style = "stream" if is_stream else style_of(dependant, has_limits=has_limits)
    final = compiler.step(dependant, style, needs, first=0)
    return CompiledTree(compiler.steps, final, compiler.has_stacks or is_stream)


@dataclass(slots=True)
class _Compiler:
    path_names: tuple[str, ...]
    embed_body_fields: bool
    reads_form: bool
    make: Factories
    has_limits: bool
    steps: list[Step] = field(default_factory=list)
    known: dict[Any, int] = field(default_factory=dict)
    firsts: dict[int, int] = field(default_factory=dict)
    has_stacks: bool = False

    def add(self, dependant: Dependant) -> int:
        """Append the steps of one dependency and return the index of its value."""
        key = _get_cache_key(dependant=dependant)
        first = len(self.steps)
        seen = self.known.get(key) if dependant.use_cache else None
        if seen is not None and _is_cached_throughout(dependant):
            self.steps.append(_repeat(dependant, seen, first=self.firsts[seen]))
            return first
        needs = [self.add(child) for child in dependant.dependencies]
        if seen is not None:
            # The steps below report their own errors again.
            self.steps.append(_repeat(dependant, seen, first=seen))
        else:
            style = style_of(dependant, has_limits=self.has_limits)
            self.has_stacks |= is_generator(dependant)
            self.steps.append(self.step(dependant, style, needs, first=first))
        index = len(self.steps) - 1
        self.firsts[index] = first
        self.known.setdefault(key, index)
        return index

    def step(self, dependant: Dependant, style: str, needs: list[int], *, first: int) -> Step:
        call = dependant.call
        if call is None:
            raise NotCompilable("a dependency without a callable")
        sources = self.sources(dependant, needs)
        names, by_keyword = _calling_order(call, list(sources))
        arguments = tuple(
            build(names.index(name)) for name, build in sources.items() if build is not None
        )
        read_body = None
        body_slots: tuple[tuple[str, int], ...] = ()
        if dependant.body_params and not self.takes_form(dependant):
            read_body = partial(_read_body, dependant.body_params, self.embed_body_fields)
            body_slots = tuple((f.name, names.index(f.name)) for f in dependant.body_params)
        return Step(
            call,
            style=style,
            arguments=arguments,
            names=names,
            by_keyword=by_keyword,
            first=first,
            needs=tuple(needs),
            helper=partial(_call_cold, dependant) if style == "cold" else None,
            read_body=read_body,
            body_slots=body_slots,
            ends_with_function=dependant.scope == "function",
        )

    def sources(
        self, dependant: Dependant, needs: list[int]
    ) -> dict[str, Callable[[int], Argument] | None]:
        """Return name -> maker of the Argument, in FastAPI's order; None for body fields."""
        if dependant.websocket_param_name:
            raise NotCompilable("a WebSocket parameter in an HTTP route")
        found: dict[str, Callable[[int], Argument] | None] = {}
        for child, index in zip(dependant.dependencies, needs, strict=True):
            if child.name is not None:
                found[child.name] = partial(Result, index=index)
        for source, fields in (
            ("path", dependant.path_params),
            ("query", dependant.query_params),
            ("header", dependant.header_params),
            ("cookie", dependant.cookie_params),
        ):
            found.update((item.name, self.value(source, item)) for item in fields)
        takes_form = self.takes_form(dependant)
        found.update(
            (item.name, self.form_value(item) if takes_form else None)
            for item in dependant.body_params
        )
        found.update(self.special_sources(dependant))
        return found

    def takes_form(self, dependant: Dependant) -> bool:
        """Return whether the body parameters come one by one out of a form's fields."""
        fields = dependant.body_params
        return self.reads_form and are_fields(fields, embed=self.embed_body_fields)

    def form_value(self, item: ModelField) -> Callable[[int], Argument]:
        """Return the maker of the Argument for one parameter that a form has."""
        if is_single_field(item):
            return self.single_value("form", item)
        maker = form_argument(item)
        if maker is None:
            read = partial(read_field, item)
            return partial(Group, source="form", name=item.name, read=read)
        return maker

    def special_sources(self, dependant: Dependant) -> dict[str, Callable[[int], Argument]]:
        """Return name -> maker of the Argument for what is asked for by its type."""
        scopes = partial(_make_scopes, _get_oauth_scopes(dependant=dependant))
        makers: dict[str | None, Callable[[int], Argument]] = {
            dependant.http_connection_param_name: RequestArgument,
            dependant.request_param_name: RequestArgument,
            dependant.background_tasks_param_name: partial(
                BackgroundArgument, make=self.make.background
            ),
            dependant.response_param_name: partial(ResponseArgument, make=self.make.response),
            dependant.security_scopes_param_name: partial(Constant, make=scopes),
        }
        return {name: maker for name, maker in makers.items() if name}

    def value(self, source: str, item: ModelField) -> Callable[[int], Argument]:
        """Return the maker of the Argument for one parameter."""
        if not _is_single_value(item):
            read = partial(_read_group, item)
            return partial(Group, source=source, name=item.name, read=read)
        return self.single_value(source, item)

    def single_value(self, source: str, item: ModelField) -> Callable[[int], Argument]:
        """Return the maker of the Argument for one value under one name."""
        ((_, name),) = _get_param_aliases(item)
        location = ("body" if source == "form" else source, name)
        conversion, minimum, maximum = _conversion(item)
        return partial(
            Value,
            source=source,
            name=name.lower() if source == "header" else name,
            path_index=self.path_names.index(name) if name in self.path_names else -1,
            conversion=conversion,
            minimum=minimum,
            maximum=maximum,
            validate=item.validator.validate_python,
            location=location,
            **absence(item, location),
        )


def _is_cached_throughout(dependant: Dependant) -> bool:
    """Return whether nothing below would be called again for a second use."""
    return all(child.use_cache and _is_cached_throughout(child) for child in dependant.dependencies)


def _repeat(dependant: Dependant, index: int, *, first: int) -> Step:
    call: Any = dependant.call
    return Step(
        call,
        style="repeat",
        arguments=(),
        names=(),
        by_keyword=0,
        first=first,
        repeats=index,
    )


def _calling_order(call: Any, names: list[str]) -> tuple[tuple[str, ...], int]:
    """Return the argument names in calling order, and how many of the last go by name.

    FastAPI passes everything by name. Passing by position is the same for a plain function
    whose signature is its own, and about 30 ns cheaper.
    """
    if type(call) is FunctionType and not hasattr(call, "__wrapped__"):
        code = call.__code__
        positional = code.co_varnames[: code.co_argcount]
        if code.co_posonlyargcount == 0 and set(positional) <= set(names):
            rest = [name for name in names if name not in positional]
            return (*positional, *rest), len(rest)
    return tuple(names), len(names)


def _is_single_value(item: ModelField) -> bool:
    return not (
        _get_param_model(item) is not None
        or field_annotation_is_sequence(item.field_info.annotation)
        or item.field_info.validate_default
        or len(_get_param_aliases(item)) != 1
    )


_NO_BOUNDS = (-(2**63), 2**63 - 1)


def _conversion(item: ModelField) -> tuple[str, int, int]:
    """Return how the value is converted in C, and its bounds; both inclusive."""
    annotation = _without_none(item.field_info.annotation)
    if annotation is str:
        bounds = _bounds(item.field_info, {MinLen: "min_length", MaxLen: "max_length"})
    elif annotation is int:
        bounds = _bounds(item.field_info, {Ge: "ge", Gt: "gt", Le: "le", Lt: "lt"})
    else:
        bounds = None
    if bounds is None or item.field_info.discriminator is not None:
        return ("validator", *_NO_BOUNDS)
    return (annotation.__name__, *bounds)


def _bounds(field_info: params.Param | Any, known: dict[type, str]) -> tuple[int, int] | None:
    """Return the inclusive bounds, or None if a constraint is not one of *known*."""
    minimum, maximum = _NO_BOUNDS
    for constraint in field_info.metadata:
        attribute = known.get(type(constraint))
        number = getattr(constraint, attribute, None) if attribute else None
        if type(number) is not int or not -(2**62) < number < 2**62:
            return None
        if attribute in {"ge", "min_length"}:
            minimum = max(minimum, number)
        elif attribute == "gt":
            minimum = max(minimum, number + 1)
        elif attribute == "lt":
            maximum = min(maximum, number - 1)
        else:
            maximum = min(maximum, number)
    return minimum, maximum


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        others = [arg for arg in get_args(annotation) if arg is not NoneType]
        if len(others) == 1:
            return others[0]
    return annotation


def _make_scopes(scopes: list[str]) -> SecurityScopes:
    return SecurityScopes(scopes=list(scopes))


def _read_group(item: ModelField, received: Any) -> tuple[dict[str, Any], list[Any]]:
    return request_params_to_args([item], received)


async def _read_body(
    fields: list[ModelField], embed_body_fields: bool, body: Any
) -> tuple[dict[str, Any], list[Any]]:
    return await request_body_to_args(
        body_fields=fields, received_body=body, embed_body_fields=embed_body_fields
    )


async def _call_cold(dependant: Dependant, request: Any, values: dict[str, Any]) -> Any:
    """Return the value of a generator dependency, or of one that is limited in number."""
    if is_generator(dependant):
        kind = "function" if dependant.scope == "function" else "inner"
        stack = request.scope[f"fastapi_{kind}_astack"]
        return await _solve_generator(
            dependant=dependant, request=request, stack=stack, sub_values=values
        )
    call: Any = dependant.call
    if dependant.concurrency is None:
        raise AssertionError("a cold step is a generator or limited in number")
    async with dependant.concurrency.get_semaphore():
        if _is_coroutine_callable(call):
            return await call(**values)
        return await run_in_thread(call, **values)
