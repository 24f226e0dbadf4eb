"""What FastAPI's modules have from Starlette is Starlette's here too, the very same object.

The list is reexports.json, so that this runs without FastAPI; tests/conformance makes it anew from
the FastAPI that is installed.
"""

import json
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest

REEXPORTS: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("reexports.json").read_text(encoding="utf-8")
)


@pytest.mark.filterwarnings("ignore:starlette.middleware.wsgi")
@pytest.mark.parametrize("module", REEXPORTS)
def test_starlettes_names_are_its_own_objects(module: str) -> None:
    ours: Any = resolve_name(module.replace("fastapi", "fasterapi", 1))
    for name, origin in REEXPORTS[module].items():
        assert getattr(ours, name) is resolve_name(origin), name
