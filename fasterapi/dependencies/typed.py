"""Signatures with their annotations resolved."""

import inspect
import sys
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from types import FunctionType
from typing import Any, ForwardRef, NamedTuple, get_args, get_origin
from weakref import WeakKeyDictionary

from fasterapi._compat import evaluate_forwardref

_EMPTY = inspect.Signature.empty
_Parameter = inspect.Parameter
_STREAM_ORIGINS = {AsyncIterable, AsyncIterator, AsyncGenerator, Iterable, Iterator, Generator}


class TypedParameter(NamedTuple):
    """What is read of an `inspect.Parameter`, which takes four times as long to make."""

    name: str
    kind: Any
    default: Any
    annotation: Any


class _Signature(NamedTuple):
    parameters: tuple[TypedParameter, ...]
    result: Any  # the annotation of what is returned


# Signature, and what it was made from.
_Remembered = tuple[_Signature, list[Any]]
_signatures: "WeakKeyDictionary[FunctionType, _Remembered]" = WeakKeyDictionary()


def _read_signature(call: Callable[..., Any]) -> _Signature:
    signature = _inspected(call)
    parameters = signature.parameters.values()
    return _Signature(
        tuple(TypedParameter(p.name, p.kind, p.default, p.annotation) for p in parameters),
        signature.return_annotation,
    )


def _inspected(call: Callable[..., Any]) -> inspect.Signature:
    """The signature of *call* with annotations that are text resolved, if all of them can be."""
    try:
        return inspect.signature(call, eval_str=True)
    except NameError:
        # Such as names imported for type checkers only. Most often they belong to the result of a
        # dependency, which nobody needs.
        if sys.version_info >= (3, 14):
            from annotationlib import Format  # noqa: PLC0415 - new in 3.14

            return inspect.signature(call, annotation_format=Format.FORWARDREF)
        return inspect.signature(call)


def _ingredients(function: FunctionType) -> list[Any] | None:
    """All that the signature of *function* is made from; None if there is more to it."""
    # Decorators and generated functions: what they point to may change on its own.
    if function.__dict__.keys() & {"__wrapped__", "__signature__", "__text_signature__"}:
        return None
    try:
        annotations = function.__annotations__
    except NameError:  # from Python 3.14 on they are evaluated when they are read
        return None
    types = list(annotations.values())
    if any(isinstance(annotation, str) for annotation in types):
        # A name may mean something else, or something at all, the next time.
        return None
    keyword_defaults = function.__kwdefaults__ or {}
    return [
        function.__code__,
        function.__defaults__,
        *annotations,
        *types,
        *keyword_defaults,
        *keyword_defaults.values(),
    ]


def _read_once(call: Callable[..., Any]) -> _Signature:
    """Same as `_read_signature`, remembered for plain functions until they are changed.

    Every route asks twice for its endpoint, for parameters and for the result, and once for each
    of its dependencies, which many routes share.
    """
    ingredients = _ingredients(call) if type(call) is FunctionType else None
    if ingredients is None:
        return _read_signature(call)
    known = _signatures.get(call)  # type: ignore[call-overload]
    if known is not None and _are_same(known[1], ingredients):
        return known[0]  # type: ignore[no-any-return]
    signature = _plain_signature(call)  # type: ignore[arg-type]
    _signatures[call] = (signature, ingredients)  # type: ignore[index]
    return signature


