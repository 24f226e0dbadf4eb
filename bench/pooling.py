"""Instructions of a request with and without pools (Cython's free lists) of compiled objects.

    python bench/pooling.py

Builds the package anew for each variant, in a temporary folder. Instructions are counted in user
space, with the door's transport replaced by one that does nothing.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
from counter import InstructionCounter

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("fasterapi", "setup.py", "pyproject.toml", "README.md", "LICENSE", "build")
PER_BATCH, AT_ONCE, ROUNDS = 64 * 256, 64, 5
REQUEST = b"GET /%s HTTP/1.1\r\nHost: localhost:8000\r\nAccept: */*\r\n\r\n"
LAST = REQUEST.replace(b"Accept", b"Connection: close\r\nAccept")
POOLED = {
    "exchange.pyx": "cdef class Exchange:",
    "http_exchange.pyx": "cdef class HttpExchange(Exchange):",
    "http1.pyx": "cdef class HttpProtocol(Connection):",
    "dispatch.pyx": "cdef class CallNext:",
    "hop.pyx": "cdef class Hop(Job):",
    "threads.pyx": "cdef class Job:",
}


class Transport:
    """Takes what is written, and says so."""

    closed = False
    last = b""

    def __init__(self, told) -> None:
        self.told = told

    def write(self, data: bytes) -> None:
        self.last = data
        self.told()

    def get_extra_info(self, name: str, default: object = None) -> object:
        return {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}.get(name, default)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def __getattr__(self, name: str) -> object:
        return lambda *_: None


class Clients:
    """So many at once; each sends its request when all have their answers."""

    def __init__(self, make) -> None:
        self.make = make
        self.left = 0
        self.answered = asyncio.Event()

    def told(self) -> None:
        self.left -= 1
        if not self.left:
            self.answered.set()

    def connect(self) -> tuple:
        protocol, transport = self.make(), Transport(self.told)
        protocol.connection_made(transport)
        return protocol, transport

    async def send(self, path: bytes, count: int, *, is_kept: bool) -> None:
        """Send *count* requests, on kept connections or on one each."""
        data = (REQUEST if is_kept else LAST) % path
        links = [self.connect() for _ in range(AT_ONCE)]
        for _ in range(count // AT_ONCE):
            self.left = AT_ONCE
            self.answered.clear()
            for protocol, _ in links:
                protocol.data_received(data)
            await self.answered.wait()
            if not is_kept:
                for protocol, _ in links:
                    protocol.connection_lost(None)
                links = [self.connect() for _ in links]
        if any(link.last and b" 200 OK" not in link.last for _, link in links):
            raise RuntimeError(links[0][1].last)


def protocol_maker() -> object:
    """Return a function that makes the door's protocol for the benchmarks' application."""
    import uvicorn
    from macro.fasterapi_app import endpoints
    from uvicorn.server import ServerState

    from fasterapi.server.protocol import HttpProtocol

    config = uvicorn.Config(endpoints(), log_config=None, access_log=False, lifespan="off")
    state = ServerState()
    return lambda: HttpProtocol(config, state, {})


async def count_all() -> dict[str, int]:
    """Return instructions of a request, by workload."""
    from driver import Host, discard, instructions
    from macro.fasterapi_app import behind_middleware, endpoints
    from workloads import WORKLOADS

    counter, clients, found = InstructionCounter(), Clients(protocol_maker()), {}
    workloads = {
        "json": (b"json", True),
        "sync": (b"sync", True),
        "json, connection each": (b"json", False),
    }
    for name, (path, is_kept) in workloads.items():
        await clients.send(path, PER_BATCH, is_kept=is_kept)
        rounds = []
        for _ in range(ROUNDS):
            before = counter.read()
            await clients.send(path, PER_BATCH, is_kept=is_kept)
            rounds.append(counter.read() - before)
        found[name] = round(min(rounds) / PER_BATCH)
    for name, application in (("ASGI json", endpoints), ("ASGI middleware", behind_middleware)):
        host = Host(application())
        await host.start()
        run = host.repeated(WORKLOADS["json"].driven, discard)
        await run(PER_BATCH)
        rounds = [await instructions(counter, run, PER_BATCH) for _ in range(ROUNDS)]
        found[name] = min(rounds)
    return found


def strip(folder: Path) -> None:
    """Take all free lists out."""
    for file in folder.rglob("*.pyx"):
        before = file.read_text()
        after = re.sub(r"(?m)^@cython\.freelist\(\d+\)\n", "", before)
        if after != before:
            file.write_text(after)


def pool(folder: Path) -> None:
    """Give a free list to every class of which a request makes an object."""
    strip(folder)
    for name, line in POOLED.items():
        file = folder / "fasterapi" / "_speedups" / name
        before = file.read_text()
        after = before.replace(line, f"@cython.freelist(64)\n{line}")
        if "\ncimport cython\n" not in after:
            after = re.sub(r"(?m)^from fasterapi", "cimport cython\n\\g<0>", after, count=1)
        if after == before:
            raise RuntimeError(f"no {line!r} in {name}")
        file.write_text(after)


VARIANTS = {"no free lists": strip, "free lists everywhere": pool}


def measure(change) -> dict[str, int]:
    """Return the counts of the package after *change*."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in NEEDED:
            if (ROOT / part).is_dir():
                # Times are kept: only what changes is compiled anew.
                shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("eco*"))
            elif (ROOT / part).exists():
                shutil.copy2(ROOT / part, folder)
        change(folder)
        subprocess.run(
            [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"],
            cwd=folder, check=True, stdout=subprocess.DEVNULL,
            env={**os.environ, "CFLAGS": os.environ.get("CFLAGS", "-O2")},
        )  # fmt: skip
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([name, str(ROOT / "bench")])}
        line = [sys.executable, __file__, "--count"]
        done = subprocess.run(line, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.count:
        import uvloop

        print(json.dumps(uvloop.run(count_all())))
        return
    found = {name: measure(change) for name, change in VARIANTS.items()}
    heads = list(found["no free lists"])
    rows = [[name, *(f"{counts[head]:,}" for head in heads)] for name, counts in found.items()]
    print(machine.table(["instructions a request", *heads], rows))


if __name__ == "__main__":
    main()
