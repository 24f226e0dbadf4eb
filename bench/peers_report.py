"""The tables of a run of `peers.py`, and how far its figures are from what is asked for."""

from collections.abc import Callable
from typing import NamedTuple

import machine

OURS, HOSTED = "fasterapi", "asgi_fasterapi"
BASE, RAW, FLOOR = "fastapi_uvicorn", "asgi_uvicorn", "floor_httptools"
TIMES_BASE = {
    "plaintext": 9,
    "json": 9,
    "path": 10,
    "query": 10,
    "items": 7,
    "deps": 11,
    "list": 8,
    "sync": 12,
    "routes200": 24,
    "middleware": 20,
    "sync_deps": 25,
}
SHARE_OF_FLOOR = {"plaintext": 0.65, "json": 0.65, "path": 0.65, "routes200": 0.65}
TIMES_HOSTING = 1.7
SHARE_OF_ASYNC = 0.5
IDLE_BYTES = 4096
METHOD = " ".join(
    [
        "One server at a time, one process, on one core; wrk with one thread on another. A fresh",
        "server for each application; every answer is checked before the load, the driven one",
        "after it as well; {warmup} s of load are not counted, then {duration} s are, with",
        "{connections} connections, in {rounds} rounds with the servers in turn; the median is",
        "reported.",
    ]
)


class Target(NamedTuple):
    """Something asked for, and what was found; None if it was not measured."""

    what: str
    asked: float
    found: float | None
    is_most: bool = False

    @property
    def outcome(self) -> str:
        """Return ``yes``, ``no`` or ``-``."""
        if self.found is None:
            return "-"
        return (
            "yes"
            if (self.found <= self.asked if self.is_most else self.found >= self.asked)
            else "no"
        )


def value(summary: dict, server: str, workload: str, key: str = "rps") -> float | None:
    """Return a figure, None if it was not measured or an answer was wrong."""
    return summary.get(server, {}).get(workload, {}).get(key)


def ratio(one: float | None, other: float | None) -> float | None:
    """Return how many times *other* fits into *one*."""
    return one / other if one is not None and other else None


def targets(summary: dict, idle: dict | None) -> list[Target]:
    """Return everything that is asked of a run."""

    def against(server: str, workload: str, key: str = "rps", ours: str = OURS) -> float | None:
        return ratio(value(summary, ours, workload, key), value(summary, server, workload, key))

    found = [Target(f"{w}, x FastAPI", n, against(BASE, w)) for w, n in TIMES_BASE.items()]
    found += [Target(f"{w}, x floor", n, against(FLOOR, w)) for w, n in SHARE_OF_FLOOR.items()]
    found += [
        Target(
            f"host of a raw ASGI app, {w}, x uvicorn", TIMES_HOSTING, against(RAW, w, ours=HOSTED)
        )
        for w in ("plaintext", "json")
    ]
    plain, threaded = value(summary, OURS, "json"), value(summary, OURS, "sync")
    found.append(Target("sync, x own json", SHARE_OF_ASYNC, ratio(threaded, plain)))
    tails = [against(RAW, w, "p99_ms") for w in ("plaintext", "json", "path", "routes200")]
    worst = max((tail for tail in tails if tail is not None), default=None)
    found.append(Target("p99 with 64 connections, x raw ASGI app's (worst of 4)", 1, worst, True))
    memory = ratio(peak(summary, OURS), peak(summary, BASE))
    found.append(Target("peak RSS, x FastAPI's", 1, memory, True))
    if idle:
        found.append(
            Target("bytes a connection that idles, beyond bare", IDLE_BYTES, idle["beyond"], True)
        )
    return found


def peak(summary: dict, server: str) -> float | None:
    """Return the largest memory of a server in MiB."""
    sizes = [entry["rss_mb"] for entry in summary.get(server, {}).values() if "rss_mb" in entry]
    return max(sizes, default=None)


def grid(summary: dict, cell: Callable[[str, str], str]) -> str:
    """Return a table, a row for each server and a column for each workload."""
    workloads = list(dict.fromkeys(name for entries in summary.values() for name in entries))
    rows = []
    for server, entries in summary.items():
        texts = [
            ""
            if name not in entries
            else "wrong"
            if "invalid" in entries[name]
            else cell(server, name)
            for name in workloads
        ]
        rows.append([f"**{server}**" if server in (OURS, HOSTED) else server, *texts])
    return machine.table(["", *workloads], rows)


def marked(entry: dict) -> str:
    """Return requests per second, with what has to be known about them."""
    bound = "*" if entry["client_share"] > 0.85 else ""
    return f"{entry['rps'] / 1000:.1f}{bound}{'!' if entry['errors'] else ''}"


def shown(number: float | None) -> str:
    """Return a figure with as many digits as it deserves."""
    if number is None:
        return "-"
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"


def report(result: dict) -> str:
    """Return the Markdown of a run."""
    summary, facts, suite = result["summary"], result["machine"], result["suite"]

    def times(server: str) -> Callable[[str, str], str]:
        return lambda name, work: shown(
            ratio(value(summary, name, work), value(summary, server, work))
        )

    def core(name: str, work: str) -> str:
        ours, base = (value(summary, x, work, "us_per_req") for x in (name, BASE))
        return shown(ratio(base, ours))

    def figure(key: str, digits: int) -> Callable[[str, str], str]:
        return lambda name, work: f"{summary[name][work][key]:.{digits}f}"

    rows = [
        [x.what, f"{'<=' if x.is_most else '>='} {shown(x.asked)}", shown(x.found), x.outcome]
        for x in targets(summary, result["idle"])
    ]
    parts = [
        f"# Requests per second, {facts['date']}",
        f"{facts['python']}, {facts['cpu']}, {facts['cores']} cores, {facts['system']}, load "
        f"{facts['load']} when it began, commit {facts['commit']}, {suite['wrk']}.",
        METHOD.format(**suite),
        "## Asked and found",
        machine.table(["", "asked", "found", "met"], rows),
        "## Thousand requests per second",
        grid(summary, lambda name, work: marked(summary[name][work])),
        "`*` wrk itself was near its limit: a lower bound. `!` errors were seen.",
        "## Times as fast as FastAPI on uvicorn",
        grid(summary, times(BASE)),
        "## Share of the bare protocol with httptools",
        grid(summary, times(FLOOR)),
        "## Requests per CPU second of the server, times FastAPI's",
        "Not disturbed by others who use the core; on a quiet machine the same as above.",
        grid(summary, core),
        "## CPU of the server, µs a request",
        grid(summary, figure("us_per_req", 1)),
        "## p99, ms",
        grid(summary, figure("p99_ms", 2)),
        "## Most that others took of the server's core in a kept run",
        grid(summary, figure("foreign", 2)),
        "## Peak memory, MiB",
        machine.table(["", "MiB"], [[name, shown(peak(summary, name))] for name in summary]),
    ]
    if result["idle"]:
        parts += ["## Connections that idle", idle_table(result["idle"])]
    return "\n\n".join(parts)


def idle_table(idle: dict) -> str:
    """Return the memory of connections that were kept alive after one request."""
    rows = [[name, f"{size:,.0f}"] for name, size in idle["bytes"].items()]
    return machine.table([f"{idle['connections']:,} connections", "bytes each, user space"], rows)
