"""What can be said about an annotation or a value without building a schema."""

import sys
import types
import typing
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from functools import lru_cache, wraps
from typing import Annotated, Any, TypeGuard, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.version import VERSION as PYDANTIC_VERSION
from starlette.datastructures import UploadFile

_T = TypeVar("_T")

PYDANTIC_VERSION_MINOR_TUPLE = tuple(int(part) for part in PYDANTIC_VERSION.split(".")[:2])

# ``list[int]``, ``List[int]`` and ``int | str``: the objects that `issubclass` refuses.
WithArgsTypes: tuple[Any, ...] = (
    typing._GenericAlias,  # type: ignore[attr-defined]  # noqa: SLF001 - no public name
    types.GenericAlias,
    types.UnionType,
)

sequence_annotation_to_type: dict[Any, type[Any]] = {
    Sequence: list,
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    deque: deque,
}
sequence_types: tuple[type[Any], ...] = tuple(sequence_annotation_to_type)

_Test = Callable[[Any], bool]


def remembered(test: _Test) -> _Test:
    """Return *test* with a memory: most parameters of a program are of the same few types.

    Annotations that are equal get the same answer, whatever the order of a union's members.
    """
    known = lru_cache(maxsize=1024)(test)

    @wraps(test)
    def remembering(annotation: Any) -> bool:
        try:
            return known(annotation)
        except TypeError:  # no hash, or the test's own
            return test(annotation)

    return remembering


_TEXT_TYPES = (str, bytes)
_PYDANTIC_HOOKS = ("__pydantic_core_schema__", "__get_pydantic_core_schema__")


def lenient_issubclass(
    cls: Any, class_or_tuple: type[_T] | tuple[type[_T], ...] | None
) -> TypeGuard[type[_T]]:
    """Whether *cls* is a class that derives from *class_or_tuple*.

    Raises:
        TypeError: *class_or_tuple* is not usable with `issubclass`; never for a generic alias.
    """
    try:
        return isinstance(cls, type) and issubclass(cls, class_or_tuple)  # type: ignore[arg-type]
    except TypeError:
        if isinstance(cls, WithArgsTypes):
            return False
        raise


def _origin(annotation: Any) -> Any:
    """Same as `get_origin`, at a fifth of its time for a class."""
    return None if isinstance(annotation, type) else get_origin(annotation)


