"""Memory of a connection that is kept alive after a request, in each server.

    python bench/idle.py --connections 10000

Each server answers one request on each of so many connections, which then stay open; the growth
of its private memory is divided by their number. What the kernel keeps is not in it. "bare" is an
`asyncio.Protocol` on uvloop that keeps nothing but its transport.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"
REQUEST = b"GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
BARE, DOOR = "bare", "fasterapi"
FIRST = 200  # connections that are not counted: they fill free lists
SPARE_FILES = 100
PATIENCE_S = 60.0
FLAGS = ["--timeout-keep-alive", "3600", "--no-access-log", "--log-level", "warning"]
SERVERS = {
    BARE: [str(HERE / "idle.py"), "--serve-bare"],
    DOOR: [
        *("-m", "fasterapi", "run", "macro.fasterapi_app:endpoints", *FLAGS),
        *("--limit-connections", "0"),
    ],
    "uvicorn, raw ASGI app": [
        *("-m", "uvicorn", "macro.raw_app:endpoints", "--factory", *FLAGS),
        *("--http", "httptools", "--loop", "uvloop"),
    ],
}


class Bare(asyncio.Protocol):
    """Answers every request alike, and reads none."""

    def connection_made(self, transport):
        self.write = transport.write

    def data_received(self, data):
        self.write(ANSWER)


async def serve_bare(port: int) -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Bare, HOST, port, backlog=2048)
    await server.serve_forever()


def private_bytes(pid: int) -> int:
    """Return the memory that belongs to a process alone."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * sum(
        int(size) for size in re.findall(r"^Private_\w+:\s+(\d+)", text, re.MULTILINE)
    )


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@contextmanager
def running(arguments: list[str], python: str = sys.executable):
    """Run a server for the block; give its process id and port."""
    port = free_port()
    line = [python, *arguments, *([] if "--serve-bare" in arguments else ["--port"]), str(port)]
    env = {**os.environ, "PYTHONPATH": search_path()}
    process = subprocess.Popen(line, cwd=HERE, env=env, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"no server: {' '.join(line)}") from None
                time.sleep(0.05)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def search_path() -> str:
    """Return PYTHONPATH with the folder of the programs, and that of this package."""
    before = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(HERE), str(HERE.parent), *([before] if before else [])])


def opened(port: int, count: int) -> list[socket.socket]:
    """Return so many connections, each of which has had an answer."""
    found = []
    for _ in range(count):
        connection = socket.create_connection((HOST, port), timeout=PATIENCE_S)
        connection.sendall(REQUEST)
        answer = connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        found.append(connection)
    return found


def bytes_each(name: str, count: int, python: str = sys.executable) -> float:
    """Return how much the server *name* grows with each of *count* connections."""
    with running(SERVERS[name], python) as (pid, port):
        first = opened(port, FIRST)
        before = private_bytes(pid)
        held = opened(port, count)
        grown = private_bytes(pid) - before
        for connection in [*first, *held]:
            connection.close()
    return grown / count


def allow_files(count: int) -> int:
    """Return how many connections may be held, *count* if the limit of files allows it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return count if hard == resource.RLIM_INFINITY else min(count, hard - FIRST - SPARE_FILES)


def measure(count: int, names: list[str]) -> dict:
    """Return the figures of the servers called *names*."""
    count = allow_files(count)
    each = {name: bytes_each(name, count) for name in names}
    return {"connections": count, "bytes": each, "beyond": each[DOOR] - each[BARE]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--serve-bare", type=int, metavar="PORT", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve_bare:
        import uvloop

        uvloop.run(serve_bare(given.serve_bare))
        return
    found = measure(given.connections, list(SERVERS))
    if given.json:
        print(json.dumps(found))
        return
    for name, size in found["bytes"].items():
        print(f"{name:24} {size:10,.0f} bytes a connection")
    print(f"{DOOR} beyond {BARE}: {found['beyond']:,.0f} bytes")


if __name__ == "__main__":
    main()
