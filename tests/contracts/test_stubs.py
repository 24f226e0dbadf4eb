"""Each compiled module is what its .pyi says: names, signatures, defaults.

mypy's stubtest imports the module and compares. A difference is repaired, not
listed: the allowlist holds what Cython itself adds.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
SETTINGS = (
    *("--mypy-config-file", str(HERE / "stubtest.ini")),
    *("--allowlist", str(HERE / "stubtest_allowlist.txt"), "--ignore-unused-allowlist"),
    "--ignore-disjoint-bases",  # PEP 800 says who may be mixed with whom; nobody subclasses these
)
COMPILED = sorted((ROOT / "fasterapi").rglob("*.pyx"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", COMPILED, ids=module_name)
def test_compiled_module_has_a_stub(path: Path) -> None:
    assert path.with_suffix(".pyi").is_file(), f"write {path.with_suffix('.pyi').name} beside it"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_stubs_describe_the_compiled_modules() -> None:
    assert COMPILED, "no .pyx found"
    result = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", *SETTINGS, *map(module_name, COMPILED)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"\n{result.stdout}\n{result.stderr}"
