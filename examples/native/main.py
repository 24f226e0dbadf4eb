"""Python routes and compiled ones in one application: ``fasterapi run main.py``."""

import ultra

from fasterapi import FastAPI

app = FastAPI(title="Native handlers")


@app.get("/health", handler_type="native")
def health() -> dict[str, str]:
    """Called once, when the application starts; its answer is kept as bytes."""
    return {"status": "ok"}


@app.get("/metrics", native="metrics")
def metrics(): ...


@app.get("/whoami", native=ultra.WHOAMI)
def whoami(name: str):
    """Validated and documented by the signature, answered by the compiled function."""


@app.get("/python/{name}")
async def greet(name: str) -> dict[str, str]:
    return {"hello": name}


ultra.install(app)
