"""Status codes by name, deprecated names included."""

import pytest
import starlette.status
from starlette.exceptions import StarletteDeprecationWarning

from fasterapi import status


def test_module_is_starlettes() -> None:
    import fasterapi.status as imported
    from fasterapi.status import HTTP_200_OK

    assert status is imported is starlette.status
    assert HTTP_200_OK == 200


def test_deprecated_name_warns() -> None:
    with pytest.warns(StarletteDeprecationWarning):
        assert status.HTTP_422_UNPROCESSABLE_ENTITY == 422


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'starlette\.status' has no attribute"):
        _ = status.HTTP_9
    assert "HTTP_200_OK" in dir(status)
