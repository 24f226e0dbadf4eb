"""The options of routes stand in two places: with their defaults, and as typed dictionaries."""

import inspect
from typing import Any, get_type_hints

import pytest

from fasterapi import APIRouter, FastAPI
from fasterapi.routing import APIRoute
from fasterapi.routing.declaring import REGISTRATION_DEFAULTS
from fasterapi.routing.options import (
    IncludeOptions,
    RegistrationOptions,
    RouteOptions,
    RouteSettings,
)
from fasterapi.routing.route import SETTING_DEFAULTS
from fasterapi.routing.verbs import OPTION_DEFAULTS, VERB_SIGNATURE

INCLUDE = {
    parameter.name: parameter
    for parameter in inspect.signature(APIRouter.include_router).parameters.values()
    if parameter.kind is parameter.KEYWORD_ONLY
}
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        (RouteOptions, OPTION_DEFAULTS),
        (RegistrationOptions, REGISTRATION_DEFAULTS),
        (RouteSettings, SETTING_DEFAULTS),
        (IncludeOptions, INCLUDE),
    ],
    ids=["decorators", "add_api_route", "APIRoute", "include_router"],
)
def test_typed_dictionary_has_every_option(typed: Any, names: Any) -> None:
    assert set(get_type_hints(typed)) == set(names), "add the option at both places"


def test_docstring_describes_every_option() -> None:
    text = inspect.getdoc(FastAPI().get.__call__) or ""
    missing = [name for name in VERB_SIGNATURE.parameters if f"\n    {name}: " not in text]
    assert missing == ["self"]


@pytest.mark.parametrize("owner", [FastAPI, APIRouter])
@pytest.mark.parametrize("method", METHODS)
def test_decorator_shows_its_options(owner: type[Any], method: str) -> None:
    unbound = inspect.signature(getattr(owner, method))
    bound = inspect.signature(getattr(owner(), method))
    assert ["self", *bound.parameters] == list(unbound.parameters)
    assert set(bound.parameters) == {"path", *OPTION_DEFAULTS}
    assert getattr(owner, method).__name__ == method


@pytest.mark.parametrize(
    "function",
    [APIRoute, APIRouter.add_api_route, APIRouter.api_route, FastAPI.add_api_route,
     FastAPI.api_route],
)  # fmt: skip
def test_registration_shows_its_options(function: Any) -> None:
    parameters = inspect.signature(function).parameters
    assert {*OPTION_DEFAULTS, "methods"} <= set(parameters)
    assert not any(p.kind is p.VAR_KEYWORD for p in parameters.values())


@pytest.mark.parametrize("owner", [FastAPI, APIRouter])
def test_decorator_can_be_called_on_the_class(owner: Any) -> None:
    target = owner()
    endpoint = owner.get(target, "/x", tags=["t"])(lambda: 1)
    assert callable(endpoint)
    assert target.routes[-1].tags == ["t"]


@pytest.mark.parametrize("owner", [FastAPI, APIRouter])
def test_subclass_may_override_a_decorator(owner: Any) -> None:
    class Slashed(owner):
        def get(self, path: str, *args: Any, **kwargs: Any) -> Any:
            return super().get(path + "/", *args, **kwargs)

    target = Slashed()
    target.get("/x", status_code=201)(lambda: 1)
    assert (target.routes[-1].path, target.routes[-1].status_code) == ("/x/", 201)
