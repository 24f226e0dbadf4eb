"""What a program pays before its first request: import, start-up, memory; beside FastAPI.

    python bench/startup.py

The program has 1,000 routes and 300 models. Each figure comes from fresh processes, the least
of them is reported; `ready` runs from the first import to the first answer.
"""

import argparse
import asyncio
import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import machine

HERE = Path(__file__).resolve().parent
FRAMEWORKS = ("fasterapi", "fastapi")
ROUTES, MODELS = 1000, 300
PATIENCE_S = 120
# What the columns are called, and by what the measured value is divided.
COLUMNS = {
    "import_s": ("import, CPU ms", 1e-3),
    "import_rss": ("RSS after import, MiB", 2**20),
    "import_modules": ("modules imported", 1),
    "build_s": (f"{ROUTES:,} routes and {MODELS} models declared, CPU ms", 1e-3),
    "start_s": ("start-up and first answer, CPU ms", 1e-3),
    "schema_s": ("OpenAPI document, CPU ms", 1e-3),
    "ready_s": ("all but the document, CPU ms", 1e-3),
    "ready_rss": ("RSS when ready, MiB", 2**20),
    "peak_rss": ("peak RSS, MiB", 2**20),
}


def status_bytes(key: str) -> int:
    """Return a size from /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


def program(framework: object) -> object:
    """Return an application of *ROUTES* routes which use *MODELS* models."""
    from pydantic import create_model

    app = framework.FastAPI()
    models = [
        create_model(f"Model{n}", id=(int, ...), name=(str, ...), note=(str | None, None))
        for n in range(MODELS)
    ]

    def declare(number: int) -> None:
        model = models[number % MODELS]

        async def read(key: int, q: str | None = None):
            return model(id=key, name="x", note=q)

        async def write(key: int, item):
            return item

        write.__annotations__["item"] = model
        path = f"/api/part{number % 10}/resource{number}/{{key}}"
        app.get(path, response_model=model)(read)
        app.post(path, response_model=model)(write)

    for number in range(ROUTES // 2):
        declare(number)
    return app


async def first_answer(app: object) -> dict:
    """Start the application as a server does and return its first answer."""
    events, answers = asyncio.Queue(), asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    life = asyncio.create_task(app(scope, events.get, answers.put))
    await events.put({"type": "lifespan.startup"})
    assert (await answers.get())["type"] == "lifespan.startup.complete"
    from workloads import Call

    call, messages = Call("/api/part9/resource499/7?q=hi"), []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        messages.append(message)

    await app({**call.scope(), "state": {}}, receive, send)
    assert messages[0]["status"] == 200, messages
    await events.put({"type": "lifespan.shutdown"})
    await life
    return json.loads(messages[1]["body"])


def child(name: str) -> dict:
    """Return the figures of one framework, measured in this process."""
    from macro import data  # noqa: F401  so that the folder's own imports are not counted

    clock = time.process_time
    modules, began = len(sys.modules), clock()
    framework = importlib.import_module(name)
    framework.FastAPI  # noqa: B018  a package may load its names on first use
    imported = clock()
    found = {"import_s": imported - began, "import_modules": len(sys.modules) - modules}
    found["import_rss"] = status_bytes("VmRSS")
    starting = clock()
    app = program(framework)
    built = clock()
    answer = asyncio.run(first_answer(app))
    ready = clock()
    assert answer == {"id": 7, "name": "x", "note": "hi"}, answer
    found["ready_rss"] = status_bytes("VmRSS")
    found |= {"build_s": built - starting, "start_s": ready - built}
    found["ready_s"] = found["import_s"] + ready - starting
    began = clock()
    document = app.openapi()
    found["schema_s"] = clock() - began
    assert len(document["paths"]) == ROUTES // 2
    found["peak_rss"] = status_bytes("VmHWM")
    return found


def least(framework: str, processes: int) -> dict:
    """Return the least of each figure over several fresh processes."""
    command = [sys.executable, __file__, "--child", framework]
    # Without compiled bytecode an import would measure Python's compiler.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    runs = []
    for _ in range(processes + 1):
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, env=environment
        )
        if done.returncode:
            raise SystemExit(f"{framework}: {done.stderr}")
        runs.append(json.loads(done.stdout))
    measured = runs[1:]  # the first one may have written the bytecode
    return {key: min(run[key] for run in measured) for key in measured[0]}


def main() -> None:
    """Measure, print a table, keep the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--processes", type=int, default=5, help="fresh processes for each (5)")
    parser.add_argument("--no-keep", action="store_true", help="write no file under results/")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(child(given.child)))
        return
    facts = machine.facts()
    figures = {name: least(name, given.processes) for name in FRAMEWORKS}
    rows = []
    for key, (title, unit) in COLUMNS.items():
        ours, theirs = (figures[name][key] / unit for name in FRAMEWORKS)
        digits = 0 if isinstance(figures["fastapi"][key], int) and unit == 1 else 1
        rows.append([title, f"{ours:.{digits}f}", f"{theirs:.{digits}f}", f"{ours / theirs:.2f}"])
    print(f"{facts['python']}, {facts['cpu']}, {facts['cores']} cores, load {facts['load']}\n")
    print(machine.table(["", *FRAMEWORKS, "ratio"], rows))
    if not given.no_keep:
        path = machine.keep("startup", {"machine": facts, "figures": figures})
        print(f"\nkept in {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
