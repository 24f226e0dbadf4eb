"""What a program pays before its first request: import, start-up, memory; beside FastAPI.

    python bench/startup.py

The program has 1,000 routes and 300 models; once on the application itself, once in routers that
are included three levels deep, with dependencies at two of the levels. Each figure comes from
fresh processes, the least of them is reported; `ready` runs from the first import to the first
answer. Models are made by pydantic, on both sides in the same time.
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
    "next_s": ("first answer of another route, CPU ms", 1e-3),
    "schema_s": ("OpenAPI document, CPU ms", 1e-3),
    "ready_s": ("all but the document, CPU ms", 1e-3),
    "ready_rss": ("RSS when ready, MiB", 2**20),
    "peak_rss": ("peak RSS, MiB", 2**20),
}


def status_bytes(key: str) -> int:
    """Return a size from /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


def make_models() -> list:
    """Return the models; what they take is pydantic's."""
    from pydantic import create_model

    return [
        create_model(f"Model{n}", id=(int, ...), name=(str, ...), note=(str | None, None))
        for n in range(MODELS)
    ]


def declare(target: object, path: str, model: type) -> None:
    """Add two routes to an application or a router."""

    async def read(key: int, q: str | None = None):
        return model(id=key, name="x", note=q)

    async def write(key: int, item):
        return item

    write.__annotations__["item"] = model
    target.get(path, response_model=model)(read)
    target.post(path, response_model=model)(write)


def flat(framework: object) -> object:
    """Return an application with all routes on itself."""
    app, models = framework.FastAPI(), make_models()
    for number in range(ROUTES // 2):
        path = f"/api/part{number % 10}/resource{number}/{{key}}"
        declare(app, path, models[number % MODELS])
    return app


def nested(framework: object) -> object:
    """Return an application of routers in routers in routers."""
    app, models = framework.FastAPI(), make_models()

    async def user(token: str | None = None):
        return token

    async def tenant(name=framework.Depends(user)):  # noqa: B008
        return name

    for number in range(ROUTES // 2):
        part, area, group, place = number // 100, number // 20 % 5, number // 5 % 4, number % 5
        if number % 100 == 0:
            parts = framework.APIRouter(
                prefix=f"/part{part}", dependencies=[framework.Depends(user)]
            )
        if number % 20 == 0:
            areas = framework.APIRouter(prefix=f"/area{area}")
        if place == 0:
            groups = framework.APIRouter(
                prefix=f"/group{group}", dependencies=[framework.Depends(tenant)]
            )
        declare(groups, f"/resource{place}/{{key}}", models[number % MODELS])
        if place == 4:
            areas.include_router(groups)
        if number % 20 == 19:
            parts.include_router(areas)
        if number % 100 == 99:
            app.include_router(parts, prefix="/api")
    return app


# Program -> what makes it, and the paths of the first and of the second request.
PROGRAMS = {
    "flat": (flat, ("/api/part9/resource499/7?q=hi", "/api/part8/resource498/7?q=hi")),
    "nested": (
        nested,
        (
            "/api/part4/area4/group3/resource4/7?q=hi",
            "/api/part4/area4/group3/resource3/7?q=hi",
        ),
    ),
}


async def first_answers(app: object, paths: tuple) -> tuple[dict, list[float]]:
    """Start the application as a server does.

    Returns:
        Its first answer, and the times at which it had answered each path.
    """
    events, answers = asyncio.Queue(), asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    life = asyncio.create_task(app(scope, events.get, answers.put))
    await events.put({"type": "lifespan.startup"})
    assert (await answers.get())["type"] == "lifespan.startup.complete"
    from workloads import Call

    messages, times = [], []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        messages.append(message)

    for path in paths:
        await app({**Call(path).scope(), "state": {}}, receive, send)
        times.append(time.process_time())
    assert [message["status"] for message in messages[::2]] == [200] * len(paths), messages
    await events.put({"type": "lifespan.shutdown"})
    await life
    return json.loads(messages[1]["body"]), times


def child(name: str, shape: str) -> dict:
    """Return the figures of one framework, measured in this process."""
    make, paths = PROGRAMS[shape]
    from macro import data  # noqa: F401  so that the folder's own imports are not counted

    clock = time.process_time
    modules, began = len(sys.modules), clock()
    framework = importlib.import_module(name)
    framework.FastAPI  # noqa: B018  a package may load its names on first use
    imported = clock()
    found = {"import_s": imported - began, "import_modules": len(sys.modules) - modules}
    found["import_rss"] = status_bytes("VmRSS")
    starting = clock()
    app = make(framework)
    built = clock()
    answer, (ready, again) = asyncio.run(first_answers(app, paths))
    assert answer == {"id": 7, "name": "x", "note": "hi"}, answer
    found["ready_rss"] = status_bytes("VmRSS")
    found |= {"build_s": built - starting, "start_s": ready - built, "next_s": again - ready}
    found["ready_s"] = found["import_s"] + ready - starting
    began = clock()
    document = app.openapi()
    found["schema_s"] = clock() - began
    assert len(document["paths"]) == ROUTES // 2
    found["peak_rss"] = status_bytes("VmHWM")
    return found


def least(framework: str, shape: str, processes: int) -> dict:
    """Return the least of each figure over several fresh processes."""
    command = [sys.executable, __file__, "--child", f"{framework} {shape}"]
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


def rows_of(figures: dict) -> list[list[str]]:
    """Return the rows of a table."""
    rows = []
    for key, (title, unit) in COLUMNS.items():
        ours, theirs = (figures[name][key] / unit for name in FRAMEWORKS)
        digits = 0 if isinstance(figures["fastapi"][key], int) and unit == 1 else 1
        rows.append([title, f"{ours:.{digits}f}", f"{theirs:.{digits}f}", f"{ours / theirs:.2f}"])
    return rows


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
        print(json.dumps(child(*given.child.split())))
        return
    facts = machine.facts()
    figures = {
        shape: {name: least(name, shape, given.processes) for name in FRAMEWORKS}
        for shape in PROGRAMS
    }
    print(f"{facts['python']}, {facts['cpu']}, {facts['cores']} cores, load {facts['load']}")
    for shape, found in figures.items():
        print(f"\n{shape}\n\n{machine.table(['', *FRAMEWORKS, 'ratio'], rows_of(found))}")
    if not given.no_keep:
        path = machine.keep("startup", {"machine": facts, "figures": figures})
        print(f"\nkept in {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