def _union_members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union in the order they were written; empty for anything else."""
    origin = _origin(annotation)
    return get_args(annotation) if origin is Union or origin is types.UnionType else ()


def _is_union(annotation: Any) -> bool:
    origin = _origin(annotation)
    return origin is Union or origin is types.UnionType


def _without_annotated(annotation: Any) -> Any:
    """The type inside ``Annotated[...]``, or *annotation* itself."""
    return get_args(annotation)[0] if _origin(annotation) is Annotated else annotation


def _annotation_is_sequence(annotation: Any) -> bool:
    return lenient_issubclass(annotation, sequence_types) and not lenient_issubclass(
        annotation, _TEXT_TYPES
    )


@remembered
def field_annotation_is_sequence(annotation: object) -> bool:
    """Whether values of *annotation* may be a list, tuple, set, deque or the like; text is not."""
    annotation = _without_annotated(annotation)
    if _is_union(annotation):
        return any(map(field_annotation_is_sequence, _union_members(annotation)))
    return _annotation_is_sequence(annotation) or _annotation_is_sequence(_origin(annotation))


def value_is_sequence(value: Any) -> bool:
    """Whether *value* is one of `sequence_types`; text and bytes are not."""
    return isinstance(value, sequence_types) and not isinstance(value, _TEXT_TYPES)


def _annotation_is_complex(annotation: Any) -> bool:
    return (
        lenient_issubclass(annotation, (BaseModel, Mapping, UploadFile))
        or _annotation_is_sequence(annotation)
        or is_dataclass(annotation)
    )


@remembered
def field_annotation_is_complex(annotation: object) -> bool:
    """Whether *annotation* needs structure, so that one piece of text cannot carry it."""
    annotation = _without_annotated(annotation)
    if _is_union(annotation):
        return any(map(field_annotation_is_complex, _union_members(annotation)))
    origin = _origin(annotation)
    return (
        _annotation_is_complex(annotation)
        or _annotation_is_complex(origin)
        or any(hasattr(origin, hook) for hook in _PYDANTIC_HOOKS)
    )


def field_annotation_is_scalar(annotation: Any) -> bool:
    """Whether one piece of text can carry a value of *annotation*."""
    return annotation is Ellipsis or not field_annotation_is_complex(annotation)


@remembered
def field_annotation_is_scalar_sequence(annotation: object) -> bool:
    """Whether *annotation* is a sequence of scalars, alone or beside scalars in a union."""
    annotation = _without_annotated(annotation)
    if _is_union(annotation):
        members = _union_members(annotation)
        return any(map(field_annotation_is_scalar_sequence, members)) and all(
            field_annotation_is_scalar_sequence(member) or field_annotation_is_scalar(member)
            for member in members
        )
    return field_annotation_is_sequence(annotation) and all(
        map(field_annotation_is_scalar, get_args(annotation))
    )


def _is_class_or_nonable(annotation: Any, wanted: type[Any]) -> bool:
    """Whether *annotation* is a subclass of *wanted* or a union that contains one."""
    return lenient_issubclass(annotation, wanted) or any(
        lenient_issubclass(member, wanted) for member in _union_members(annotation)
    )


def _is_sequence_of(annotation: Any, is_item: Callable[[Any], bool]) -> bool:
    """Whether *annotation* is, or may be, a sequence whose items all satisfy *is_item*."""
    if _is_union(annotation):
        return any(_is_sequence_of(member, is_item) for member in _union_members(annotation))
    return field_annotation_is_sequence(annotation) and all(map(is_item, get_args(annotation)))


def is_bytes_or_nonable_bytes_annotation(annotation: Any) -> bool:
    """Whether *annotation* is bytes, or a union with bytes in it."""
    return _is_class_or_nonable(annotation, bytes)


@remembered
def is_uploadfile_or_nonable_uploadfile_annotation(annotation: Any) -> bool:
    """Whether *annotation* is an upload, or a union with an upload in it."""
    return _is_class_or_nonable(annotation, UploadFile)


def is_bytes_sequence_annotation(annotation: Any) -> bool:
    """Whether *annotation* is a sequence of bytes, or a union with such a sequence in it."""
    return _is_sequence_of(annotation, is_bytes_or_nonable_bytes_annotation)


@remembered
def is_uploadfile_sequence_annotation(annotation: Any) -> bool:
    """Whether *annotation* is a sequence of uploads, or a union with such a sequence in it."""
    return _is_sequence_of(annotation, is_uploadfile_or_nonable_uploadfile_annotation)


def _pydantic_v1_base() -> type[Any] | None:
    """`pydantic.v1.BaseModel` if the program has imported it.

    PERF: a class that derives from it can exist only once its module is loaded, so there is no
    reason to import it (11 ms, and a warning on Python 3.14) in order to say no.
    """
    module = sys.modules.get("pydantic.v1.main")
    return getattr(module, "BaseModel", None)


def is_pydantic_v1_model_instance(obj: Any) -> bool:
    """Whether *obj* is an instance of a `pydantic.v1` model."""
    base = _pydantic_v1_base()
    return base is not None and isinstance(obj, base)


def is_pydantic_v1_model_class(cls: Any) -> bool:
    """Whether *cls* is a `pydantic.v1` model."""
    base = _pydantic_v1_base()
    return base is not None and lenient_issubclass(cls, base)


def _with_nested_items(annotation: Any) -> Iterator[Any]:
    """*annotation*, the members of a union, and what sequences contain, at any depth."""
    yield annotation
    yield from _union_members(annotation)
    if field_annotation_is_sequence(annotation):
        for item in get_args(annotation):
            yield from _with_nested_items(item)


def annotation_is_pydantic_v1(annotation: Any) -> bool:
    """Whether *annotation* is or contains a `pydantic.v1` model."""
    if _pydantic_v1_base() is None:
        return False
    return any(map(is_pydantic_v1_model_class, _with_nested_items(annotation)))
