"""`fasterapi run` on the sockets it can be given: TLS, UNIX, inherited, one for each process."""

import os
import socket
import ssl
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.http.door import read_all, status_of

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="UNIX sockets, inherited descriptors"),
]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
PROGRAM = """
import os
from fasterapi import FasterAPI, Request

app = FasterAPI()

@app.get("/")
async def read(request: Request):
    return {"pid": os.getpid(), "scheme": request.url.scheme, "client": request.client is not None}

@app.get("/large")
async def large():
    return "x" * 3_000_000
"""


@contextmanager
def running(folder, *options, **more):
    """Run the program; the process is stopped at the end, and must end with status 0."""
    (folder / "program.py").write_text(PROGRAM)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fasterapi", "run", "program.py", *options],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=subprocess.STDOUT,
            **more,
        )
    try:
        yield process
        process.terminate()
        assert process.wait(PATIENCE_S) == 0, (folder / "log").read_text()
    finally:
        process.kill()
        process.wait()


def ask(connect, path="/"):
    """Return the answer on a connection of its own, tried until the server is there."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with closing(connect()) as client:
                client.settimeout(PATIENCE_S)
                client.sendall(
                    f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
                )
                answer = read_all(client)
            assert status_of(answer) == 200, answer
            return answer.partition(b"\r\n\r\n")[2]
        except (ConnectionError, FileNotFoundError):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def to_port(port):
    return lambda: socket.create_connection(("127.0.0.1", port))


def pids_of(connect, count):
    """Return the processes that answer, once there are *count* of them."""
    seen = set()
    deadline = time.monotonic() + PATIENCE_S
    while len(seen) < count:
        seen.add(ask(connect).partition(b",")[0])
        assert time.monotonic() < deadline, seen
    return seen


@pytest.fixture
def certificate(tmp_path):
    """Return certificate and key of ``localhost``."""
    names = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-out", names[0], "-keyout", names[1]),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl command")
    return names


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]], ids=["alone", "two workers"])
def test_tls(tmp_path, free_ports, certificate, workers):
    port = next(free_ports)
    context = ssl.create_default_context(cafile=certificate[0])

    def connect():
        return context.wrap_socket(to_port(port)(), server_hostname="localhost")

    files = ["--ssl-certfile", certificate[0], "--ssl-keyfile", certificate[1]]
    with running(tmp_path, "--port", str(port), *files, *workers):
        assert b'"scheme":"https"' in ask(connect)
        assert len(ask(connect, "/large")) == 3_000_002
        plain = to_port(port)()
        with closing(plain):  # no TLS: the connection is closed, and the server goes on
            plain.settimeout(PATIENCE_S)
            plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            read_all(plain)
        assert b'"scheme":"https"' in ask(connect)


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]], ids=["alone", "two workers"])
def test_unix_socket(tmp_path, workers):
    path = str(tmp_path / "s")

    def connect():
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(path)
        except OSError:
            client.close()
            raise
        return client

    with running(tmp_path, "--uds", path, *workers):
        assert b'"client":false' in ask(connect)
        assert len(ask(connect, "/large")) == 3_000_002
    assert not os.path.exists(path)


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]], ids=["alone", "two workers"])
def test_inherited_descriptor(tmp_path, workers):
    """As systemd hands over a socket that it has bound."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        descriptor = listener.fileno()
        port = listener.getsockname()[1]
        options = ["--fd", str(descriptor), *workers]
        with running(tmp_path, *options, pass_fds=[descriptor]):
            assert b'"client":true' in ask(to_port(port))
            assert len(ask(to_port(port), "/large")) == 3_000_002


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="no SO_REUSEPORT")
class TestReusePort:
    def test_each_worker_listens_itself(self, tmp_path, free_ports):
        port = next(free_ports)
        with running(tmp_path, "--port", str(port), "--reuse-port", "--workers", "2"):
            assert len(pids_of(to_port(port), 2)) == 2
            sockets = Path("/proc/net/tcp")
            if sockets.exists():
                address = f" 00000000:{port:04X} 00000000:0000 0A "  # 0.0.0.0, listening
                assert sockets.read_text().count(address) == 2

    def test_servers_may_share_a_port(self, tmp_path, free_ports):
        """A new version starts beside the old one, which is stopped afterwards."""
        port = next(free_ports)
        options = ["--port", str(port), "--reuse-port"]
        (tmp_path / "old").mkdir()
        (tmp_path / "new").mkdir()
        with running(tmp_path / "new", *options):
            with running(tmp_path / "old", *options):
                assert len(pids_of(to_port(port), 2)) == 2
            assert len(pids_of(to_port(port), 1)) == 1

    def test_port_of_others_is_not_taken(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            (tmp_path / "program.py").write_text(PROGRAM)
            finished = subprocess.run(
                [sys.executable, "-m", "fasterapi", "run", "program.py", "--host", "127.0.0.1",
                 "--port", port, "--reuse-port"],
                cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
                text=True, timeout=PATIENCE_S, check=False,
            )  # fmt: skip
        assert finished.returncode == 3
        assert "Traceback" not in finished.stderr
