"""Which routes of an application are compiled, and why others are not."""

from typing import Any

from fasterapi.middleware.pristine import replaced_parts
from fasterapi.routing.table import PlanRow, RouteTable

__all__ = ("report_plans",)


def report_plans(app: Any) -> list[PlanRow]:
    """Return a row for each route of *app*: its compiled plan, or why it has none."""
    rows = RouteTable(app.router).report()
    obstacle = _obstacle(app)
    if not obstacle:
        return rows
    return [PlanRow(row.route, None, row.reason or obstacle) for row in rows]


def _obstacle(app: Any) -> str:
    """Return what keeps every route of *app* from its plan; empty if nothing does."""
    if replaced := replaced_parts():
        return f"replaced: {', '.join(replaced)}"
    if obstacle := RouteTable(app.router).obstacle():
        return obstacle
    if app.middleware_stack is not None and app._stack is None:  # noqa: SLF001
        return "the application builds its middleware stack without the framework's"
    if app._native_telemetry.enabled():  # noqa: SLF001
        return "requests are reported to OpenTelemetry"
    return ""
