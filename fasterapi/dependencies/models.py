"""`Dependant`: what one callable needs, as pure data, and what can be told from it."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from fasterapi._compat import ModelField
from fasterapi._lazy import lazy_names
from fasterapi.concurrency import _DependencyConcurrency
from fasterapi.types import DependencyCacheKey

if TYPE_CHECKING:
    from fasterapi.security.base import SecurityBase

if sys.version_info >= (3, 13):
    from inspect import iscoroutinefunction
else:
    # Up to Python 3.12 this one also knows the marker of `asyncio.coroutine` and of libraries that
    # set it, which decides between awaiting a dependency and running it in a thread.
    from asyncio import iscoroutinefunction


@dataclass(slots=True)
class Dependant:
    """One callable, its parameters by where they come from, and its dependencies.

    Attributes:
        path_params: Parameters from the path; the next four likewise.
        dependencies: One node per dependency, in the order of the signature.
        name: The parameter of the parent that gets the result; None if nobody does.
        call: What is called; None for a bare container of parameters.
        request_param_name: The parameter that gets the request itself; the next five likewise.
        own_oauth_scopes: Scopes that ``Security(...)`` asks for at this node.
        parent_oauth_scopes: Scopes asked for between the endpoint and this node.
        use_cache: Whether a result that this request has already may be used again.
        path: The route's path, needed to analyse an override in place of `call`.
        scope: When a generator is closed: after the endpoint or after the response.
        concurrency: How many calls may run at once; None is no limit.
    """

    path_params: list[ModelField] = field(default_factory=list)
    query_params: list[ModelField] = field(default_factory=list)
    header_params: list[ModelField] = field(default_factory=list)
    cookie_params: list[ModelField] = field(default_factory=list)
    body_params: list[ModelField] = field(default_factory=list)
    dependencies: list["Dependant"] = field(default_factory=list)
    name: str | None = None
    call: Callable[..., Any] | None = None
    request_param_name: str | None = None
    websocket_param_name: str | None = None
    http_connection_param_name: str | None = None
    response_param_name: str | None = None
    background_tasks_param_name: str | None = None
    security_scopes_param_name: str | None = None
    own_oauth_scopes: list[str] | None = None
    parent_oauth_scopes: list[str] | None = None
    use_cache: bool = True
    path: str | None = None
    scope: Literal["function", "request"] | None = None
    concurrency: _DependencyConcurrency | None = None


# Keyed by id; the node itself is kept beside the answer, because an id is free again once its
# object is gone.
_UsesScopesCache: TypeAlias = dict[int, tuple[Dependant, bool]]


def _impartial(func: Callable[..., Any]) -> Callable[..., Any]:
    """What is left of *func* without any `functools.partial` around it."""
    while isinstance(func, partial):
        func = func.func
    return func


def _unwrapped_call(call: Callable[..., Any] | None) -> Any:
    """The innermost function of *call*, without partials and `functools.wraps` decorators."""
    return None if call is None else inspect.unwrap(_impartial(call))


def _matches(call: Callable[..., Any], test: Callable[[Any], bool], *, routine: bool) -> bool:
    """Whether *test* holds for *call*, its innermost function, or the ``__call__`` of either.

    Args:
        call: The callable.
        test: Such as `inspect.isgeneratorfunction`.
        routine: Whether *test* counts only for real functions; objects are asked by ``__call__``.
    """
    owners = (_impartial(call), _unwrapped_call(call))
    if any(test(owner) and (not routine or inspect.isroutine(owner)) for owner in owners):
        return True
    if inspect.isclass(owners[1]):
        # Calling a class makes an instance, whatever calling the instance would do.
        return False
    for owner in owners:
        method = getattr(owner, "__call__", None)  # noqa: B004 - the method itself is asked
        if method is None:
            return False
        if test(_impartial(method)) or test(_unwrapped_call(method)):
            return True
    return False


class CallKind(NamedTuple):
    """How a callable has to be called."""

    is_generator: bool
    is_async_generator: bool
    is_coroutine: bool

    @property
    def is_any_generator(self) -> bool:
        """Whether the callable gives its value with ``yield``."""
        return self.is_generator or self.is_async_generator


# By id, because a callable need not be hashable; the callable is kept so that its id stays its own.
# Bounded for programs that make dependencies as they go.
_KINDS_LIMIT = 4096
_kinds: dict[int, tuple[Callable[..., Any], CallKind]] = {}


def _find_kind(call: Callable[..., Any]) -> CallKind:
    if type(call) is FunctionType and not call.__dict__:
        # PERF: 1 instead of 25 µs for nearly all endpoints. Without attributes there is neither a
        # function inside nor a marker that says otherwise.
        flags = call.__code__.co_flags
        return CallKind(
            is_generator=bool(flags & inspect.CO_GENERATOR),
            is_async_generator=bool(flags & inspect.CO_ASYNC_GENERATOR),
            is_coroutine=bool(flags & inspect.CO_COROUTINE),
        )
    return CallKind(
        is_generator=_matches(call, inspect.isgeneratorfunction, routine=False),
        is_async_generator=_matches(call, inspect.isasyncgenfunction, routine=False),
        is_coroutine=_matches(call, iscoroutinefunction, routine=True),
    )


def call_kind(call: Callable[..., Any]) -> CallKind:
    """How *call* has to be called; looked at once, then remembered."""
    known = _kinds.get(id(call))
    if known is not None:
        return known[1]
    kind = _find_kind(call)
    if len(_kinds) >= _KINDS_LIMIT:
        _kinds.clear()
    _kinds[id(call)] = (call, kind)
    return kind


def _is_gen_callable(call: Callable[..., Any] | None) -> bool:
    return call is not None and call_kind(call).is_generator


def _is_async_gen_callable(call: Callable[..., Any] | None) -> bool:
    return call is not None and call_kind(call).is_async_generator


def _is_coroutine_callable(call: Callable[..., Any] | None) -> bool:
    return call is not None and call_kind(call).is_coroutine


def _get_computed_scope(*, dependant: Dependant) -> str | None:
    """The scope in effect: a generator without one is closed after the response."""
    if dependant.scope:
        return dependant.scope
    if dependant.call is not None and call_kind(dependant.call).is_any_generator:
        return "request"
    return None


def _get_oauth_scopes(*, dependant: Dependant) -> list[str]:
    """All scopes asked for from the endpoint down to *dependant*, as a list of the caller's own."""
    scopes = list(dependant.parent_oauth_scopes or ())
    for scope in dependant.own_oauth_scopes or ():
        if scope not in scopes:
            scopes.append(scope)
    return scopes


