"""Settings and fixtures that every test may use."""

import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A busy machine makes single examples slow; a slow example is not a wrong one.
settings.register_profile("default", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# Instrumented code is several times slower; fewer examples keep the run within minutes.
settings.register_profile(
    "sanitize",
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)


def _profile() -> str:
    named = os.environ.get("HYPOTHESIS_PROFILE")
    return named or ("ci" if os.environ.get("CI") else "default")


settings.load_profile(_profile())


@pytest.fixture
def anyio_backend() -> str:
    """The loop of ``@pytest.mark.anyio`` tests; a test that runs on trio too parametrises it."""
    return "asyncio"


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    """A TCP port that was free a moment ago on the loopback interface."""
    return _unused_port()


@pytest.fixture(scope="session")
def free_ports() -> Iterator[int]:
    """An endless supply of such ports, for fixtures that outlive a test."""
    return iter(_unused_port, None)
