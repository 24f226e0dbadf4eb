"""Find the sources of a project and run every check on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fasterapi.cli.doctor.compatibility import check_compatibility
from fasterapi.cli.doctor.findings import Finding, Kind
from fasterapi.cli.doctor.module import Module
from fasterapi.cli.doctor.speed import check_speed

__all__ = ("Report", "examine")

_SKIPPED = frozenset(
    {"build", "dist", "node_modules", "site-packages", "venv", "env", "__pycache__"}
)


@dataclass(slots=True)
class Report:
    """What was found in a project.

    Attributes:
        files: Number of source files read.
        routes: Number of request handlers in them.
        fastapi_imports: Number of statements that import FastAPI and need nothing but the
            new name.
        findings: Remarks, by file and line.
    """

    files: int = 0
    routes: int = 0
    fastapi_imports: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_unchanged(self) -> bool:
        """Whether there is nothing to look at."""
        return all(finding.kind is not Kind.LOOK for finding in self.findings)


def examine(path: Path) -> Report:
    """Return what was found in the file or folder *path*."""
    report = Report()
    for source in _sources(path):
        report.files += 1
        name = source.name if path.is_file() else source.relative_to(path).as_posix()
        try:
            module = Module.parse(name, source.read_bytes())
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            text = f"cannot be read as Python: {getattr(error, 'msg', error)}"
            report.findings.append(Finding(name, line, Kind.LOOK, "syntax", text))
            continue
        report.routes += len(module.handlers)
        found = [*check_compatibility(module), *check_speed(module)]
        report.findings += found
        report.fastapi_imports += _count_imports(module)
    report.findings.sort()
    return report


def _count_imports(module: Module) -> int:
    names = module.imported.values()
    return sum(name == "fastapi" or name.startswith("fastapi.") for name in names)


def _sources(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for child in sorted(path.iterdir()):
        if child.is_symlink():
            continue
        if child.is_dir():
            if child.name not in _SKIPPED and not child.name.startswith("."):
                yield from _sources(child)
        elif child.suffix == ".py":
            yield child
