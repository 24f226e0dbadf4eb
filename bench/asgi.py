"""CPU time of one request inside each framework, measured at the ASGI door, without a server.

    make bench                                      # its own environment, everything
    python bench/asgi.py --only fasterapi,fastapi   # with what is installed here
    python bench/asgi.py --more                     # other workloads, beside FastAPI only
    python bench/asgi.py --workloads json,list --rounds 1 --compare bench/results/SOME.json

Each application runs in a fresh process; its answers are checked before and after. The least of
all batches is reported. README.md in this folder says how to read it.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import machine
from more_workloads import MORE
from workloads import WORKLOADS

HERE = Path(__file__).resolve().parent
# The name in the tables -> the module of its applications.
FRAMEWORKS = {
    "raw": "macro.raw_app",
    "fasterapi": "macro.fasterapi_app",
    "compatible": "macro.compatible_app",
    "fastapi": "macro.fastapi_app",
    "starlette": "macro.starlette_app",
    "blacksheep": "macro.blacksheep_app",
    "falcon": "macro.falcon_app",
}
# The same for `--more`.
MORE_FRAMEWORKS = {
    "fasterapi": "macro.more_fasterapi_app",
    "fastapi": "macro.more_fastapi_app",
}
BASE = "fastapi"
# Answers picked from a table: no framework, so it cannot refuse anything.
CANNED = frozenset({"raw"})
PATIENCE_S = 180


def run_child(framework: str, application: str, names: list[str], options: dict) -> dict:
    """Return the figures of one application, measured in a process of its own."""
    asked = {
        "module": (MORE_FRAMEWORKS if application == "more" else FRAMEWORKS)[framework],
        "application": application,
        "workloads": names,
        "canned": framework in CANNED,
        **options,
    }
    command = [sys.executable, str(HERE / "driver.py"), json.dumps(asked)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        reason = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
    except subprocess.TimeoutExpired:
        reason = [f"no result within {PATIENCE_S} s"]
    return {name: {"fault": reason[0]} for name in names}


def one_round(framework: str, names: list[str], options: dict) -> dict:
    """Return the figures of every workload for one framework."""
    figures: dict = {}
    known = WORKLOADS | MORE
    for application in dict.fromkeys(known[name].application for name in names):
        mine = [name for name in names if known[name].application == application]
        figures |= run_child(framework, application, mine, options)
    return figures


def merged(rounds: list[dict]) -> dict:
    """Return the better of several rounds for each workload; a fault in any of them stays."""

    def better(name: str) -> dict:
        found = [figures[name] for figures in rounds]
        faults = [entry for entry in found if "fault" in entry]
        if faults:
            return faults[0]
        counts = [entry["instructions"] for entry in found if entry["instructions"] is not None]
        best = min(found, key=lambda entry: entry["us"])
        return {**best, "instructions": min(counts, default=None)}

    return {name: better(name) for name in rounds[0]}


def measure(frameworks: list[str], names: list[str], rounds: int, options: dict) -> dict:
    """Return framework -> workload -> figures, the frameworks in turn within each round."""
    found: dict[str, list[dict]] = {framework: [] for framework in frameworks}
    for number in range(rounds):
        for framework in frameworks:
            print(f"round {number + 1} of {rounds}: {framework}", file=sys.stderr, flush=True)
            found[framework].append(one_round(framework, names, options))
    return {framework: merged(figures) for framework, figures in found.items()}


def grid(figures: dict, names: list[str], cell: Callable[[str, str], str]) -> str:
    """Return a table with a row for each framework, its cells made by *cell(framework, name)*."""
    rows = []
    for framework in figures:
        entries = figures[framework]
        texts = ["wrong" if "fault" in entries[name] else cell(framework, name) for name in names]
        rows.append([f"**{framework}**" if framework == "fasterapi" else framework, *texts])
    return machine.table(["", *names], rows)


def report(result: dict) -> str:
    """Return the Markdown of a result: µs, ratios to FastAPI, instructions, faults."""
    figures = result["figures"]
    names = list(next(iter(figures.values())))

    def us(framework: str, name: str) -> str:
        return f"{figures[framework][name]['us']:.2f}"

    def ratio(framework: str, name: str) -> str:
        base = figures[BASE][name].get("us")
        return f"{base / figures[framework][name]['us']:.1f}" if base else "-"

    def counted(framework: str, name: str) -> str:
        executed = figures[framework][name]["instructions"]
        return f"{executed / 1000:.1f}" if executed else "-"

    parts = ["µs of CPU a request (least of all batches)", grid(figures, names, us)]
    if BASE in figures:
        parts += ["times as fast as FastAPI in the same run", grid(figures, names, ratio)]
    parts += ["thousand instructions a request, user space", grid(figures, names, counted)]
    faults = [
        f"- {framework}, {name}: {entry['fault']}"
        for framework, entries in figures.items()
        for name, entry in entries.items()
        if "fault" in entry
    ]
    return "\n\n".join(parts + (["Wrong answers:", "\n".join(faults)] if faults else []))


def comparison(result: dict, earlier: dict) -> str:
    """Return how this result's figures changed against *earlier* ones, instructions first."""
    rows = []
    for framework, entries in result["figures"].items():
        for name, now in entries.items():
            before = earlier["figures"].get(framework, {}).get(name, {"fault": ""})
            if "fault" in now or "fault" in before:
                continue
            cells = [f"{before['us']:.2f}", f"{now['us']:.2f}", change(before["us"], now["us"])]
            counts = before["instructions"], now["instructions"]
            cells.append(change(*counts) if all(counts) else "-")
            rows.append([f"{framework} {name}", *cells])
    return machine.table(["", "before µs", "now µs", "change", "instructions"], rows)


