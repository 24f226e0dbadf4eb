"""Every way into an application, for tests that must hold on each of them."""

import pytest

from tests.hardening.doors import DOORS


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """A kind of door, see `tests.hardening.doors.make_app`."""
    return request.param
