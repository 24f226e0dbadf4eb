"""What a run of `peers.py` needs: an environment of the peers, and the suite with our programs."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The first part of a server's name says what to install; versions are the suite's own.
PACKAGES = {
    "floor": ["httptools", "uvloop"],
    "asgi": ["uvicorn", "httptools", "uvloop"],
    "rsgi": ["granian", "uvloop"],
    "fastapi": ["fastapi", "uvicorn", "httptools", "uvloop"],
    "starlette": ["starlette", "pydantic", "uvicorn", "httptools", "uvloop"],
    "litestar": ["litestar", "msgspec", "uvicorn", "httptools", "uvloop"],
    "blacksheep": ["blacksheep", "pydantic", "uvicorn", "httptools", "uvloop"],
    "falcon": ["falcon", "msgspec", "uvicorn", "httptools", "uvloop"],
    "emmett55": ["emmett55", "pydantic", "granian", "uvloop"],
    "sanic": ["sanic", "pydantic", "setuptools"],
    "aiohttp": ["aiohttp", "pydantic", "uvloop"],
    "socketify": ["socketify", "pydantic", "setuptools"],
    "robyn": ["robyn", "pydantic"],
    "django": ["django-bolt"],
    "fasterapi": ["uvicorn", "httptools", "uvloop"],
}
BY_GRANIAN = ("granian", "uvloop")
FLAGS = "--host 127.0.0.1 --port {port} --workers 1 --no-access-log --log-level warning"
OUR_SERVERS = {
    "fasterapi": "{python} -m fasterapi run apps.fasterapi:app " + FLAGS,
    "asgi_fasterapi": "{python} -m fasterapi run apps.raw_asgi:app " + FLAGS,
}
# A workload of our own beside the suite's: plain functions only, as most programs have them.
SYNC_DEPS = """

if KIND == "defs":

    def get_page(page: int = 1) -> int:
        return page

    def get_size(size: int = 20) -> int:
        return size

    def get_owner(x_owner: Annotated[str, Header()] = "alice") -> str:
        return x_owner

    @app.get("/defs")
    def defs(
        page: Annotated[int, Depends(get_page)],
        size: Annotated[int, Depends(get_size)],
        owner: Annotated[str, Depends(get_owner)],
    ) -> dict[str, str]:
        return {"owner": owner, "window": f"{page}/{size}"}
"""


def version_of(python: Path | str) -> str:
    """Return ``3.13`` of an interpreter.

    Raises:
        SystemExit: It does not run.
    """
    line = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        raise SystemExit(f"{python} does not run") from None


def packages_of(names: Iterable[str]) -> list[str]:
    """Return what to install for the servers called *names*."""
    found: list[str] = []
    for name in names:
        found += PACKAGES.get(re.split("[_-]", name)[0], [])
        found += BY_GRANIAN if name.endswith("_granian") else ()
    return sorted(set(found))


def environment(python: str, names: Iterable[str], suite: Path) -> Path:
    """Return the interpreter of an environment with the peers and this package, made if need be."""
    folder = ROOT / f"build/peers-{version_of(python)}"
    own = folder / "bin/python"
    if not own.exists():
        print(f"making {folder}", file=sys.stderr)
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
    pip = [str(own), "-m", "pip", "--disable-pip-version-check", "-qq", "install"]
    pip += ["--constraint", str(suite / "requirements.txt")]
    stamp = folder / ".peers"
    wanted = " ".join(packages_of(names))
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {wanted}", file=sys.stderr)
        subprocess.run([*pip, *wanted.split()], check=True)
        stamp.write_text(wanted)
    compiled = folder / ".compiled"
    if not compiled.exists() or compiled.stat().st_mtime < newest_source():
        print("compiling FasterAPI (about a minute)", file=sys.stderr)
        subprocess.run([*pip, "--editable", str(ROOT)], check=True)
        compiled.touch()
    return own


def newest_source() -> float:
    """Return when a file that is compiled, or says what is installed, was changed last."""
    sources = [*(ROOT / "fasterapi").rglob("*.p[yx][xd]"), ROOT / "setup.py"]
    return max(path.stat().st_mtime for path in [*sources, ROOT / "pyproject.toml"])


def suite_copy(suite: Path, into: Path) -> Path:
    """Copy the suite to *into*, with our program beside FastAPI's; return *into*."""
    shutil.rmtree(into, ignore_errors=True)
    (into / "apps").mkdir(parents=True)
    for path in suite.glob("apps/*.*"):
        shutil.copyfile(path, into / "apps" / path.name)
    shutil.copyfile(suite / "bench.py", into / "bench.py")
    theirs = (suite / "apps/fastapi.py").read_text() + SYNC_DEPS
    (into / "apps/fastapi.py").write_text(theirs)
    (into / "apps/fasterapi.py").write_text(changed_import(theirs))
    return into


def changed_import(source: str) -> str:
    """Return *source*, a program for FastAPI, with its import lines changed and nothing else."""
    return re.sub(r"^(\s*from) fastapi\b", r"\1 fasterapi", source, flags=re.MULTILINE)
