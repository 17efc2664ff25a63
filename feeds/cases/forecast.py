"""What is certain about the backlog: what falls due if nothing is done, and how long it lasts at the pace so far.

No line into the future is drawn: a resampled forecast is worth showing only where it beats "unchanged".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from feeds.cases import schema
from feeds.cases.contributions import PART
from feeds.cases.reader import CaseReader
from feeds.workdays.calendar import Unpublished, WorkCalendar

AHEAD = (1, 5, 10, 20)
"""Working days ahead for which due cases are counted."""
PACE_DAYS = 60
"""Working days before today over which the pace is measured."""
MONTH_DAYS = 21
"""Working days of a month of work."""


async def forecast(reader: CaseReader, today: date, calendar: WorkCalendar, where: Mapping[str, Any]) -> dict[str, Any]:
    """`due`: open cases that fall due after today within so many working days, None beyond the published calendar.

    `per_day`: cases that ended per working day, `months`: the open cases at that pace; None where nothing ended.
    """
    by_due = await reader.open_by_due(where)
    due: dict[str, int | None] = {}
    for days in AHEAD:
        try:
            last = calendar.after(today, days).toordinal()
        except Unpublished:
            due[str(days)] = None
            continue
        due[str(days)] = sum(row[-1] for row in by_due if row[0] is not None and today.toordinal() < row[0] <= last)
    open_cases = sum(row[-1] for row in by_due)
    ended = await _ended(reader, today, calendar, where)
    per_day = ended / PACE_DAYS
    months = round(open_cases / per_day / MONTH_DAYS, 1) if per_day else None
    return {"open": open_cases, "due": due, "per_day": round(per_day, 2), "months": months}


async def _ended(reader: CaseReader, today: date, calendar: WorkCalendar, where: Mapping[str, Any]) -> int:
    """Cases that ended within the last PACE_DAYS working days before today. Totals leave parts of joint cases out."""
    first = today
    try:
        counted = 0
        while counted < PACE_DAYS:
            first -= timedelta(days=1)
            counted += calendar.works(first)
    except Unpublished:
        pass  # before the first calendar there are no cases of this site either
    sums = await reader.sums(schema.sum_day, first.toordinal(), today.toordinal() - 1, ("kind",), where)
    with_parts = "kind" in where or "department" in where
    return sum(values["done"] + values["dropped"] for (kind,), values in sums.items() if with_parts or kind != PART)
