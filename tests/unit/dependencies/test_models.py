"""What is called, and how, is found out through whatever is wrapped around it."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from fasterapi.dependencies.models import (
    Dependant,
    _get_cache_key,
    _get_computed_scope,
    _get_oauth_scopes,
    _get_security_scheme,
    _is_async_gen_callable,
    _is_coroutine_callable,
    _is_gen_callable,
    _is_security_scheme,
    _uses_scopes,
    call_kind,
)
from fasterapi.security import OAuth2PasswordBearer


def plain() -> Any: ...
def generator() -> Any:
    yield


async def coroutine() -> Any: ...
async def async_generator() -> Any:
    yield


FUNCTIONS = {
    "plain": plain,
    "generator": generator,
    "coroutine": coroutine,
    "async_generator": async_generator,
}


def as_is(function: Callable[..., Any]) -> Any:
    return function


def partially(function: Callable[..., Any]) -> Any:
    return functools.partial(functools.partial(function))


def wrapped(function: Callable[..., Any]) -> Any:
    @functools.wraps(function)
    def wrapper() -> Any:
        return function()

    return wrapper


def partially_wrapped(function: Callable[..., Any]) -> Any:
    return functools.partial(wrapped(function))


def instance(function: Callable[..., Any]) -> Any:
    cls = type("Callable", (), {"__call__": lambda self: function()})
    cls.__call__ = staticmethod(function)  # type: ignore[assignment]
    return cls()


def method(function: Callable[..., Any]) -> Any:
    holder = type("Holder", (), {"run": staticmethod(function)})
    return holder().run


def wrapped_instance(function: Callable[..., Any]) -> Any:
    cls = type("Callable", (), {"__call__": staticmethod(wrapped(function))})
    return functools.partial(cls())


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "wrap",
    [as_is, partially, wrapped, partially_wrapped, instance, method, wrapped_instance],
)
def test_the_kind_of_a_callable(wrap: Callable[[Any], Any], name: str) -> None:
    call = wrap(FUNCTIONS[name])
    assert _is_gen_callable(call) is (name == "generator")
    assert _is_async_gen_callable(call) is (name == "async_generator")
    assert _is_coroutine_callable(call) is (name == "coroutine")
    assert call_kind(call) is call_kind(call)


def test_a_class_makes_instances_whatever_they_do_when_called() -> None:
    class Callable:
        async def __call__(self) -> None: ...

    assert not _is_coroutine_callable(Callable)
    assert _is_coroutine_callable(Callable())


@pytest.mark.skipif(not hasattr(inspect, "markcoroutinefunction"), reason="new in Python 3.12")
def test_a_function_can_be_marked_as_a_coroutine_function() -> None:
    def returns_awaitable() -> Any: ...

    inspect.markcoroutinefunction(returns_awaitable)  # type: ignore[attr-defined]
    assert _is_coroutine_callable(returns_awaitable)


def test_a_callable_need_not_be_hashable() -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        async def __call__(self) -> None: ...

    assert _is_coroutine_callable(Unhashable())


def test_none_is_of_no_kind() -> None:
    assert not _is_gen_callable(None)
    assert not _is_async_gen_callable(None)
    assert not _is_coroutine_callable(None)


@pytest.mark.parametrize(
    ("call", "scope", "expected"),
    [
        (plain, None, None),
        (generator, None, "request"),
        (async_generator, None, "request"),
        (generator, "function", "function"),
        (plain, "request", "request"),
        (None, None, None),
    ],
)
def test_generators_are_open_until_the_response_unless_told_otherwise(
    call: Any, scope: Any, expected: str | None
) -> None:
    assert _get_computed_scope(dependant=Dependant(call=call, scope=scope)) == expected


def test_scopes_are_listed_once_in_the_order_asked_for() -> None:
    node = Dependant(parent_oauth_scopes=["b", "a"], own_oauth_scopes=["a", "c"])
    assert _get_oauth_scopes(dependant=node) == ["b", "a", "c"]
    _get_oauth_scopes(dependant=node).append("d")
    assert node.parent_oauth_scopes == ["b", "a"]


class TestCacheKey:
    def test_scopes_count_only_where_somebody_reads_them(self) -> None:
        reader = Dependant(call=plain, security_scopes_param_name="scopes")
        for below, expected in (([], ()), ([reader], ("a", "b"))):
            node = Dependant(call=plain, parent_oauth_scopes=["b", "a"], dependencies=below)
            assert _get_cache_key(dependant=node) == (plain, expected, "")

    def test_scope_in_effect_counts(self) -> None:
        assert _get_cache_key(dependant=Dependant(call=generator)) == (generator, (), "request")

    def test_a_change_of_the_tree_is_seen(self) -> None:
        node = Dependant(call=plain, parent_oauth_scopes=["a"])
        assert _get_cache_key(dependant=node)[1] == ()
        node.dependencies.append(Dependant(call=plain, security_scopes_param_name="scopes"))
        assert _get_cache_key(dependant=node)[1] == ("a",)

    def test_an_answer_is_not_taken_for_another_node_with_the_same_id(self) -> None:
        node, other = Dependant(own_oauth_scopes=["a"]), Dependant()
        assert not _uses_scopes(dependant=other, cache={id(other): (node, True)})


def test_a_security_scheme_is_recognised_through_a_partial() -> None:
    scheme = OAuth2PasswordBearer(tokenUrl="t")
    node = Dependant(call=functools.partial(scheme))
    assert _is_security_scheme(dependant=node)
    assert _get_security_scheme(dependant=node) is scheme
    assert not _is_security_scheme(dependant=Dependant(call=plain))
    with pytest.raises(AssertionError):
        _get_security_scheme(dependant=Dependant(call=plain))
