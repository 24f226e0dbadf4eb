"""python-socketio: mounted in an application, and around one."""

import socketio
from fastapi import FastAPI
from fastapi.testclient import TestClient

HANDSHAKE = "?EIO=4&transport=polling"


def make_app() -> FastAPI:
    app = FastAPI()
    app.get("/plain")(lambda: 1)
    return app


def test_mounted() -> None:
    app = make_app()
    server = socketio.AsyncServer(async_mode="asgi")
    app.mount("/live", socketio.ASGIApp(server, socketio_path="live/socket.io"))
    client = TestClient(app)
    assert client.get(f"/live/socket.io/{HANDSHAKE}").text.startswith('0{"sid":')
    assert client.get("/plain").json() == 1


def test_around_the_application() -> None:
    client = TestClient(socketio.ASGIApp(socketio.AsyncServer(async_mode="asgi"), make_app()))
    assert client.get(f"/socket.io/{HANDSHAKE}").text.startswith('0{"sid":')
    assert client.get("/plain").json() == 1
