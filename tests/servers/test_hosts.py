"""A program runs unchanged under every usual server: each is started for real and talked to."""

import hashlib
import http.client
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.servers.process import Running, serving

ROOT = Path(__file__).resolve().parents[2]
APP = "tests.servers.app:app"
UPLOAD = bytes(range(250)) * 40_000  # 10 MB

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="stops servers by POSIX signals"),
]

Command = Callable[[int], list[str]]
HOSTS: dict[str, Command] = {
    "fasterapi": lambda port: [
        *("fasterapi", "run", "tests/servers/app.py"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ],
    "uvicorn": lambda port: ["uvicorn", APP, "--host", "127.0.0.1", "--port", str(port)],
    "gunicorn": lambda port: [
        *("gunicorn", APP, "-k", "uvicorn_worker.UvicornWorker", "-w", "2"),
        *("-b", f"127.0.0.1:{port}"),
    ],
    "hypercorn": lambda port: ["hypercorn", APP, "-b", f"127.0.0.1:{port}"],
    "granian": lambda port: [
        *("granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)),
        APP,
    ],
}
# uvicorn raises the signal again once it has stopped, so that its parent sees the cause.
CLEAN_EXITS = {"uvicorn": (0, -signal.SIGTERM)}


def start(host: str, port: int, folder: Path):
    return serving(HOSTS[host](port), port, folder / f"{host}.log", cwd=ROOT)


@pytest.fixture(scope="module", params=HOSTS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, free_ports: Iterator
) -> Iterator[Running]:
    with start(request.param, next(free_ports), tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def connection(server: Running) -> Iterator[http.client.HTTPConnection]:
    with closing(server.connection()) as made:
        yield made


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: object = None, **headers
) -> tuple[int, bytes]:
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response.status, response.read()


def test_answers_json(connection: http.client.HTTPConnection) -> None:
    status, body = ask(connection, "GET", "/json")
    assert (status, json.loads(body)) == (200, {"message": "Hello, World!"})


def test_connection_is_kept_for_many_requests(connection: http.client.HTTPConnection) -> None:
    connection.connect()
    first = connection.sock
    for number in range(50):
        status, body = ask(connection, "GET", f"/sync/{number}")
        assert (status, json.loads(body)) == (200, {"number": number})
        assert connection.sock is first, "the server closed a connection that was in use"


def test_connection_survives_each_kind_of_refusal(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "GET", "/nowhere")[0] == 404
    assert ask(connection, "DELETE", "/json")[0] == 405
    assert ask(connection, "GET", "/sync/x")[0] == 422
    assert ask(connection, "GET", "/json")[0] == 200


def test_body_is_validated_and_echoed(connection: http.client.HTTPConnection) -> None:
    headers = {"content-type": "application/json"}
    status, body = ask(connection, "POST", "/items", b'{"name": "cup"}', **headers)
    assert (status, json.loads(body)) == (201, {"name": "cup", "price": 1.0})
    assert ask(connection, "POST", "/items", b'{"name": 1}', **headers)[0] == 422


def test_head_has_no_body_and_the_next_answer_is_intact(
    connection: http.client.HTTPConnection,
) -> None:
    assert ask(connection, "HEAD", "/json") == (405, b"")
    assert ask(connection, "GET", "/json")[0] == 200


def test_native_answers_are_the_same_everywhere(connection: http.client.HTTPConnection) -> None:
    answers = []
    known = {"If-None-Match": '"10faee936d98dbdc6a8dc98f"'}
    for method, headers in (("GET", {}), ("HEAD", {}), ("GET", known), ("HEAD", known)):
        connection.request(method, "/health", headers=headers)
        answer = connection.getresponse()
        answers.append((answer.status, answer.getheader("ETag"), answer.read()))
    tag = known["If-None-Match"]
    whole, nothing = b'{"status":"ok"}', b""
    assert answers == [
        (200, tag, whole), (200, tag, nothing), (304, tag, nothing), (304, tag, nothing),
    ]  # fmt: skip


def test_streams_an_answer_of_unknown_length(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert response.getheader("content-length") is None
    assert response.read() == b"".join(b"%05d\n" % number for number in range(100))


@pytest.mark.parametrize("chunked", [False, True], ids=["content-length", "chunked"])
def test_takes_an_upload_of_ten_megabytes(
    connection: http.client.HTTPConnection, chunked: bool
) -> None:
    body = (UPLOAD[i : i + 65_536] for i in range(0, len(UPLOAD), 65_536)) if chunked else UPLOAD
    status, answer = ask(connection, "POST", "/upload", body)
    wanted = {"size": len(UPLOAD), "sha256": hashlib.sha256(UPLOAD).hexdigest()}
    assert (status, json.loads(answer)) == (200, wanted)


def test_handler_that_raises_gives_500_and_the_server_lives(
    connection: http.client.HTTPConnection,
) -> None:
    status, body = ask(connection, "GET", "/fails")
    assert (status, body) == (500, b"Internal Server Error")
    connection.close()  # a server may end the connection, never the process
    assert ask(connection, "GET", "/json")[0] == 200


def test_websocket_echoes(server: Running) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/echo", open_timeout=30) as websocket:
        for text in ("a", "ä" * 100, "x" * 100_000):
            websocket.send(text)
            assert websocket.recv(timeout=30) == "echo: " + text


@pytest.mark.parametrize("host", HOSTS)
def test_sigterm_stops_it_cleanly(host: str, tmp_path: Path, free_port: int) -> None:
    with start(host, free_port, tmp_path) as running:
        kept = running.connection()  # idle and open, it must not hold the server up
        assert ask(kept, "GET", "/json")[0] == 200
        code = running.terminate()
        assert code in CLEAN_EXITS.get(host, (0,)), running.output()
        assert "lifespan: stopped" in running.output()
        assert "Traceback" not in running.output()
        kept.close()
