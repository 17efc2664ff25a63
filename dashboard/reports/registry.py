"""The reports of the site, in the order of their list. A new report is one module and one line here."""

from __future__ import annotations

from dashboard.reports import approvals, asset_history, availability, history, load, trends
from dashboard.reports.pages import index
from dashboard.reports.parts import ReportPage

REPORTS: tuple[ReportPage, ...] = (load.REPORT, availability.REPORT, history.REPORT, approvals.REPORT, trends.REPORT)
REPORT_LIST = index(REPORTS)
EMBEDDED: tuple[ReportPage, ...] = (asset_history.REPORT,)
"""Reports that stand on pages of other things."""
