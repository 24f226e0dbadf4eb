"""Route decorators: one signature and one docstring serve all HTTP methods."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

import inspect
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, ClassVar, Final, Protocol, Self, overload

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from typing_extensions import Unpack

from fasterapi import params
from fasterapi._form_limits import _FormLimits
from fasterapi._speedups.native import CompiledHandler
from fasterapi.datastructures import Default
from fasterapi.executors import Executor
from fasterapi.routing.options import RouteOptions
from fasterapi.types import DecoratedCallable, HandlerType, IncEx
from fasterapi.utils import generate_unique_id

__all__ = ("OPTION_DEFAULTS", "VERB_SIGNATURE", "BoundVerb", "Verb", "VerbDecorators")

Decorator = Callable[[DecoratedCallable], DecoratedCallable]


class RouteTarget(Protocol):
    """Anything routes can be added to: an app or a router."""

    def _declare(self, method: str, path: str, options: RouteOptions) -> Callable[[Any], Any]:
        """Return the decorator that registers a function for *method* and *path*."""


class BoundVerb:
    """The decorator factory behind ``app.get``, ``router.post`` and so on."""

    __slots__ = ("_method", "_target")

    def __init__(self, method: str, target: RouteTarget) -> None:
        self._method = method
        self._target = target

    def __call__(
        self,
        path: str,
        *,
        response_model: Any = Default(None),
        status_code: int | None = None,
        tags: list[str | Enum] | None = None,
        dependencies: Sequence[params.Depends] | None = None,
        summary: str | None = None,
        description: str | None = None,
        response_description: str = "Successful Response",
        responses: dict[int | str, dict[str, Any]] | None = None,
        deprecated: bool | None = None,
        operation_id: str | None = None,
        response_model_include: IncEx | None = None,
        response_model_exclude: IncEx | None = None,
        response_model_by_alias: bool = True,
        response_model_exclude_unset: bool = False,
        response_model_exclude_defaults: bool = False,
        response_model_exclude_none: bool = False,
        include_in_schema: bool = True,
        response_class: type[Response] = Default(JSONResponse),
        name: str | None = None,
        callbacks: list[BaseRoute] | None = None,
        openapi_extra: dict[str, Any] | None = None,
        generate_unique_id_function: Callable[[Any], str] = Default(generate_unique_id),
        max_body_size: int | None = None,
        form_limits: _FormLimits | None = None,
        executor: Executor | None = None,
        cancel_on_disconnect: bool | None = None,
        handler_type: HandlerType | None = None,
        native: str | CompiledHandler | None = None,
        refresh_every: float | None = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Register the decorated function for *path*.

        Args:
            path: URL path, starting with ``/``; ``{name}`` captures a segment and
                ``{name:path}`` the rest.
            response_model: Type that validates, filters and documents the result. Unless
                given, the function's return annotation; None switches it off.
            status_code: Status of a normal answer; None means 200.
            tags: OpenAPI tags, after those of the router.
            dependencies: Dependencies that run before the function's own, results unused.
            summary: OpenAPI summary; from the function's name unless given.
            description: OpenAPI description (Markdown); from the docstring unless given.
            response_description: OpenAPI description of the normal answer.
            responses: Further OpenAPI responses by status; ``"model"`` documents a type.
            deprecated: Whether OpenAPI marks the operation as deprecated.
            operation_id: OpenAPI operation id; must be unique in the app.
            response_model_include: Fields of the model to send.
            response_model_exclude: Fields of the model to leave out.
            response_model_by_alias: Whether field names are sent as their aliases.
            response_model_exclude_unset: Whether to leave out fields that were never set.
            response_model_exclude_defaults: Whether to leave out fields equal to their default.
            response_model_exclude_none: Whether to leave out fields that are None.
            include_in_schema: Whether OpenAPI lists the route.
            response_class: Class that answers unless the function returns a response.
            name: Name for ``url_path_for``; the function's name unless given.
            callbacks: Routes that document requests the API will make to its caller.
            openapi_extra: Merged into the OpenAPI operation last.
            generate_unique_id_function: Makes the operation id from the route.
            max_body_size: Largest request body in bytes; over it 413. None inherits.
            form_limits: Limits of form parsing (``max_fields``, ``max_files``,
                ``max_part_size``); each one not given is inherited.
            executor: Where a plain function runs: ``"thread"`` (unless given), ``"inline"`` in
                the event loop (it must not block), ``"process"``, ``"interpreter"``, or, as an
                experiment, ``"auto"``.
            cancel_on_disconnect: Whether the function is cancelled, and its dependencies are
                closed, when the client is gone; by our own HTTP server. None inherits.
            handler_type: ``"native"`` (or ``"cpp"``) for a function that is called once, when
                the app starts, and whose answer is kept as bytes; ``"python"`` for one that is
                called for each request (unless given).
            native: Name of a registered native handler, or a compiled one, that answers in
                place of the function, whose body is ``...``.
            refresh_every: Seconds after which a kept answer is made anew; None: never.

        Returns:
            A decorator that returns the function unchanged.
        """
        options: Any = locals()
        del options["self"], options["path"]
        return self._target._declare(self._method, path, options)

    @property
    def __self__(self) -> RouteTarget:
        """The app or router, as on a bound method."""
        return self._target

    @property
    def __name__(self) -> str:
        """The decorator's name, as on a bound method."""
        return self._method.lower()

    def __repr__(self) -> str:
        return f"<route decorator {self.__name__} of {self._target!r}>"


