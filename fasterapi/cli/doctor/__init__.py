"""``fasterapi doctor``: read a FastAPI project and tell what moving to FasterAPI means for it.

The project is parsed, never imported.
"""

from fasterapi.cli.doctor.examine import Report, examine
from fasterapi.cli.doctor.findings import Finding, Kind
from fasterapi.cli.doctor.show import report_as_dict, show_report

__all__ = ("Finding", "Kind", "Report", "examine", "report_as_dict", "show_report")
