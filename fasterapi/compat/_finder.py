"""Finds ``fastapi`` and everything below it in FasterAPI, for imports and for metadata."""

import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution, DistributionFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

__all__ = ("FASTAPI_VERSION", "FastAPIFinder")

FASTAPI_VERSION: Final = "0.165.0"
"""The version of FastAPI whose behaviour this package has."""

_THEIRS: Final = "fastapi"
_OURS: Final = "fasterapi"

_METADATA: Final = f"""\
Metadata-Version: 2.1
Name: {_THEIRS}
Version: {FASTAPI_VERSION}
Summary: FasterAPI in the place of FastAPI, see fasterapi.compat
"""

_OWN_ATTRIBUTES: Final = frozenset(
    {"__name__", "__version__", "__spec__", "__loader__", "__package__", "__path__", "__file__"}
    | {"__cached__", "__doc__"}
)


def _our_name(name: str) -> str:
    return _OURS + name.removeprefix(_THEIRS)


class FastAPIPackage(ModuleType):
    """The module ``fastapi``: FasterAPI's package, with the name and version of FastAPI.

    Submodules are FasterAPI's own objects, so that whatever is replaced in them is replaced
    for everybody; assignments to the package go through for the same reason.
    """

    def __getattr__(self, name: str) -> Any:
        if name in _OWN_ATTRIBUTES:
            message = f"module {_THEIRS!r} has no attribute {name!r}"
            raise AttributeError(message)
        return getattr(import_module(_OURS), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OWN_ATTRIBUTES:
            super().__setattr__(name, value)
        else:
            setattr(import_module(_OURS), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(import_module(_OURS), name)

    def __dir__(self) -> list[str]:
        return dir(import_module(_OURS))


class _AliasLoader(Loader):
    """Loads ``fastapi.x`` by giving the module ``fasterapi.x`` itself."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(_our_name(spec.name))
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has put the alias's spec there; the module has run long ago.
        module.__spec__ = self._own_spec


class _FastAPIDistribution(Distribution):
    """What ``importlib.metadata`` tells about FastAPI."""

    def read_text(self, filename: str) -> str | None:
        return _METADATA if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        return Path(__file__).parents[2] / path


class FastAPIFinder(DistributionFinder, Loader):
    """A meta path finder for ``fastapi``, its submodules and its metadata.

    It must stand first: a finder before it could load a second copy of FasterAPI's
    submodules, or the FastAPI that is installed.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where *name* comes from; None if it is no part of FastAPI."""
        if name == _THEIRS:
            spec = ModuleSpec(name, self, origin=sys.modules[_OURS].__file__, is_package=True)
            spec.has_location = True  # sets __file__, which programs look at
            return spec
        if not name.startswith(f"{_THEIRS}."):
            return None
        try:
            ours = find_spec(_our_name(name))
        except ModuleNotFoundError:  # its parent is no package, or does not exist
            return None
        if ours is None:
            return None
        is_package = ours.submodule_search_locations is not None
        return ModuleSpec(name, _AliasLoader(), origin=ours.origin, is_package=is_package)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module ``fastapi``."""
        module = FastAPIPackage(spec.name)
        module.__version__ = FASTAPI_VERSION
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the attributes are FasterAPI's, loaded when they are asked for."""

    def find_distributions(
        self, context: DistributionFinder.Context | None = None
    ) -> Iterable[Distribution]:
        """Return FastAPI's distribution where it, or every one, is asked for."""
        name = None if context is None else context.name
        if name is None or name.lower() == _THEIRS:
            return [_FastAPIDistribution()]
        return []
