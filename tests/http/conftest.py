"""One server process for all cases that need one."""

import sys
from pathlib import Path

import pytest

from tests.servers.process import serving

pytest.register_assert_rewrite("tests.http.raw.client")

from tests.http.raw.client import Log  # noqa: E402 - its asserts are to be explained

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def raw_server(tmp_path_factory, free_ports):
    """uvicorn with our protocol class; the cases' application, one process, uvloop."""
    port = next(free_ports)
    command = [
        *("uvicorn", "tests.http.raw.app:app", "--port", str(port), "--no-access-log"),
        *("--http", "fasterapi.server:HttpProtocol"),
        *(() if sys.platform == "win32" else ("--loop", "uvloop")),
    ]
    log = tmp_path_factory.mktemp("raw") / "server.log"
    with serving(command, port, log, cwd=ROOT, ready="/plaintext") as running:
        running.news = Log(log)
        yield running
