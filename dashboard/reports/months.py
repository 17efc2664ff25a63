"""Months of the site's own calendar, as a control and as an interval."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.reports.parts import Control, ControlOption, ReportQuery
from feeds import clock

SHOWN = 36
"""Months to choose from, this one included."""
EARLIEST = 2000
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def this_month(zone: ZoneInfo) -> str:
    """The month of now, as 2026-11."""
    return f"{datetime.fromtimestamp(clock.now(), zone):%Y-%m}"


def before(month: str, count: int = 1) -> str:
    """The month so many months earlier."""
    year, number = (int(part) for part in month.split("-"))
    months = year * 12 + number - 1 - count
    return f"{months // 12}-{months % 12 + 1:02}"


def interval(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Beginning and end of a whole month. A text that is no month, and a month to come, is this month."""
    now = datetime.fromtimestamp(clock.now(), zone)
    match = _MONTH.fullmatch(month)
    year, number = (int(match[1]), int(match[2])) if match else (now.year, now.month)
    if year < EARLIEST or (year, number) > (now.year, now.month):
        year, number = now.year, now.month
    start = datetime(year, number, 1, tzinfo=zone)
    return start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)


def query_of(start: datetime, end: datetime) -> dict[str, str]:
    """The interval as a query: without `to` while it lasts, so that the answer may be a minute old."""
    over = end.timestamp() <= clock.now()
    return {"from": start.isoformat()} | ({"to": end.isoformat()} if over else {})


async def _options(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    newest = this_month(query.texts.zone)
    months = [before(newest, count) for count in range(SHOWN)]
    return [
        ControlOption(value=month, label=query.texts("report.month", year=month[:4], month=month[5:]))
        for month in months
    ]


MONTH = Control(name="month", options=_options, default=this_month)
"""The choice of a month; at first this month."""
