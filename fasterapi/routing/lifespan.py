"""Lifespan contexts of routers: event handlers, generators, and merging of included ones."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

import contextlib
import functools
import inspect
import types
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from typing import Any, Protocol, Self, TypeVar

from starlette.types import AppType, Lifespan

T = TypeVar("T")


class HasEvents(Protocol):
    """A router, as far as its start and stop handlers are concerned."""

    async def _startup(self) -> None: ...
    async def _shutdown(self) -> None: ...


class _AsyncLiftContextManager(AbstractAsyncContextManager[T]):
    """A synchronous context manager in the place of an asynchronous one."""

    def __init__(self, cm: AbstractContextManager[T]) -> None:
        self._inner = cm

    async def __aenter__(self) -> T:
        return self._inner.__enter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: types.TracebackType | None,
    ) -> bool | None:
        return self._inner.__exit__(exc_type, exc_value, traceback)


def _wrap_gen_lifespan_context(
    lifespan_context: Callable[[Any], Generator[Any, Any, Any]],
) -> Callable[[Any], AbstractAsyncContextManager[Any]]:
    """Return a lifespan made from a generator function with one ``yield``."""
    make_context = contextlib.contextmanager(lifespan_context)

    @functools.wraps(make_context)
    def lifespan(app: Any) -> _AsyncLiftContextManager[Any]:
        return _AsyncLiftContextManager(make_context(app))

    return lifespan


def _merge_lifespan_context(
    original_context: Lifespan[Any], nested_context: Lifespan[Any]
) -> Lifespan[Any]:
    """Return a lifespan that runs *nested_context* inside *original_context*.

    The states are merged, the outer one winning; if both are None there is no state.
    """

    @asynccontextmanager
    async def both(app: AppType) -> AsyncIterator[Mapping[str, Any] | None]:
        async with original_context(app) as outer, nested_context(app) as inner:
            has_state = outer is not None or inner is not None
            yield {**(inner or {}), **(outer or {})} if has_state else None

    merged: Any = both
    return merged  # type: ignore[no-any-return]


class _DefaultLifespan:
    """Runs a router's start and stop handlers."""

    def __init__(self, router: HasEvents) -> None:
        self._router = router

    async def __aenter__(self) -> None:
        await self._router._startup()

    async def __aexit__(self, *exc_info: object) -> None:
        await self._router._shutdown()

    def __call__(self, app: object) -> Self:
        return self


def lifespan_for(router: HasEvents, lifespan: Any | None) -> Lifespan[Any]:
    """Return the lifespan context of *router*.

    Args:
        router: Whose handlers run if there is no *lifespan*.
        lifespan: Async context manager function, or a bare (async) generator function.
    """
    if lifespan is None:
        return _DefaultLifespan(router)
    if inspect.isasyncgenfunction(lifespan):
        return asynccontextmanager(lifespan)
    if inspect.isgeneratorfunction(lifespan):
        return _wrap_gen_lifespan_context(lifespan)
    chosen: Lifespan[Any] = lifespan
    return chosen