VERB_SIGNATURE: Final = inspect.signature(BoundVerb.__call__)

OPTION_DEFAULTS: Final[dict[str, Any]] = {
    parameter.name: parameter.default
    for parameter in VERB_SIGNATURE.parameters.values()
    if parameter.kind is parameter.KEYWORD_ONLY
}
"""Every decorator option and its default."""


class Verb:
    """Class attribute that gives every instance its own `BoundVerb`."""

    __slots__ = ("_method",)

    def __init__(self, method: str) -> None:
        self._method = method

    @property
    def __signature__(self) -> inspect.Signature:
        """What ``inspect.signature(APIRouter.get)`` shows."""
        return VERB_SIGNATURE

    @property
    def __name__(self) -> str:
        """The decorator's name, as on a function."""
        return self._method.lower()

    @overload
    def __get__(self, target: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, target: RouteTarget, owner: type[Any]) -> BoundVerb: ...
    def __get__(self, target: RouteTarget | None, owner: type[Any]) -> "Self | BoundVerb":
        """Bind to *target*; on the class itself return the descriptor."""
        return self if target is None else BoundVerb(self._method, target)

    def __call__(
        self, target: RouteTarget, path: str, **options: Unpack[RouteOptions]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Act as ``APIRouter.get(router, path)`` does: bind to *target* and call."""
        return BoundVerb(self._method, target)(path, **options)  # type: ignore[arg-type]


class VerbDecorators:
    """The eight route decorators, shared by the app and the router."""

    get: ClassVar[Verb] = Verb("GET")
    """Answer ``GET`` requests."""
    put: ClassVar[Verb] = Verb("PUT")
    """Answer ``PUT`` requests."""
    post: ClassVar[Verb] = Verb("POST")
    """Answer ``POST`` requests."""
    delete: ClassVar[Verb] = Verb("DELETE")
    """Answer ``DELETE`` requests."""
    options: ClassVar[Verb] = Verb("OPTIONS")
    """Answer ``OPTIONS`` requests."""
    head: ClassVar[Verb] = Verb("HEAD")
    """Answer ``HEAD`` requests."""
    patch: ClassVar[Verb] = Verb("PATCH")
    """Answer ``PATCH`` requests."""
    trace: ClassVar[Verb] = Verb("TRACE")
    """Answer ``TRACE`` requests."""
