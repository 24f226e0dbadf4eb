"""These tests need packages of their own: `make ecosystem` runs them, `make test` does not."""

import os

import pytest

if "FASTERAPI_ECOSYSTEM" not in os.environ:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True)
def _right_framework() -> None:
    """Fail unless the framework that was asked for is the one the packages got."""
    import fastapi

    wanted = "fastapi" if os.environ["FASTERAPI_ECOSYSTEM"] == "reference" else "fasterapi"
    assert fastapi.FastAPI.__module__ == f"{wanted}.applications"
