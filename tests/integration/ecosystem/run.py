"""Run the tests of third-party packages on FasterAPI: make ecosystem.

Makes an environment below build/ with the packages of requirements.txt, and runs each test file
in a process of its own, because monitoring packages change classes for good. FasterAPI is used
from this checkout, compiled for the interpreter that runs this script.

    python tests/integration/ecosystem/run.py [--reference] [NAME ...]

``--reference`` runs the same tests on FastAPI itself; NAME picks files by a part of their name.
"""

import argparse
import os
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
MINUTES = 5

# Packages that are not tested: name -> why. Nothing may be left out without an entry.
LEFT_OUT: dict[str, str] = {}


class Outcome(NamedTuple):
    """How one test file went."""

    name: str
    passed: bool
    summary: str
    output: str


def make_environment(folder: Path) -> tuple[Path, dict[str, str]]:
    """Return the interpreter of the environment, and requirement -> why it is not installed."""
    python = folder / "bin" / "python"
    requirements, constraints = HERE / "requirements.txt", HERE / "constraints.txt"
    own = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    wanted = "\n".join([requirements.read_text(), constraints.read_text(), *own])
    stamp = folder / "installed.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return python, {}
    print(f"installing into {folder}", flush=True)
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    lines = [line for line in requirements.read_text().splitlines() if line[:1] not in ("#", "")]
    reason = install(python, constraints, *lines, *own)
    if not reason:
        stamp.write_text(wanted)
        return python, {}
    # One of them stands in the way: find out which, and go on with the others.
    install(python, constraints, *own)
    return python, {line: why for line in lines if (why := install(python, constraints, line))}


def install(python: Path, constraints: Path, *requirements: str) -> str:
    """Install *requirements* and return why that failed, empty if it did not."""
    done = subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
         "--constraint", constraints, *requirements],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    errors = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
    return "" if done.returncode == 0 else " ".join(errors) or done.stdout[-500:]


def run(file: Path, python: Path, *, is_reference: bool) -> Outcome:
    """Run one test file."""
    command = [python, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]
    # Settings and fixtures of the other tests need packages that are not here.
    command += ["-c", os.devnull, "--rootdir", ROOT, "--confcutdir", HERE]
    command += ["--import-mode=importlib"]
    if not is_reference:
        command += ["-p", "fasterapi.compat.auto"]
    env = {
        **os.environ,
        "FASTERAPI_ECOSYSTEM": "reference" if is_reference else "fasterapi",
        "PYTHONPATH": str(ROOT),
    }
    try:
        done = subprocess.run(
            [*command, file], cwd=ROOT, env=env, text=True, timeout=60 * MINUTES,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        text = (error.stdout or b"").decode() if isinstance(error.stdout, bytes) else ""
        return Outcome(file.stem, False, f"stopped after {MINUTES} minutes", text)
    summary = done.stdout.strip().rpartition("\n")[2]
    return Outcome(file.stem, done.returncode == 0, summary, done.stdout)


def main() -> int:
    """Run what was asked for, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--reference", action="store_true")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    parser.add_argument("--into", type=Path, default=ROOT / "build" / f"ecosystem-{version}")
    arguments = parser.parse_args()
    python, missing = make_environment(arguments.into)
    files = [
        file
        for file in sorted(HERE.glob("test_*.py"))
        if not arguments.names or any(name in file.name for name in arguments.names)
    ]
    began = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(
            pool.map(lambda file: run(file, python, is_reference=arguments.reference), files)
        )
    for outcome in outcomes:
        if not outcome.passed:
            print(f"--- {outcome.name}\n{outcome.output}")
    for outcome in outcomes:
        print(f"{outcome.name:34} {'ok' if outcome.passed else 'FAILED':7} {outcome.summary}")
    for name, reason in {**LEFT_OUT, **missing}.items():
        print(f"{name:34} LEFT OUT: {reason}")
    failed = sum(not outcome.passed for outcome in outcomes)
    framework = "FastAPI" if arguments.reference else "FasterAPI"
    print(
        f"=== {len(outcomes) - failed} of {len(outcomes)} packages pass on {framework}"
        f" in {time.monotonic() - began:.2f}s ==="
    )
    return 1 if failed or missing or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
