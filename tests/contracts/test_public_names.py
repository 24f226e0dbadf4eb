"""Every name, keyword and attribute that FastAPI's own tests use exists here under the same path.

The list is surface.json: a copy of the conformance harness's own, so that this runs without it.
"""

import inspect
import json
import pkgutil
import sys
import typing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.location import conformance_folder

COPY = Path(__file__).with_name("surface.json")
OWNERS_OF_METHODS = ("FastAPI", "APIRouter")
# Not ours: a method of pydantic's models, and what add_middleware hands on to a middleware.
NOT_OURS = {"model_dump", "add_middleware"}
# The tests of WSGI mounts call their Flask program `app` too.
OF_FLASK = {"route"}


@cache
def surface() -> dict[str, dict[str, Any]]:
    return json.loads(COPY.read_text(encoding="utf-8"))


def ours(module: str) -> Any:
    return pkgutil.resolve_name(module.replace("fastapi", "fasterapi", 1))


def named(name: str) -> Any:
    """Return the first public object called *name* in any module of the surface."""
    first = ("fastapi", "fastapi.security")  # openapi.models has classes of the same names
    for module in (*first, *surface()["modules"], "fastapi.applications"):
        found = getattr(ours(module), name, None)
        if found is not None and not inspect.ismodule(found):
            return found
    pytest.fail(f"no module of the surface has {name!r}")


def evaluated(annotation: Any, function: Any) -> Any:
    """Return *annotation*, looked up where *function* is written if it is text."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, vars(sys.modules[function.__module__]))
    except NameError:  # inherited from another module: then it is no list of options of ours
        return None


def keywords_of(function: Any) -> set[str] | None:
    """Return the names that *function* takes by keyword, None if it takes any."""
    names: set[str] = set()
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            names.add(parameter.name)
            continue
        options = typing.get_args(evaluated(parameter.annotation, function))
        if not options or not hasattr(options[0], "__annotations__"):
            return None
        names |= options[0].__annotations__.keys()
    return names


def callables_for(name: str) -> list[Any]:
    if name == "path operation decorator":
        return [named(owner)().get for owner in OWNERS_OF_METHODS]
    if name == "websocket decorator":
        return [named(owner)().websocket for owner in OWNERS_OF_METHODS]
    if hasattr(named("APIRouter"), name) and name[0].islower():
        return [getattr(named(owner)(), name) for owner in OWNERS_OF_METHODS]
    return [named(name)]


def test_copy_of_the_list_is_current() -> None:
    try:
        harness = conformance_folder()
    except FileNotFoundError:
        return  # nothing to compare with; `make conformance` says what is missing and where
    assert COPY.read_bytes() == (harness / COPY.name).read_bytes()


def test_every_module_and_name_is_importable() -> None:
    missing = [
        f"{module}.{name}"
        for module, names in surface()["modules"].items()
        for name in names
        if name != "(module)" and not hasattr(ours(module), name)
    ]
    assert not missing


def test_every_keyword_is_taken() -> None:
    missing = []
    for name, keywords in surface()["keywords"].items():
        if name in NOT_OURS:
            continue
        for function in callables_for(name):
            taken = keywords_of(function)
            if taken is not None:
                missing += [f"{name}({keyword}=)" for keyword in keywords if keyword not in taken]
    assert not missing


@pytest.mark.parametrize("owner", OWNERS_OF_METHODS)
def test_application_and_router_have_the_decorators(owner: str) -> None:
    made = named(owner)()
    verbs = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "api_route"}
    assert not [name for name in verbs | {"websocket", "include_router"} if not hasattr(made, name)]


def test_application_has_every_attribute() -> None:
    app = named("FastAPI")()
    wanted = surface()["attributes"]["app/router"].keys() - OF_FLASK
    assert not [name for name in wanted if not hasattr(app, name)]
