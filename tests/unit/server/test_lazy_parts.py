"""What a process that serves does not load before it is needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fasterapi.server import protocol

PROGRAM = """
import asyncio, sys
import fasterapi.server.run as run

async def app(scope, receive, send): ...

config = run._config(app, {})
config.load()
late = {"websockets", "wsproto", "anyio._backends._asyncio", "typer", "rich"}
assert not late & sys.modules.keys(), late & sys.modules.keys()
assert config.ws_protocol_class is not None

async def main():
    from fasterapi.concurrency import run_in_threadpool
    from uvicorn.server import ServerState
    made = config.ws_protocol_class(config=config, server_state=ServerState(), app_state={})
    print(type(made).__name__, await run_in_threadpool(lambda: 1))

asyncio.run(main())
"""


def test_websockets_and_anyios_back_end_wait_for_their_first_use() -> None:
    root = Path(__file__).resolve().parents[3]
    # Plugins of pydantic import what they like.
    environment = {**os.environ, "PYTHONPATH": str(root), "PYDANTIC_DISABLE_PLUGINS": "__all__"}
    line = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout in ("WebSocketsSansIOProtocol 1\n", "WSProtocol 1\n")


def test_no_library_for_websockets_is_noticed_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert protocol.websocket_factory() is protocol.open_websocket
    monkeypatch.setattr(protocol, "find_spec", lambda name: None)
    assert protocol.websocket_factory() is None
