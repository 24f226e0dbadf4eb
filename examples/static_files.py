"""Files from a folder, beside the API."""

from pathlib import Path

from fasterapi import FasterAPI
from fasterapi.staticfiles import StaticFiles

app = FasterAPI()


@app.get("/api/hello")
async def hello() -> dict[str, str]:
    """Say hello; routes that come before the mount win over files."""
    return {"message": "hello"}


# html=True: a folder is answered with its index.html.
app.mount("/", StaticFiles(directory=Path(__file__).parent / "static", html=True), name="static")
