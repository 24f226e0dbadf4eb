"""What the build adds to Cython's output holds; each in a process of its own, which may crash."""

import subprocess
import sys

CLEARS_TRACEBACK = """
import anyio
from fasterapi import FastAPI
from fasterapi.testclient import TestClient

app = FastAPI()


@app.exception_handler(KeyError)
async def answer(request, error):
    error.__traceback__ = None
    await anyio.sleep(0.001)  # suspended with the exception still being handled
    from starlette.responses import JSONResponse

    return JSONResponse({"handled": str(error)})


@app.get("/direct")
async def direct():
    raise KeyError("a")


@app.get("/worker")
def worker():
    raise KeyError("b")


client = TestClient(app)
print(client.get("/direct").json(), client.get("/worker").json())
"""


def test_coroutines_survive_a_traceback_that_was_set_to_none() -> None:
    result = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", CLEARS_TRACEBACK],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == """{'handled': "'a'"} {'handled': "'b'"}\n"""
