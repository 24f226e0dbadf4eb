"""Status codes by name, deprecated names included."""

import pytest
import starlette.status
from starlette.exceptions import StarletteDeprecationWarning

from fasterapi import status


@pytest.mark.parametrize("name", starlette.status.__all__)
def test_every_code_is_starlettes(name: str) -> None:
    assert getattr(status, name) == getattr(starlette.status, name)


def test_deprecated_name_warns_where_it_is_used() -> None:
    with pytest.warns(StarletteDeprecationWarning) as caught:
        assert status.HTTP_422_UNPROCESSABLE_ENTITY == 422
    assert caught[0].filename == __file__


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'fasterapi\.status' has no attribute"):
        _ = status.HTTP_9
    assert "HTTP_200_OK" in dir(status)
