"""The two JSON responses that are our own."""

import pytest

from fasterapi import responses
from fasterapi.exceptions import FastAPIDeprecationWarning


@pytest.mark.parametrize("name", ["ujson", "orjson"])
def test_response_warns_and_uses_its_library(name: str) -> None:
    pytest.importorskip(name)
    made_by = getattr(responses, f"{name.upper()}Response")
    with pytest.warns(FastAPIDeprecationWarning, match=f"^{made_by.__name__} is deprecated"):
        response = made_by({"a": "ä"})
    assert response.body == '{"a":"ä"}'.encode()


@pytest.mark.parametrize("name", ["ujson", "orjson"])
def test_missing_library_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, name, None)
    made_by = getattr(responses, f"{name.upper()}Response")
    with (
        pytest.warns(FastAPIDeprecationWarning),
        pytest.raises(
            AssertionError, match=f"^{name} must be installed to use {made_by.__name__}$"
        ),
    ):
        made_by({})
