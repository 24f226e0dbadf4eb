"""The dependency tree of a route as a flat list of compiled steps.

`fasterapi.dependencies.solve` walks the tree at each request; here it is walked once, and what
it would do is written down as `Step` and `Argument` objects for `fasterapi._speedups.plan`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType
from typing import Any, NamedTuple

from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.responses import Response

from fasterapi._compat import ModelField
from fasterapi._security_scopes import SecurityScopes
from fasterapi._speedups.arguments import (
    Argument,
    BackgroundArgument,
    Constant,
    Group,
    RequestArgument,
    ResponseArgument,
    Result,
)
from fasterapi._speedups.handoff import run_in_thread
from fasterapi._speedups.plan import Step
from fasterapi.dependencies.body import _is_whole_body
from fasterapi.dependencies.compile_values import (
    argument_of,
    body_arguments_of,
    value_argument,
)
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
    _solve_generator,
    request_body_to_args,
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
    # What a plain endpoint returns is validated and written in the thread as well.
    style = "thread" if style == "call" else style
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
        body_arguments: tuple[Argument, ...] = ()
        is_embedded = False
        if dependant.body_params and not self.takes_form(dependant):
            read_body = partial(_read_body, dependant.body_params, self.embed_body_fields)
            body_slots = tuple((f.name, names.index(f.name)) for f in dependant.body_params)
            is_embedded = not _is_whole_body(dependant.body_params, self.embed_body_fields)
            body_arguments = body_arguments_of(dependant.body_params, names, is_embedded)
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
            body_arguments=body_arguments,
            is_embedded=is_embedded,
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
            found.update((item.name, argument_of(item, source, self.path_names)) for item in fields)
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
            return value_argument(item, "form")
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


def _make_scopes(scopes: list[str]) -> SecurityScopes:
    return SecurityScopes(scopes=list(scopes))


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
