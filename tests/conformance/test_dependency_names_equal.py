"""What third-party packages import from FastAPI's inner modules is there, with its parameters."""

import dataclasses
import importlib
import inspect
from types import FunctionType
from typing import Any

import pytest

# Names of FastAPI's that serve nobody outside of their module.
INTERNAL = {
    "_CallIdentity",
    "_is_async_gen_callable_cached",
    "_is_coroutine_callable_cached",
    "_is_gen_callable_cached",
    "_CALLABLE_CLASSIFICATION_CACHE_SIZE",
    "_Attrs",
    "_T",
    "http_exception_handler",
}
MODULES = (
    "_compat",
    "_compat.shared",
    "_compat.v2",
    "_body_limit",
    "_form_limits",
    "utils",
    "dependencies.models",
    "dependencies.utils",
)


def own_names(name: str) -> list[tuple[str, str]]:
    module = importlib.import_module(f"fastapi.{name}")
    return [
        (name, key)
        for key, value in vars(module).items()
        if not key.startswith("__")
        and key not in INTERNAL
        and str(getattr(value, "__module__", "")).startswith("fastapi")
    ]


NAMES = [pair for module in MODULES for pair in own_names(module)]


def parameters(function: Any) -> list[Any]:
    return [
        (item.name, item.kind, item.default is item.empty)
        for item in inspect.signature(function).parameters.values()
    ]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_a_name_of_fastapi_is_here_too(module: str, name: str) -> None:
    theirs = getattr(importlib.import_module(f"fastapi.{module}"), name)
    ours = getattr(importlib.import_module(f"fasterapi.{module}"), name)
    if isinstance(theirs, FunctionType):
        assert parameters(ours) == parameters(theirs)
    elif dataclasses.is_dataclass(theirs):
        assert parameters(ours) == parameters(theirs)
        assert [item.name for item in dataclasses.fields(ours)] == [
            item.name for item in dataclasses.fields(theirs)
        ]
        public = {key for key in vars(theirs) if not key.startswith("_")}
        assert public <= set(dir(ours))
