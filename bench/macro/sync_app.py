"""Plain functions as handlers, in FasterAPI and FastAPI alike: BENCH_FRAMEWORK chooses."""

import os
import time
from importlib import import_module

framework = import_module(os.environ.get("BENCH_FRAMEWORK", "fasterapi"))
Depends = framework.Depends
app = framework.FastAPI()


def first(page: int = 1) -> int:
    return page


def second(page: int = Depends(first)) -> int:
    return page + 1


def third(page: int = Depends(second)) -> int:
    return page + 1


@app.get("/json")
async def json_message() -> dict[str, bool]:
    return {"ok": True}


@app.get("/sync")
def sync() -> dict[str, bool]:
    return {"ok": True}


@app.get("/sync_deps")
def sync_deps(page: int = Depends(third)) -> dict[str, int]:
    return {"page": page}


@app.get("/blocking")
def blocking() -> dict[str, bool]:
    time.sleep(0.05)
    return {"ok": True}
