"""FastAPI's own test-suite against this package: `make conformance`.

Fetches FastAPI's source distribution (its tests, never its package), makes an environment with what
those tests import and with this project, runs the harness beside the checkout, and compares the
number of tests that pass with the floor in floor.json. Exit code 0 if the floor holds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FLOOR = HERE / "floor.json"
VERSION = "0.165.0"

sys.path.insert(0, str(ROOT))

from tests.conformance.location import conformance_folder  # noqa: E402 (needs the line above)

PIP = ("-m", "pip", "--disable-pip-version-check", "-qq")


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    subprocess.run([str(part) for part in command], check=True, env=env, stdin=subprocess.DEVNULL)


def fetch_suite(cache: Path) -> Path:
    """Return the folder of the unpacked source distribution."""
    folder = cache / f"fastapi-{VERSION}"
    if not folder.is_dir():
        print(f"fetching FastAPI {VERSION} (tests only)", flush=True)
        wanted = f"fastapi=={VERSION}"
        options = ("--no-deps", "--no-binary", "fastapi", "--dest", cache)
        run(sys.executable, *PIP, "download", *options, wanted)
        with tarfile.open(cache / f"fastapi-{VERSION}.tar.gz") as archive:
            archive.extractall(cache, filter="data")
    return folder


def interpreter(cache: Path) -> Path:
    """Return where the environment's interpreter is, or will be."""
    environment = cache / f"venv-{sys.version_info.major}.{sys.version_info.minor}"
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_environment(cache: Path, requirements: Path) -> Path:
    """Return the interpreter of an environment with the suite's needs and this project."""
    python = interpreter(cache)
    environment = python.parents[1]
    stamp = environment / ".requirements"
    wanted = requirements.read_text(encoding="utf-8")
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        print("making an environment for FastAPI's tests", flush=True)
        run(sys.executable, "-m", "venv", environment)
        run(python, *PIP, "install", "-r", requirements)
        stamp.write_text(wanted, encoding="utf-8")
    run(python, *PIP, "install", "--editable", ROOT)
    return python


def report(result: dict) -> int:
    """Print what failed, with its reason, and return the number of tests that passed."""
    for test, reason in sorted(result["failures"].items()):
        print(f"FAILED {test} - {reason.splitlines()[0] if reason else ''}")
    if result["flaky"]:
        print(f"passed only when run again alone: {', '.join(result['flaky'])}")
    totals = result["totals"]
    print(
        f"FastAPI {VERSION}: {totals['passed']} passed, {totals['failed']} failed,"
        f" {totals['error']} errors, {totals['collect_errors']} files not importable"
    )
    return totals["passed"]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "conformance")
    parser.add_argument("--files", nargs="*", help="only these test files, without the floor")
    parser.add_argument("--raise-floor", action="store_true", help="write the number as new floor")
    parser.add_argument("-n", type=int, default=os.cpu_count() or 1, help="processes")
    return parser.parse_args()


def main() -> int:
    options = parse()
    try:
        harness = conformance_folder()
    except FileNotFoundError as error:
        print(f"make conformance: {error}", file=sys.stderr)
        return 2
    options.cache.mkdir(parents=True, exist_ok=True)
    suite = fetch_suite(options.cache)
    python = make_environment(options.cache, harness / "requirements.txt")
    out = options.cache / "result.json"
    out.unlink(missing_ok=True)
    chosen = ("--files", *options.files) if options.files else ("--list", harness / "visible.txt")
    command = (harness / "run.py", "--sdist", suite, "--python", python, *chosen)
    command += ("--out", out, "-n", str(options.n))
    log = options.cache / "harness.log"
    with log.open("w", encoding="utf-8") as stream:
        subprocess.run(
            [str(python), *map(str, command)],
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,  # its code only says whether the stored baseline was reached
        )
    if not out.is_file():
        print(log.read_text(encoding="utf-8")[-4000:], file=sys.stderr)
        return 2
    passed = report(json.loads(out.read_text(encoding="utf-8")))
    if options.files:
        return 0
    floor = json.loads(FLOOR.read_text(encoding="utf-8"))["passed"]
    if options.raise_floor and passed > floor:
        FLOOR.write_text(
            json.dumps({"fastapi": VERSION, "passed": passed}) + "\n", encoding="utf-8"
        )
        floor = passed
    print(f"floor {floor}: {'held' if passed >= floor else f'MISSED by {floor - passed}'}")
    return 0 if passed >= floor else 1


if __name__ == "__main__":
    sys.exit(main())
