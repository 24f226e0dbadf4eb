"""What plain `def` handlers cost behind a real server, and where they block or compute.

    python bench/sync.py                              # all of it, FastAPI on uvicorn beside ours
    python bench/sync.py --duration 1 --only cost     # one part: cost, blocking, computing

Needs wrk, fastapi, and two cores: the server has one, wrk the other; computing has both.
README.md in this folder says what the figures are.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import idle
import machine

OURS, THEIRS = "fasterapi", "fastapi"
QUIET = ["--no-access-log", "--log-level", "warning"]
SERVERS = {
    OURS: ["-m", "fasterapi", "run", "macro.sync_app:app", "--limit-connections", "0", *QUIET],
    THEIRS: ["-m", "uvicorn", "macro.sync_app:app", *QUIET],
}
PATHS = ("json", "sync", "sync_deps")
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
BLOCK_S, THREADS, BLOCKED = 0.05, 40, 1000
COUNT, REPEATS = 10_000_000, 5
PAUSE_S = 0.002


@contextmanager
def serving(name: str, line: list[str], *, is_pinned: bool):
    """Run a server for the block, on the first core if *is_pinned*; give process id and port."""
    os.environ["BENCH_FRAMEWORK"] = name
    cores = os.sched_getaffinity(0)
    if is_pinned:
        os.sched_setaffinity(0, {min(cores)})  # what is started inherits it
    with idle.running(line) as found:
        os.sched_setaffinity(0, {max(cores)} if is_pinned else cores)
        try:
            yield found
        finally:
            os.sched_setaffinity(0, cores)


def drive(port: int, path: str, connections: int, seconds: int) -> tuple[int, float]:
    """Return how many requests wrk got answered, and how many a second."""
    line = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    text = subprocess.run(
        [*line, f"http://{idle.HOST}:{port}/{path}"], check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in text:
        raise RuntimeError(text)
    return int(re.search(r"(\d+) requests in", text)[1]), float(re.search(r"/sec: +(\S+)", text)[1])


def used(pid: int) -> tuple[float, int]:
    """Return CPU seconds and context switches of a process so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    switches = sum(
        int(number)
        for status in Path(f"/proc/{pid}/task").glob("*/status")
        for number in re.findall(r"ctxt_switches:\s+(\d+)", status.read_text())
    )
    return (int(after_name[11]) + int(after_name[12])) * TICK_S, switches


def measure_cost(duration_s: int) -> dict:
    """Return for each framework and path: requests a second, CPU us and switches of each."""
    found = {}
    for name, line in SERVERS.items():
        with serving(name, line, is_pinned=True) as (pid, port):
            for path in PATHS:
                drive(port, path, 64, 1)
                rounds = [one_cost(pid, port, path, duration_s) for _ in range(3)]
                found[f"{name} {path}"] = min(rounds, key=lambda costs: costs["cpu_us"])
    return found


def one_cost(pid: int, port: int, path: str, duration_s: int) -> dict:
    cpu_before, switches_before = used(pid)
    count, per_s = drive(port, path, 64, duration_s)
    cpu, switches = used(pid)
    return {
        "per_s": round(per_s),
        "cpu_us": round((cpu - cpu_before) / count * 1e6, 2),
        "switches": round((switches - switches_before) / count, 2),
    }


def latencies_ms(port: int, stop: threading.Event) -> list[float]:
    """Return how long the asynchronous handler takes to answer, one request after the other."""
    connection, found = HTTPConnection(idle.HOST, port), []
    while not stop.wait(PAUSE_S):
        began = time.perf_counter()
        connection.request("GET", "/json")
        connection.getresponse().read()
        found.append((time.perf_counter() - began) * 1000)
    connection.close()
    return found


def measure_blocking(duration_s: int) -> dict:
    """Return answers a second of blocking handlers, and p99 of an asynchronous one meanwhile."""
    found = {}
    for name, line in SERVERS.items():
        with (
            serving(name, line, is_pinned=True) as (_, port),
            ThreadPoolExecutor(1) as prober,
        ):
            idle.allow_files(2 * BLOCKED)
            calm, _ = probe(prober, port, time.sleep, duration_s)
            # Longer: the first answers of so many come in one go.
            beside, driven = probe(prober, port, drive, port, "blocking", BLOCKED, 2 * duration_s)
        found[name] = {"per_s": driven[1], "calm": calm, "beside": beside}
    return found


