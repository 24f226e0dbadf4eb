"""A connection that is kept alive costs little memory."""

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
CONNECTIONS = 2000
# Beyond a bare protocol's; 4 KiB is asked for and about 900 bytes are usual. The rest is for what
# the allocator takes in large pieces, which falls into the one process or the other.
MOST_BYTES = 4096


@pytest.mark.slow  # not under sanitizers, whose allocator puts its own memory around each object
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.skipif(not (BENCH / "idle.py").exists(), reason="no benchmarks here")
def test_connections_that_idle(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    monkeypatch.delitem(sys.modules, "idle", raising=False)
    import idle

    files = idle.resource.getrlimit(idle.resource.RLIMIT_NOFILE)
    try:
        if idle.allow_files(CONNECTIONS) < CONNECTIONS:
            pytest.skip("too few files are allowed")
        found = idle.measure(CONNECTIONS, [idle.BARE, idle.DOOR])
    finally:
        idle.resource.setrlimit(idle.resource.RLIMIT_NOFILE, files)
        sys.modules.pop("idle", None)
    assert found["beyond"] < MOST_BYTES, found
