"""The same program on FastAPI and on FasterAPI: equal documents, text for text.

Each program is built once on each framework. Key order counts, so documents
are compared as JSON text.
"""

import importlib
import json
import warnings
from types import ModuleType
from typing import Any

import pytest

from tests.conformance.openapi_programs import apps, inputs, outputs  # noqa: F401 -- register
from tests.conformance.openapi_programs.registry import PROGRAMS

pytest.importorskip("fastapi")


class Framework:
    """One of the two packages; submodules are attributes, imported when named."""

    def __init__(self, name: str) -> None:
        self._package: ModuleType = importlib.import_module(name)

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self._package, name)
        except AttributeError:
            return importlib.import_module(f"{self._package.__name__}.{name}")


def document(name: str, framework: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return json.dumps(PROGRAMS[name](Framework(framework)).openapi(), indent=1)


@pytest.mark.parametrize("name", PROGRAMS)
def test_documents_are_equal(name: str) -> None:
    assert document(name, "fasterapi") == document(name, "fastapi")
