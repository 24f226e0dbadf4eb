"""The document's models."""

import subprocess
import sys

import pytest
from pydantic import BaseModel, ValidationError

from fasterapi.openapi import models


@pytest.mark.parametrize("name", models.__all__)
def test_every_name_is_exported(name: str) -> None:
    assert hasattr(models, name)


def test_unknown_keys_are_kept() -> None:
    info = models.Info(title="t", version="1", **{"x-logo": {"url": "u"}})
    assert info.model_dump(exclude_none=True) == {
        "title": "t",
        "version": "1",
        "x-logo": {"url": "u"},
    }


def test_schema_nests() -> None:
    schema = models.Schema.model_validate(
        {
            "type": "object",
            "properties": {"a": {"not": {"if": True, "$ref": "#/x"}}},
            "items": False,
        }
    )
    assert schema.properties is not None
    inner = schema.properties["a"]
    assert isinstance(inner, models.Schema)
    assert isinstance(inner.not_, models.Schema)
    assert inner.not_.if_ is True
    assert schema.items is False


@pytest.mark.parametrize(
    "keywords", [{"minLength": -1}, {"multipleOf": 0}, {"type": "text"}, {"required": "a"}]
)
def test_wrong_keywords_are_refused(keywords: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        models.Schema.model_validate(keywords)


def test_security_schemes_are_told_apart() -> None:
    components = models.Components.model_validate(
        {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "oauth2": {"type": "oauth2", "flows": {"password": {"tokenUrl": "t"}}},
                "oidc": {"type": "openIdConnect", "openIdConnectUrl": "u"},
            }
        }
    )
    kinds = [type(scheme) for scheme in (components.securitySchemes or {}).values()]
    assert kinds == [models.APIKey, models.HTTPBase, models.OAuth2, models.OpenIdConnect]


def test_email_without_validator_is_text() -> None:
    script = (
        "import sys; sys.modules['email_validator'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'email_validator' else find(name, *a)\n"
        "from fasterapi.openapi.models import Contact, EmailStr\n"
        "from pydantic import TypeAdapter\n"
        "assert Contact(email='not checked').email == 'not checked'\n"
        "assert TypeAdapter(EmailStr).json_schema() == {'type': 'string', 'format': 'email'}\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "email-validator not installed" in done.stderr


def test_email_with_validator_is_checked() -> None:
    pytest.importorskip("email_validator")
    with pytest.raises(ValidationError):
        models.Contact(email="not an address")


def test_models_are_pydantic_models() -> None:
    assert issubclass(models.OpenAPI, BaseModel)
    assert issubclass(models.SecurityBase, models.BaseModelWithConfig)


def test_first_use_from_many_threads() -> None:
    script = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from threading import Barrier\n"
        "from fasterapi.openapi.models import OpenAPI\n"
        "barrier = Barrier(8)\n"
        "def use(n):\n"
        "    barrier.wait()\n"
        "    paths = {'/': {'get': {'responses': {'200': {'description': str(n)}}}}}\n"
        "    info = {'title': 't', 'version': '1'}\n"
        "    document = OpenAPI(openapi='3.1.0', info=info, paths=paths)\n"
        "    return document.paths['/'].get.responses['200'].description\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    assert list(pool.map(use, range(8))) == [str(n) for n in range(8)]\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
