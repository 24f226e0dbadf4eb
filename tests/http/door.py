"""A server of our protocol class in a thread, and a client that sends bytes as they are."""

import asyncio
import socket
import threading
import time
from contextlib import closing, contextmanager

import uvicorn
import uvloop

from fasterapi._speedups.http_limits import Limits
from fasterapi.server.protocol import HttpProtocol

PATIENCE_S = 20.0


class Door:
    """The address of a running server, and what can be asked of it."""

    def __init__(self, server, port):
        self.server = server
        self.port = port

    def connect(self, timeout=PATIENCE_S):
        return closing(socket.create_connection(("127.0.0.1", self.port), timeout=timeout))

    def ask(self, data, *, half_close=False):
        """Return all bytes that come for *data* until the server closes."""
        with self.connect() as client:
            client.sendall(data)
            if half_close:
                client.shutdown(socket.SHUT_WR)
            return read_all(client)

    def get(self, path="/plaintext", *lines):
        """Return status and body of a GET on a connection of its own."""
        fields = "".join(f"{line}\r\n" for line in lines)
        answer = self.ask(
            f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n".encode()
        )
        return status_of(answer), answer.partition(b"\r\n\r\n")[2]


@contextmanager
def serving(app, *, limits=None, loop_factory=uvloop.new_event_loop, **options):
    """Serve *app* in a thread for the block."""
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        port=0,
        lifespan=options.pop("lifespan", "off"),
        log_config=options.pop("log_config", None),
        **options,
    )
    config.http_limits = Limits(**(limits or {}))
    server = uvicorn.Server(config)

    def run():
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(server.serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive())
        yield Door(server, server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), "the server did not stop"


def wait_until(condition, patience_s=PATIENCE_S):
    """Wait for *condition*, looking again every few milliseconds."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.005)


def read_all(client):
    """Return what comes until the end, or until the connection is reset."""
    pieces = []
    while True:
        try:
            piece = client.recv(65536)
        except ConnectionResetError:
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)


def read_answer(client, rest=b""):
    """Return head, body and what came behind of one answer with Content-Length."""
    data = rest
    while b"\r\n\r\n" not in data:
        piece = client.recv(65536)
        assert piece, f"connection closed after {data!r}"
        data += piece
    head, _, data = data.partition(b"\r\n\r\n")
    size = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
    while len(data) < size:
        piece = client.recv(65536)
        assert piece, "connection closed in the body"
        data += piece
    return head, data[:size], data[size:]


def status_of(answer):
    """Return the status of the first answer in some bytes, 0 if there is none."""
    parts = answer.split(b" ", 2)
    return int(parts[1]) if len(parts) > 1 and parts[0].startswith(b"HTTP/1.") else 0
