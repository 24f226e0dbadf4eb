"""Names that a module has, though what they stand for is loaded when somebody asks for it."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ("lazy_names",)


def lazy_names(
    module: str, sources: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a module (PEP 562).

    Code inside of the module does not see the names as globals before they were asked for.

    Args:
        module: The module's ``__name__``.
        sources: The names, each with the module that it is loaded from.
    """

    def load(name: str) -> object:
        if name not in sources:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value: object = getattr(import_module(sources[name]), name)
        setattr(sys.modules[module], name, value)  # the next use does not come here any more
        return value

    def list_names() -> list[str]:
        return sorted({*vars(sys.modules[module]), *sources})

    return load, list_names