def change(before: float, now: float) -> str:
    """Return a change in per cent, with its sign."""
    return f"{(now / before - 1) * 100:+.1f} %"


def chosen(text: str | None, known: dict, what: str) -> list[str]:
    """Return the names in *text*, all of *known* if there is none.

    Raises:
        SystemExit: A name is not known.
    """
    names = text.split(",") if text else list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"unknown {what} {', '.join(unknown)}; known: {', '.join(known)}")
    return names


def arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", metavar="A,B", help=f"of {', '.join(FRAMEWORKS)}")
    parser.add_argument("--workloads", metavar="A,B", help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--more", action="store_true", help="other workloads, FastAPI only")
    parser.add_argument("--rounds", type=int, default=2, help="fresh processes for each (2)")
    parser.add_argument("--batches", type=int, default=7, help="batches in each process (7)")
    parser.add_argument("--batch-s", type=float, default=0.15, help="CPU seconds a batch (0.15)")
    parser.add_argument("--counted", type=int, default=2000, help="requests counted (2000)")
    parser.add_argument("--compare", type=Path, metavar="JSON", help="an earlier result")
    parser.add_argument("--report", type=Path, metavar="JSON", help="only print a kept result")
    parser.add_argument("--no-keep", action="store_true", help="write no file under results/")
    return parser.parse_args()


def main() -> int:
    """Measure, print the tables, keep the result; the exit code is 1 if an answer was wrong."""
    given = arguments()
    if given.report:
        print(report(json.loads(given.report.read_text())))
        return 0
    frameworks = chosen(given.only, MORE_FRAMEWORKS if given.more else FRAMEWORKS, "framework")
    names = chosen(given.workloads, MORE if given.more else WORKLOADS, "workload")
    options = {"batches": given.batches, "batch_s": given.batch_s, "counted": given.counted}
    facts = machine.facts()
    figures = measure(frameworks, names, given.rounds, options)
    facts["load_after"] = machine.load()
    result = {"machine": facts, "options": {**options, "rounds": given.rounds}, "figures": figures}
    print(f"{facts['python']}, {facts['cpu']}, {facts['cores']} cores, load {facts['load']}\n")
    print(report(result))
    if given.compare:
        print("\n" + comparison(result, json.loads(given.compare.read_text())))
    if not given.no_keep:
        path = machine.keep("more" if given.more else "asgi", result)
        print(f"\nkept in {path}", file=sys.stderr)
    return int(any("fault" in entry for entries in figures.values() for entry in entries.values()))


if __name__ == "__main__":
    sys.exit(main())
