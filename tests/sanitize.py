"""Tests of the compiled modules under gcc's address and undefined-behaviour sanitizers.

`make sanitize` runs this. It works in a copy of the tree with an environment of its own, because
an instrumented module cannot be loaded by an ordinary interpreter: the sanitizers' libraries have
to be there from its start.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("fasterapi", "tests", "examples", "bench", "docs")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
TESTS = ("tests/speedups", "tests/reference", "tests/unit", "tests/http", "tests/hardening")
PIP = ("-m", "pip", "--disable-pip-version-check", "-qq")
BUILT = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__", "*.c", "results")


def copy_tree(target: Path) -> None:
    """Make *target* a fresh copy of what the tests need, without anything built."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=BUILT)
    for name in FILES:
        shutil.copy2(ROOT / name, target / name)


def install(python: str, tree: Path, environment: Path) -> Path:
    """Return the interpreter of an environment with an instrumented build of *tree*."""
    inner = environment / "bin" / "python"
    if not inner.exists():
        subprocess.run([python, "-m", "venv", str(environment)], check=True)
    subprocess.run(
        [str(inner), *PIP, "install", "--editable", f"{tree}[test]"],
        env={**os.environ, "FASTERAPI_SANITIZE": "1"},
        stdin=subprocess.DEVNULL,
        check=True,
    )
    return inner


def library(name: str) -> str | None:
    """Return the path of a compiler's run-time library, None if it has none of that name."""
    command = [os.environ.get("CC", "cc"), f"-print-file-name={name}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return str(Path(answer).resolve()) if Path(answer).is_absolute() else None


def environment_for_tests() -> dict[str, str]:
    runtime = [library("libasan.so"), library("libubsan.so")]
    if None in runtime:
        raise SystemExit(
            "the compiler has no sanitizer libraries (libasan, libubsan): install gcc's"
            " (Debian: libasan and libubsan come with build-essential; Fedora: libasan libubsan)"
        )
    # Without libstdc++ beside them, the first C++ exception of another extension aborts.
    runtime.append(library("libstdc++.so.6"))
    return {
        **os.environ,
        "LD_PRELOAD": ":".join(path for path in runtime if path),
        # The interpreter frees little at its end; leaks have tests of their own.
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        "PYTHONMALLOC": "malloc",  # pymalloc's arenas would hide a read past the end
        "HYPOTHESIS_PROFILE": "sanitize",
    }


def parse() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "sanitize")
    return parser.parse_known_args()


def main() -> int:
    options, arguments = parse()
    if sys.platform != "linux":
        raise SystemExit("make sanitize needs Linux: it preloads gcc's sanitizer libraries")
    into = options.into.resolve()
    tree = into / "tree"
    variables = environment_for_tests()
    print(f"building an instrumented copy in {tree}", flush=True)
    copy_tree(tree)
    python = install(options.python, tree, into / "venv")
    tests = [path for path in TESTS if any((tree / path).rglob("test_*.py"))]
    # Randomised address layout with many bits collides with ASan's shadow on some kernels.
    prefix = ["setarch", "-R"] if shutil.which("setarch") else []
    command = [*prefix, str(python), "-m", "pytest", "-m", "not slow", "-p", "no:cacheprovider"]
    command += ["--timeout", "600", *arguments, *tests]
    return subprocess.run(command, cwd=tree, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