def probe(prober: ThreadPoolExecutor, port: int, act, *arguments) -> tuple[dict, tuple]:
    """Return median and p99 of the asynchronous handler during *act*, and what that returned."""
    stop = threading.Event()
    probing = prober.submit(latencies_ms, port, stop)
    acted = act(*arguments)
    stop.set()
    found = statistics.quantiles(probing.result(), n=100)
    return {"p50_ms": round(found[49], 2), "p99_ms": round(found[98], 2)}, acted


def measure_computing() -> dict:
    """Return seconds of one computing request, and of two at once, in each executor."""
    line = ["-m", "fasterapi", "run", "macro.crunching_app:app", *QUIET]
    found = {}
    with serving(OURS, line, is_pinned=False) as (_, port), ThreadPoolExecutor(2) as clients:
        for executor in json.loads(get(port, "/json")):
            path = f"/{executor}?count="
            list(clients.map(lambda _, path=path: get(port, f"{path}1000000"), "ab"))  # workers
            rounds = [one_and_two(clients, port, f"{path}{COUNT}") for _ in range(REPEATS)]
            one, two = (min(column) for column in zip(*rounds, strict=True))
            found[executor] = {"one_s": round(one, 3), "two_s": round(two, 3)}
    return found


def one_and_two(clients: ThreadPoolExecutor, port: int, path: str) -> tuple[float, float]:
    began = time.perf_counter()
    get(port, path)
    between = time.perf_counter()
    list(clients.map(lambda _: get(port, path), "ab"))
    return between - began, time.perf_counter() - between


def get(port: int, path: str) -> bytes:
    """Return the body of an answer."""
    connection = HTTPConnection(idle.HOST, port)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
    return body


def report(result: dict) -> str:
    """Return the figures as tables."""
    parts = []
    if costs := result.get("cost"):
        rows = []
        for path in PATHS:
            ours, theirs = costs[f"{OURS} {path}"], costs[f"{THEIRS} {path}"]
            rows.append([
                path, f"{ours['per_s']:,}", f"{theirs['per_s']:,}",
                f"{ours['per_s'] / theirs['per_s']:.1f}", f"{ours['cpu_us']:.1f}",
                f"{theirs['cpu_us']:.1f}", f"{ours['switches']:.2f}", f"{theirs['switches']:.2f}",
            ])  # fmt: skip
        heads = ["64 connections", "requests/s", "FastAPI", "times", "CPU us", "FastAPI"]
        parts.append(machine.table([*heads, "switches", "FastAPI"], rows))
    if found := result.get("blocking"):
        rows = [
            [name, f"{one['per_s']:.0f}", *(f"{one[when][figure]:.2f}"
             for when in ("calm", "beside") for figure in ("p50_ms", "p99_ms"))]
            for name, one in found.items()
        ]  # fmt: skip
        heads = [f"{BLOCKED:,} blocking requests of {BLOCK_S * 1000:.0f} ms, {THREADS} threads"]
        heads += [f"a second (at most {THREADS / BLOCK_S:.0f})", "async alone: p50 ms", "p99"]
        parts.append(machine.table([*heads, "meanwhile: p50 ms", "p99"], rows))
    if found := result.get("computing"):
        rows = [
            [name, f"{s['one_s']:.3f}", f"{s['two_s']:.3f}", f"{s['two_s'] / s['one_s']:.2f}"]
            for name, s in found.items()
        ]
        parts.append(machine.table(["computing", "one, s", "two at once, s", "two/one"], rows))
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--duration", type=int, default=4, help="seconds of a measurement")
    parser.add_argument("--only", choices=("cost", "blocking", "computing"))
    parser.add_argument("--discard", action="store_true", help="keep no file of the results")
    given = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk was not found. Debian, Ubuntu: apt-get install wrk")
    result: dict = {"machine": machine.facts()}
    parts = {
        "cost": lambda: measure_cost(given.duration),
        "blocking": lambda: measure_blocking(given.duration),
        "computing": measure_computing,
    }
    for name, measure in parts.items():
        if given.only in (None, name):
            result[name] = measure()
    print(report(result))
    if not given.discard:
        print(f"\nkept in {machine.keep('sync', result)}")


if __name__ == "__main__":
    main()
