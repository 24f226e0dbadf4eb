"""Where and with what something was measured, and the file that keeps it."""

import json
import os
import platform
import subprocess
import time
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = (
    "anyio",
    "blacksheep",
    "falcon",
    "fastapi",
    "fasterapi-asgi",
    "msgspec",
    "orjson",
    "pydantic",
    "pydantic-core",
    "starlette",
    "uvloop",
)


def cpu_name() -> str:
    """Return the processor's name as the system knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")


def version_of(package: str) -> str | None:
    """Return the installed version of *package*, None if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def commit() -> str | None:
    """Return what git calls the state of the sources; None outside a checkout."""
    asked = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def load() -> list[float] | None:
    """Return the load averages of 1, 5 and 15 minutes, None where the system has none."""
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None


def facts() -> dict:
    """Return everything that a reader needs to compare a figure with another."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "load": load(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "commit": commit(),
        "packages": {name: found for name in PACKAGES if (found := version_of(name))},
    }


def keep(
    name: str, result: dict, folder: Path = HERE / "results", python: str | None = None
) -> Path:
    """Write *result* to a dated file, named after *python* too (``3.13``); return its path."""
    folder.mkdir(exist_ok=True)
    python = (python or ".".join(platform.python_version_tuple()[:2])).replace(".", "")
    stamp = result["machine"]["date"].replace(" ", "T").replace(":", "")
    path = folder / f"{stamp}-{name}-cpython{python}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    return path


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table, first column to the left and the others to the right."""
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
