"""What the doctor says about a place in a program."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ("Finding", "Kind")


class Kind(StrEnum):
    """What a finding asks of the reader."""

    UNCHANGED = "unchanged"
    """Runs as it is; said where one might doubt it."""
    LOOK = "look"
    """May need a change, or a decision."""
    FASTER = "faster"
    """Runs, and could be faster."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One remark.

    Attributes:
        file: Path relative to the project.
        line: Line number, from 1.
        kind: What it asks for.
        check: Name of the check that made it, for filtering.
        text: What was found, and what to do.
    """

    file: str
    line: int
    kind: Kind
    check: str
    text: str
