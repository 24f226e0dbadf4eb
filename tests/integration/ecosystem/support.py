"""What the tests of all packages share."""

from typing import Any

COMPILED = ""


def reasons(app: Any) -> dict[str, str]:
    """Return path -> why it is not compiled, empty if it is; as if all were under FastAPI."""
    if not hasattr(app, "plan_report"):
        return _Anything()
    return {getattr(row.route, "path", ""): row.reason for row in app.plan_report()}


class _Anything(dict[str, str]):
    """Equal to whatever is expected: FastAPI has no compiled routes."""

    def __missing__(self, path: str) -> "_AnyReason":
        return _AnyReason()


class _AnyReason(str):
    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__

    def __contains__(self, part: str) -> bool:
        return True
