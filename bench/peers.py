"""Requests per second of each server beside its peers, FastAPI first, all in one run.

    make bench-http                                   # everything, in its own environment
    python bench/peers.py --python python3.11 --rounds 2 --duration 2
    python bench/peers.py --peers fastapi_uvicorn --workloads json --rounds 1 --duration 1
    python bench/peers.py --report bench/results/SOME.json

Drives the peer suite (`../shared/bench`, or `--suite`): one server at a time on one core, wrk on
another, every answer checked before and after. README.md in this folder says how to read it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import machine
import peers_report
import peers_setup

ROOT = Path(__file__).resolve().parents[1]
RUNNER = Path(__file__).with_name("peers_runner.py")
IDLE = Path(__file__).with_name("idle.py")
# In the tables' order. Those with a foot in the targets are always measured.
NEEDED = ("floor_httptools", "asgi_uvicorn", "fastapi_uvicorn")
PEERS = (
    *("starlette_uvicorn", "litestar_uvicorn", "blacksheep_uvicorn", "falcon_uvicorn"),
    *("rsgi_granian", "fastapi_granian", "blacksheep_granian", "emmett55_granian"),
    *("sanic", "aiohttp", "socketify", "robyn", "django_bolt"),
)
# Ours, and ours with somebody else's application.
OURS = ("fasterapi", "asgi_fasterapi")


def wrk() -> None:
    """Install wrk where that is possible without asking, else say what to do.

    Raises:
        SystemExit: There is no wrk.
    """
    if shutil.which("wrk"):
        return
    if os.getuid() == 0 and shutil.which("apt-get"):
        print("installing wrk", file=sys.stderr)
        subprocess.run(["apt-get", "install", "--yes", "-qq", "wrk"], check=True, stdout=2)
    if not shutil.which("wrk"):
        raise SystemExit("wrk was not found. Debian, Ubuntu: apt-get install wrk")


def command(given: argparse.Namespace, python: Path, suite: Path, into: Path) -> list[str]:
    """Return the command that runs the suite and leaves its result in *into*."""
    options = {
        "--python": python,
        "--only": ",".join(names(given.peers)),
        "--workloads": given.workloads,
        "--rounds": given.rounds,
        "--duration": given.duration,
        "--warmup": given.warmup,
        "--connections": given.connections,
        "--port": given.port,
        "--max-foreign": given.max_foreign,
        "--retries": given.retries,
        "--json": into,
        "--markdown": into.with_suffix(".txt"),
        "--floor": "floor_httptools",
        "--lock": given.lock,
    }
    found = [str(part) for item in options.items() if item[1] is not None for part in item]
    flags = ["--check-only"] if given.check_only else []
    for name, line in peers_setup.OUR_SERVERS.items():
        flags += ["--extra", f"{name}={line}"]
    return [sys.executable, str(RUNNER), str(suite), *found, *flags]


def names(peers: str | None) -> list[str]:
    """Return the servers to measure, for what was said about peers."""
    asked = PEERS if peers is None else tuple(name for name in peers.split(",") if name)
    return list(dict.fromkeys((*NEEDED, *OURS, *asked)))


def idle(given: argparse.Namespace, python: Path) -> dict | None:
    """Return what `idle.py` measures, None if it was not asked for."""
    if not given.idle:
        return None
    line = [str(python), str(IDLE), "--connections", str(given.idle), "--json"]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default=sys.executable, help="interpreter of the servers")
    parser.add_argument(
        "--peers", metavar="A,B", help=f"beside {', '.join(NEEDED)}; '' is none: {', '.join(PEERS)}"
    )
    parser.add_argument("--workloads", metavar="A,B", help="as the suite calls them; sync_deps")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts (3)")
    parser.add_argument("--duration", type=int, default=5, help="seconds measured (5)")
    parser.add_argument("--warmup", type=int, default=2, help="seconds before (2)")
    parser.add_argument("--connections", type=int, default=64, help="of wrk (64)")
    parser.add_argument("--idle", type=int, default=10_000, help="connections held; 0 skips it")
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--max-foreign", type=float, default=0.08, help="share of a core (0.08)")
    parser.add_argument("--retries", type=int, default=2, help="of a disturbed measurement (2)")
    parser.add_argument("--lock", type=Path, help="file to lock while measuring")
    parser.add_argument("--suite", type=Path, default=ROOT.parent / "shared/bench")
    parser.add_argument("--check-only", action="store_true", help="only whether answers are right")
    parser.add_argument("--report", type=Path, metavar="JSON", help="only print a kept result")
    parser.add_argument("--no-keep", action="store_true", help="write no file under results/")
    return parser.parse_args()


def main() -> int:
    """Measure, print the tables, keep them; the exit code is 1 if an answer was wrong."""
    given = arguments()
    if given.report:
        print(peers_report.report(json.loads(given.report.read_text())))
        return 0
    if not (given.suite / "bench.py").exists():
        raise SystemExit(f"no bench.py in {given.suite}; --suite says where the peer suite is")
    wrk()
    python = peers_setup.environment(given.python, names(given.peers), given.suite)
    suite = peers_setup.suite_copy(given.suite, ROOT / "build/peers-suite")
    facts = machine.facts()
    raw = ROOT / "build/peers-run.json"
    raw.unlink(missing_ok=True)
    code = subprocess.run(command(given, python, suite, raw), check=False).returncode
    if given.check_only or not raw.exists():
        return code
    found = json.loads(raw.read_text())
    result = {
        "machine": {**facts, "python": found["facts"]["python"].split(" (")[0]},
        "suite": {k: v for k, v in found["facts"].items() if k != "packages"},
        "packages": found["facts"]["packages"],
        "summary": found["summary"],
        "idle": idle(given, python),
    }
    text = peers_report.report(result)
    print(text)
    if not given.no_keep:
        path = machine.keep("http", result, python=peers_setup.version_of(python))
        path.with_suffix(".md").write_text(text + "\n")
        print(f"\nkept in {path} and .md", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