def _is_security_scheme(*, dependant: Dependant) -> bool:
    # PERF: nobody has a scheme before its module is loaded, which few programs need.
    module = sys.modules.get("fasterapi.security.base")
    base = getattr(module, "SecurityBase", None)
    return base is not None and isinstance(_unwrapped_call(dependant.call), base)


def _get_security_scheme(*, dependant: Dependant) -> "SecurityBase":
    if not _is_security_scheme(dependant=dependant):
        raise AssertionError(f"{dependant.call!r} is not a security scheme")
    scheme: SecurityBase = _unwrapped_call(dependant.call)
    return scheme


def _uses_scopes(*, dependant: Dependant, cache: _UsesScopesCache | None = None) -> bool:
    """Whether the result of *dependant* may depend on the scopes asked for."""
    cache = {} if cache is None else cache
    known = cache.get(id(dependant))
    if known is not None and known[0] is dependant:
        return known[1]
    result = (
        bool(dependant.own_oauth_scopes)
        or dependant.security_scopes_param_name is not None
        or _is_security_scheme(dependant=dependant)
        or any(_uses_scopes(dependant=child, cache=cache) for child in dependant.dependencies)
    )
    cache[id(dependant)] = (dependant, result)
    return result


def _get_cache_key(
    *, dependant: Dependant, uses_scopes_cache: _UsesScopesCache | None = None
) -> DependencyCacheKey:
    """The key under which a request keeps the result of *dependant*."""
    scopes: tuple[str, ...] = ()
    # PERF: without scopes anywhere above there is no need to ask the tree below for their use.
    has_scopes = dependant.own_oauth_scopes or dependant.parent_oauth_scopes
    if has_scopes and _uses_scopes(dependant=dependant, cache=uses_scopes_cache):
        scopes = tuple(sorted(set(_get_oauth_scopes(dependant=dependant))))
    return (dependant.call, scopes, _get_computed_scope(dependant=dependant) or "")


# COMPAT: FastAPI's module has the name too.
__getattr__, __dir__ = lazy_names(__name__, {"SecurityBase": "fasterapi.security.base"})
