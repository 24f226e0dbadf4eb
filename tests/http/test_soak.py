"""The server under rough load: nothing leaks, nothing grows, nothing that was begun is lost.

FASTERAPI_SOAK_S=600 loads longer, FASTERAPI_SOAK_MIB=1024 streams more.
"""

import asyncio
import os
import random
import signal
import socket
import sys
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.http.door import read_all, read_answer, wait_until
from tests.servers.process import serving

ROOT = Path(__file__).resolve().parents[2]
SECONDS = float(os.environ.get("FASTERAPI_SOAK_S", "4"))
MIB = int(os.environ.get("FASTERAPI_SOAK_MIB", "100"))
# What memory may differ by: the allocator keeps some, and the measure is in pages.
SLACK_MIB = 16
GET = b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + b"b" * 1000

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.timeout(120 + 4 * SECONDS + MIB),
]


class Gauge:
    """What the kernel says about a process."""

    def __init__(self, pid):
        self.folder = Path("/proc", str(pid))

    def rss_mib(self):
        return int((self.folder / "statm").read_text().split()[1]) / 256

    def sockets(self):
        count = 0
        for path in (self.folder / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                count += os.readlink(path).startswith("socket:")
        return count

    def is_idle(self):
        """Return whether the process used next to no CPU time in the last moments."""
        before = self.ticks()
        threading.Event().wait(0.3)
        return self.ticks() - before <= 3

    def ticks(self):
        fields = (self.folder / "stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    @contextmanager
    def peak(self):
        """Measure the largest growth of memory during the block; the list has it afterwards."""
        before, samples, done = self.rss_mib(), [0.0], threading.Event()

        def watch():
            while not done.wait(0.02):
                samples.append(self.rss_mib() - before)

        thread = threading.Thread(target=watch)
        thread.start()
        growth = []
        try:
            yield growth
        finally:
            done.set()
            thread.join()
            growth.append(max(samples))


@pytest.fixture
def server(tmp_path, free_port):
    command = [
        *("fasterapi", "run", "tests/http/soak_app.py"),
        *("--host", "127.0.0.1", "--port", str(free_port), "--no-access-log"),
    ]
    env = {"SOAK_BEGUN": str(tmp_path / "begun"), "PYTHONPATH": str(ROOT)}
    log = tmp_path / "server.log"
    with serving(command, free_port, log, cwd=ROOT, ready="/plaintext", env=env) as running:
        running.gauge = Gauge(running.process.pid)
        running.begun = tmp_path / "begun"
        yield running
        assert "Traceback" not in running.output()


def connect(server, buffer=None):
    client = socket.socket()
    if buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    client.settimeout(30)
    client.connect(("127.0.0.1", server.port))
    return closing(client)


# --- clients of all kinds ----------------------------------------------------------------------


async def polite(reader, writer, dice):
    """Ask, read all, ask again."""
    for _ in range(20):
        writer.write(GET + POST)
        for _ in range(2):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(size)


async def leaver(reader, writer, dice):
    """Go away at any point: in the head, in the body, in the answer."""
    data = (GET + POST) * 3
    writer.write(data[: dice.randrange(len(data))])
    await writer.drain()
    if dice.random() < 0.5:
        await asyncio.sleep(dice.random() * 0.01)
    writer.transport.abort()


async def stream_leaver(reader, writer, dice):
    """Go away in the middle of a stream."""
    writer.write(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readexactly(100_000)
    writer.transport.abort()


async def slow_reader(reader, writer, dice):
    """Read most of a large answer in sips, and leave."""
    writer.write(b"GET /large?size=400000 HTTP/1.1\r\nHost: a\r\n\r\n")
    for _ in range(40):
        await reader.read(8192)
        await asyncio.sleep(0.002)


async def hoarder(reader, writer, dice):
    """Ask a thousand times and never read."""
    with suppress(TimeoutError):
        writer.write(b"GET /large?size=20000 HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
        await asyncio.wait_for(writer.drain(), 0.3)
    writer.transport.abort()


async def vandal(reader, writer, dice):
    """Send rubbish."""
    writer.write(dice.randbytes(200) + b"\r\n\r\n")
    await reader.read()


CLIENTS = (polite, polite, polite, leaver, leaver, stream_leaver, slow_reader, hoarder, vandal)


async def live(port, client, dice, until):
    """Be one client after the other until the time is up."""
    loop = asyncio.get_running_loop()
    rounds = 0
    while loop.time() < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
        try:
            await client(reader, writer, dice)
            rounds += 1
        except ConnectionError:
            assert client is not polite
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
    return rounds


async def load(port, seconds, seed):
    """Let every kind of client live for some seconds; return their rounds."""
    until = asyncio.get_running_loop().time() + seconds
    lives = [
        live(port, client, random.Random(f"{seed} {number}"), until)
        for number, client in enumerate(CLIENTS * 3)
    ]
    return await asyncio.gather(*lives)


def test_memory_and_sockets_return_to_where_they_were(server):
    asyncio.run(load(server.port, 2.0, "warm up"))
    wait_until(lambda: server.gauge.sockets() <= at_rest(server))
    before = server.gauge.rss_mib()
    rounds = asyncio.run(load(server.port, SECONDS, "load"))
    assert all(rounds)
    wait_until(lambda: server.gauge.sockets() <= at_rest(server))
    assert server.gauge.rss_mib() < before + SLACK_MIB
    with connect(server) as client:
        client.sendall(GET)
        assert read_answer(client)[1] == b"Hello"


def at_rest(server):
    """Return how many sockets the server has without clients; learnt when it is first asked."""
    if not hasattr(server, "sockets_at_rest"):
        wait_until(lambda: server.gauge.sockets() < 10)
        server.sockets_at_rest = server.gauge.sockets()
    return server.sockets_at_rest


# --- clients that do not read ------------------------------------------------------------------


def test_stream_that_is_never_read_does_not_grow_the_server(server):
    clients = [connect(server, 4096).thing for _ in range(20)]
    with server.gauge.peak() as growth:
        for client in clients:
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        threading.Event().wait(1.5)
    for client in clients:
        client.close()
    assert growth[0] < SLACK_MIB


def test_pipelined_requests_that_are_never_read_do_not_grow_the_server(server):
    clients = [connect(server, 4096).thing for _ in range(20)]
    flood = b"GET /large?size=10000 HTTP/1.1\r\nHost: a\r\n\r\n" * 20_000
    with server.gauge.peak() as growth:
        for client in clients:
            client.settimeout(0.05)
            with suppress(TimeoutError):
                client.sendall(flood)
        threading.Event().wait(0.5)
    for client in clients:
        client.close()
    assert growth[0] < SLACK_MIB


def test_unread_request_bodies_do_not_grow_the_server(server):
    """Bodies that nobody has asked for yet: the handler sleeps."""
    head = b"GET /work/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n"
    clients = [connect(server).thing for _ in range(20)]
    with server.gauge.peak() as growth:
        for client in clients:
            client.settimeout(0.05)
            with suppress(TimeoutError, ConnectionError):
                client.sendall(head + b"x" * 9_000_000)
    for client in clients:
        client.close()
    assert growth[0] < SLACK_MIB


def test_endless_stream_ends_when_its_client_leaves(server):
    """Its generator never waits for anything: only the server can give way to others."""
    for _ in range(3):
        with connect(server) as client:
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            client.recv(100_000)
    with connect(server) as client:
        client.sendall(GET)
        assert read_answer(client)[1] == b"Hello"
    wait_until(lambda: server.gauge.is_idle())


# --- much data ---------------------------------------------------------------------------------


def test_long_download_takes_constant_memory(server):
    with connect(server) as client, server.gauge.peak() as growth:
        client.sendall(f"GET /download?mib={MIB} HTTP/1.0\r\nHost: a\r\n\r\n".encode())
        size = 0
        while piece := client.recv(1 << 20):
            size += len(piece)
    assert MIB << 20 < size < (MIB << 20) + 1000
    assert growth[0] < SLACK_MIB


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunks"])
def test_long_upload_takes_constant_memory(server, is_chunked):
    piece = b"x" * (1 << 20)
    framing = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {MIB << 20}"
    with connect(server) as client, server.gauge.peak() as growth:
        client.sendall(f"POST /upload HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n".encode())
        for _ in range(MIB):
            client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
        if is_chunked:
            client.sendall(b"0\r\n\r\n")
        assert read_answer(client)[1] == str(MIB << 20).encode()
    assert growth[0] < SLACK_MIB


# --- the end -----------------------------------------------------------------------------------


class Asker(threading.Thread):
    """Asks on one connection until the server ends; notes which requests were answered."""

    def __init__(self, server, first):
        super().__init__()
        self.server = server
        self.first = first
        self.answered = set()
        self.torn = []

    def run(self):
        with connect(self.server) as client:
            for number in range(self.first, self.first + 100_000):
                try:
                    client.sendall(f"GET /work/{number} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                    answer = self.read(client)
                except ConnectionError:
                    return
                if answer is None:
                    return
                assert answer[1] == str(number).encode()
                self.answered.add(number)

    def read(self, client):
        data = client.recv(65536)
        if not data:
            return None
        try:
            return read_answer(client, data)
        except AssertionError:
            self.torn.append(data)
            return None


def test_sigterm_under_load_loses_nothing_that_has_begun(server):
    askers = [Asker(server, 1_000_000 * number) for number in range(1, 33)]
    for asker in askers:
        asker.start()
    wait_until(lambda: all(len(asker.answered) > 5 for asker in askers))
    assert server.terminate() == 0
    for asker in askers:
        asker.join(20)
        assert not asker.is_alive()
        assert asker.torn == []
    begun = {int(line) for line in server.begun.read_text().split()}
    answered = set().union(*(asker.answered for asker in askers))
    assert begun - answered == set()
    assert len(begun) > 32 * 5


def test_sigterm_lets_a_running_stream_and_upload_finish(server):
    with connect(server) as down, connect(server) as up, connect(server) as idle:
        down.sendall(b"GET /download?mib=8 HTTP/1.0\r\n\r\n")
        down.recv(1)
        up.sendall(b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n")
        up.sendall(b"x" * 1_000_000)
        wait_until(lambda: server.gauge.sockets() >= 4)
        server.process.send_signal(signal.SIGTERM)
        assert idle.recv(1) == b"", "an idle connection is closed at once"
        up.sendall(b"x" * 1_000_000)
        head, body, _ = read_answer(up)
        assert body == b"2000000"
        assert b"connection: close" in head.lower()
        assert len(read_all(down)) > 8 << 20
    assert server.process.wait(20) == 0