def _plain_signature(function: FunctionType) -> _Signature:
    """Same as `inspect.signature` for a function that has `_ingredients`.

    PERF: a third of the time, which is a tenth of declaring a route.
    """
    code, annotations = function.__code__, function.__annotations__
    by_position = code.co_argcount
    by_name = by_position + code.co_kwonlyargcount
    defaults = (_EMPTY,) * (by_position - len(function.__defaults__ or ()))
    defaults += function.__defaults__ or ()
    keyword_defaults = function.__kwdefaults__ or {}
    parameters = []

    def add(name: str, kind: Any, default: Any = _EMPTY) -> None:
        annotation = annotations.get(name, _EMPTY)
        parameters.append(TypedParameter(name, kind, default, annotation))

    for index, name in enumerate(code.co_varnames[:by_position]):
        is_bare = index < code.co_posonlyargcount
        kind = _Parameter.POSITIONAL_ONLY if is_bare else _Parameter.POSITIONAL_OR_KEYWORD
        add(name, kind, defaults[index])
    if code.co_flags & inspect.CO_VARARGS:
        add(code.co_varnames[by_name], _Parameter.VAR_POSITIONAL)
    for name in code.co_varnames[by_position:by_name]:
        add(name, _Parameter.KEYWORD_ONLY, keyword_defaults.get(name, _EMPTY))
    if code.co_flags & inspect.CO_VARKEYWORDS:
        has_both = bool(code.co_flags & inspect.CO_VARARGS)
        add(code.co_varnames[by_name + has_both], _Parameter.VAR_KEYWORD)
    return _Signature(tuple(parameters), annotations.get("return", _EMPTY))


def _are_same(first: list[Any], second: list[Any]) -> bool:
    # By identity: a default's own `==` may do anything, and equal ones may still differ.
    return len(first) == len(second) and all(a is b for a, b in zip(first, second, strict=True))


def get_typed_parameters(call: Callable[..., Any]) -> Sequence[TypedParameter]:
    """The parameters of *call* with annotations resolved.

    Raises:
        TypeError: *call* is not callable.
        ValueError: *call* is built in and has no signature.
    """
    parameters = _read_once(call).parameters
    if any(isinstance(param.annotation, str) for param in parameters):
        globalns = getattr(inspect.unwrap(call), "__globals__", {})
        return [
            param._replace(annotation=get_typed_annotation(param.annotation, globalns))
            for param in parameters
        ]
    return parameters


def _get_signature(call: Callable[..., Any]) -> inspect.Signature:
    """The signature of *call* as `inspect` has it, with annotations that are text resolved.

    Raises:
        TypeError: *call* is not callable.
        ValueError: *call* is built in and has no signature.
    """
    parameters, result = _read_once(call)
    return _as_inspected(parameters, result)


def _as_inspected(parameters: Iterable[TypedParameter], result: Any) -> inspect.Signature:
    return inspect.Signature(
        [
            _Parameter(p.name, p.kind, default=p.default, annotation=p.annotation)
            for p in parameters
        ],
        return_annotation=result,
        __validate_parameters__=False,
    )


def get_typed_signature(call: Callable[..., Any]) -> inspect.Signature:
    """The parameters of *call*, without its result, with annotations resolved.

    Raises:
        TypeError: *call* is not callable.
        ValueError: *call* is built in and has no signature.
    """
    return _as_inspected(get_typed_parameters(call), _EMPTY)


def get_typed_annotation(annotation: Any, globalns: dict[str, Any]) -> Any:
    """*annotation*, resolved if it is text and can be; None for ``"None"``."""
    if not isinstance(annotation, str):
        return annotation
    resolved = evaluate_forwardref(ForwardRef(annotation), globalns, globalns)
    return None if resolved is type(None) else resolved


def get_typed_return_annotation(call: Callable[..., Any]) -> Any:
    """What *call* is annotated to return; None if it is not."""
    annotation = _read_once(call).result
    if annotation is inspect.Signature.empty:
        return None
    return get_typed_annotation(annotation, getattr(inspect.unwrap(call), "__globals__", {}))


def get_stream_item_type(annotation: Any) -> Any | None:
    """The type of the items if *annotation* is an iterator or the like.

    Returns:
        The item's type, `Any` for an iterator of unknown items, None for what is no iterator.
    """
    if get_origin(annotation) not in _STREAM_ORIGINS:
        return None
    arguments = get_args(annotation)
    return arguments[0] if arguments else Any
