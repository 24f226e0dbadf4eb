"""The same computing handler in every executor."""

import sys

from fasterapi import FastAPI
from fasterapi.executors import ExecutorConfig
from macro.crunching import crunch

HAS_INTERPRETERS = sys.version_info >= (3, 13)
EXECUTORS = ("thread", "process", *(("interpreter",) if HAS_INTERPRETERS else ()))

app = FastAPI(executor_config=ExecutorConfig(workers=2, use_subinterpreters=HAS_INTERPRETERS))
for executor in EXECUTORS:
    app.get(f"/{executor}", executor=executor)(crunch)


@app.get("/json")
async def json_message() -> list[str]:
    return list(EXECUTORS)
