"""The report on the screen, and as data."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from fasterapi.cli.doctor.examine import Report
from fasterapi.cli.doctor.findings import Kind

__all__ = ("report_as_dict", "show_report")

_TITLES = {
    Kind.LOOK: ("To look at", "bold red"),
    Kind.FASTER: ("Could be faster", "bold yellow"),
    Kind.UNCHANGED: ("Runs unchanged, although one might doubt it", "bold green"),
}


def report_as_dict(report: Report) -> dict[str, Any]:
    """Return *report* as plain data."""
    counts = {kind.value: 0 for kind in Kind}
    for finding in report.findings:
        counts[finding.kind.value] += 1
    return {**asdict(report), "is_unchanged": report.is_unchanged, "counts": counts}


def show_report(report: Report, console: Console) -> None:
    """Print *report*, one line per finding, ``file:line`` first."""
    console.print(
        f"{report.files} files, {report.routes} request handlers, "
        f"{report.fastapi_imports} names imported from fastapi"
    )
    for kind, (title, style) in _TITLES.items():
        findings = [finding for finding in report.findings if finding.kind is kind]
        if findings:
            console.print()
            console.print(Text(f"{title} ({len(findings)})", style=style))
        for finding in findings:
            place = f"{finding.file}:{finding.line}"
            console.print(Text(f"  {place}: {finding.text} [{finding.check}]"))
    console.print()
    if report.is_unchanged:
        console.print("Everything runs unchanged: import fasterapi in the place of fastapi.")
    else:
        console.print("The rest runs unchanged: import fasterapi in the place of fastapi.")
