"""The package itself: names on first use, modules as attributes, a cheap import."""

import subprocess
import sys

import pytest

import fasterapi


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_import_alone_loads_nothing_else() -> None:
    loaded = {name for name in loaded_by("import fasterapi") if not name.startswith("importlib")}
    assert loaded == {"fasterapi", "fasterapi._version"}


def test_one_name_loads_only_what_it_needs() -> None:
    loaded = loaded_by("from fasterapi import HTTPException")
    assert "fasterapi.exceptions" in loaded
    assert not loaded & {"fasterapi.applications", "fasterapi.routing", "fasterapi.params"}


@pytest.mark.parametrize("name", fasterapi.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(fasterapi, name) is getattr(fasterapi, name)
    assert name in dir(fasterapi)


@pytest.mark.parametrize(
    "use", ["encoders.jsonable_encoder", "status.HTTP_200_OK", "openapi.utils.get_openapi"]
)
def test_module_is_an_attribute_without_an_import_of_its_own(use: str) -> None:
    assert loaded_by(f"import fasterapi; fasterapi.{use}")


def test_both_names_are_one_class() -> None:
    assert fasterapi.FastAPI is fasterapi.FasterAPI


def test_starlettes_classes_are_its_own() -> None:
    import starlette.requests
    import starlette.responses
    import starlette.websockets

    assert fasterapi.Request is starlette.requests.Request
    assert fasterapi.Response is starlette.responses.Response
    assert fasterapi.WebSocket is starlette.websockets.WebSocket


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'fasterapi' has no attribute 'Flask'"):
        _ = fasterapi.Flask
    assert not hasattr(fasterapi, "__wrapped__")
