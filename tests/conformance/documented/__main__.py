"""Every program of FastAPI's documentation on both packages: `make documented`.

The programs come with FastAPI's source distribution; FastAPI itself is taken from there as well,
so both run in the environment of `make conformance`, and nothing of them is in this repository.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conformance.documented.differ import count, differences, read
from tests.conformance.location import ROOT, conformance_folder
from tests.conformance.run import fetch_suite, interpreter, make_environment

DOORS = ("asgi", "http", "asgi+middleware", "asgi+mounted", "asgi+included")
_BY_DEFAULT = ("asgi", "http", "asgi+included")
_PATIENCE_S = 900


def main() -> int:
    """Print what differs; return 1 if anything does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="*", help="parts of their names; all if none is given")
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "conformance")
    parser.add_argument("--sdist", type=Path, help="FastAPI's, unpacked; fetched otherwise")
    parser.add_argument("--python", type=Path, help="of an environment that has all they import")
    parser.add_argument(
        "--door", action="append", choices=DOORS, help="only this one; may be repeated"
    )
    parser.add_argument("--most", type=int, default=30, help="differences to print")
    parser.add_argument("-n", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    sdist = options.sdist or fetch_suite(options.cache)
    python = options.python or _environment(options.cache)
    with tempfile.TemporaryDirectory() as folder:
        found, questions = compare(options, python, sdist, Path(folder))
    print(*found[: options.most], sep="\n")
    print(f"documentation: {questions} questions, {len(found)} differences")
    return min(len(found), 1)


def _environment(cache: Path) -> Path:
    """Return the interpreter of `make conformance`, whose environment is made if need be."""
    python = interpreter(cache)
    test = [str(python), "-c", "import fasterapi._speedups.plan, sqlmodel"]
    if python.is_file() and subprocess.run(test, check=False).returncode == 0:
        return python
    return make_environment(cache, conformance_folder() / "requirements.txt")


def compare(
    options: argparse.Namespace, python: Path, sdist: Path, folder: Path
) -> tuple[list[str], int]:
    """Return the differences, and how many questions have been asked."""
    doors = options.door or _BY_DEFAULT
    first = _observe(options, python, sdist, folder, "fastapi", "asgi", "-")
    rest = [
        (package, door)
        for door in doors
        for package in ("fastapi", "fasterapi")
        if (package, door) != ("fastapi", "asgi")
    ]
    with ThreadPoolExecutor(options.n) as pool:
        waiting = [
            (one, pool.submit(_observe, options, python, sdist, folder, *one, str(first)))
            for one in rest
        ]
        files = {("fastapi", "asgi"): first, **{one: item.result() for one, item in waiting}}
    found, questions = [], 0
    for door in doors:
        theirs = read(files["fastapi", door])
        questions += count(theirs)
        lines = differences(theirs, read(files["fasterapi", door]))
        found += [f"{door}: {line}" for line in lines]
    return found, questions


def _observe(
    options: argparse.Namespace,
    python: Path,
    sdist: Path,
    folder: Path,
    package: str,
    door: str,
    earlier: str,
) -> Path:
    """Return the file with what one process has seen."""
    out = folder / f"{package}-{door}.jsonl"
    command = [python, "-W", "ignore", "-m", "tests.conformance.documented.worker"]
    command += [sdist.resolve(), out, package, door, earlier, *options.programs]
    # The order of sets must be the same in all of them.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        timeout=_PATIENCE_S,
        check=True,
    )
    return out


if __name__ == "__main__":
    sys.exit(main())
