"""The list of what FastAPI has from Starlette is that of the FastAPI that is installed.

Where it is not: ``python -m tests.conformance.test_reexports_equal`` writes it anew.
"""

import json
import warnings
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import pytest

fastapi = pytest.importorskip("fastapi")
LIST = Path(__file__).parents[1] / "contracts" / "reexports.json"
# Programs, and inner workings that nobody imports names from.
NOT_FOR_IMPORT = ("__main__", "cli", "telemetry")


def origin_of(value: Any, name: str) -> str | None:
    """Return where Starlette has *value*, as ``module:name``; None if it is not Starlette's."""
    if isinstance(value, ModuleType):
        return value.__name__ if value.__name__.startswith("starlette") else None
    module = getattr(value, "__module__", None)
    if not isinstance(module, str) or module.split(".")[0] != "starlette":
        return None
    own_name = getattr(value, "__name__", name)
    return f"{module}:{own_name}"


def reexports() -> dict[str, dict[str, str]]:
    """Return origins by name, by module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of Starlette's modules are deprecated
        names = [module.name for module in walk_packages(fastapi.__path__, "fastapi.")]
        modules = [
            import_module(name)
            for name in ["fastapi", *sorted(names)]
            if not any(part in name.split(".") for part in NOT_FOR_IMPORT)
        ]
    found = {
        module.__name__: {
            name: origin
            for name, value in sorted(vars(module).items())
            if (origin := origin_of(value, name)) is not None
        }
        for module in modules
    }
    return {module: names for module, names in found.items() if names}


def test_list_is_current() -> None:
    assert json.loads(LIST.read_text(encoding="utf-8")) == reexports()


if __name__ == "__main__":
    LIST.write_text(json.dumps(reexports(), indent=1) + "\n", encoding="utf-8")
