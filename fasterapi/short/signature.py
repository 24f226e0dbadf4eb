"""Signatures of the short style in FastAPI's terms: ``req`` and ``res`` are dependencies."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any, get_args, get_origin

from typing_inspection.typing_objects import is_typealiastype

from fasterapi import params
from fasterapi.dependencies.typed import _get_signature, get_typed_signature
from fasterapi.short.request import ShortRequest, short_request
from fasterapi.short.response import ShortResponse, short_response

__all__ = (
    "adapt_dependencies",
    "meaning_of",
    "metadata_of",
    "short_parameters",
    "with_parameters",
)

_EMPTY = inspect.Parameter.empty

_BY_NAME: dict[str, Any] = {"req": ShortRequest, "res": ShortResponse}
_DECLARATIONS: dict[Any, Any] = {
    ShortRequest: Annotated[ShortRequest, params.Depends(short_request)],
    ShortResponse: Annotated[ShortResponse, params.Depends(short_response)],
}


class ShortDependency:
    """A dependency of the short style as FastAPI's dependencies are.

    It equals the function that it stands for, so that ``app.dependency_overrides`` and the
    cache of one request know it by that function.
    """

    def __init__(self, call: Callable[..., Any], signature: inspect.Signature) -> None:
        functools.update_wrapper(self, call)
        self.__wrapped__ = call
        self.__signature__ = signature

    def __call__(self, **values: Any) -> Any:
        return self.__wrapped__(**values)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ShortDependency):
            return bool(self.__wrapped__ == other.__wrapped__)
        return bool(self.__wrapped__ == other)

    def __hash__(self) -> int:
        return hash(self.__wrapped__)


def meaning_of(parameter: inspect.Parameter) -> Any:
    """Return `ShortRequest` or `ShortResponse` if *parameter* is one of them, else None.

    It is by its name alone, ``req`` or ``res``, or by an annotation with the class.
    """
    if parameter.default is not _EMPTY or parameter.kind in (
        parameter.VAR_POSITIONAL,
        parameter.VAR_KEYWORD,
    ):
        return None
    if parameter.annotation is _EMPTY:
        return _BY_NAME.get(parameter.name)
    wanted = parameter.annotation
    return next((kind for kind in _DECLARATIONS if wanted is kind), None)


def metadata_of(parameter: inspect.Parameter) -> tuple[Any, ...]:
    """Return what stands beside the type in ``Annotated[type, ...]``."""
    annotation = parameter.annotation
    if is_typealiastype(annotation):
        annotation = annotation.__value__
    return get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()


def short_parameters(
    call: Callable[..., Any], chain: tuple[Any, ...] = ()
) -> list[inspect.Parameter] | None:
    """Return the parameters of *call*, with ``req``, ``res`` and what asks for them below.

    Args:
        call: An endpoint or dependency.
        chain: The callables that depend on it, outermost first.

    Returns:
        None if the short style changes nothing about it.
    """
    before = list(get_typed_signature(call).parameters.values())
    after = [_adapted(parameter, (*chain, call)) for parameter in before]
    is_changed = any(old is not new for old, new in zip(before, after, strict=True))
    return after if is_changed else None


def with_parameters(
    call: Callable[..., Any], parameters: Iterable[inspect.Parameter]
) -> inspect.Signature:
    """Return the signature of *call* with other parameters and the same result."""
    return inspect.Signature(
        list(parameters),
        return_annotation=_get_signature(call).return_annotation,
        # They are passed by name, so their order is of no importance.
        __validate_parameters__=False,
    )


def adapt_dependencies(
    dependencies: Iterable[params.Depends] | None, chain: tuple[Any, ...] = ()
) -> list[params.Depends]:
    """Return *dependencies*, each with ``req`` and ``res`` given a meaning where it has them."""
    return [_adapt(depends, chain) for depends in dependencies or ()]


def _adapt(depends: params.Depends, chain: tuple[Any, ...]) -> params.Depends:
    call = depends.dependency
    # A cycle is left to the analysis, which words the error.
    if not callable(call) or any(call is above for above in chain):
        return depends
    try:
        parameters = short_parameters(call, chain)
    except ValueError:  # built-in functions may have no signature
        return depends
    if parameters is None:
        return depends
    adapted = ShortDependency(call, with_parameters(call, parameters))
    return dataclasses.replace(depends, dependency=adapted)


def _adapted(parameter: inspect.Parameter, chain: tuple[Any, ...]) -> inspect.Parameter:
    meaning = meaning_of(parameter)
    if meaning is not None:
        return parameter.replace(annotation=_DECLARATIONS[meaning])
    if isinstance(parameter.default, params.Depends):
        depends = _adapt(parameter.default, chain)
        return parameter if depends is parameter.default else parameter.replace(default=depends)
    # The last one counts where there are several.
    declared = [item for item in metadata_of(parameter) if isinstance(item, params.Depends)]
    if declared:
        depends = _adapt(declared[-1], chain)
        if depends is not declared[-1]:
            return parameter.replace(annotation=Annotated[parameter.annotation, depends])
    return parameter
