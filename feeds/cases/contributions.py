"""Contributions of a case to the sums: integers by day, department, region, item and kind. Pure.

They follow from the case's row alone: a correction subtracts those of the old row and adds those of the new one.
Measures of a due day lie on that day also while it is in the future; figures sum only days that are past.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from feeds.cases.assess import CaseRow
from feeds.cases.words import FINISHED

MEASURES = (
    "accepted",
    "cohort_done",
    "done",
    "dropped",
    "due",
    "in_time",
    "live_due",
    "live_in_time",
    "plain_due",
    "plain_in_time",
    "used_sum",
    "used_n",
    "natural_sum",
    "natural_n",
    "saved_sum",
    "saved_n",
)
"""accepted (受理), cohort_done (those of them that have ended): day 0. done (办结), dropped (withdrawn, returned, void,
lapsed): day of the end. due, in_time (按时): the due day. live_*: each case once, at its end in time or at its limit.
plain_*: as promised, without extensions and suspensions. used_*: working days. natural_*: days from application.
saved_*: used per statutory limit, in thousandths."""
_INDEX = {measure: index for index, measure in enumerate(MEASURES)}
PART = "part"
"""The kind under which the parts of joint cases are counted: totals count their parents."""
Cell = tuple[int, str, str, str, str]
"""Day (ordinal), department, region, item, kind."""
Sums = dict[Cell, list[int]]
"""By cell: the measures in the order of MEASURES."""
Used = tuple[int, str, str, int]
"""Month, department, kind, working days used."""


def counted(row: CaseRow) -> bool:
    """True for cases in the figures. Deleted ones, and those without a case row of their own, are left out."""
    return row.state in ("open", "closed")


def contribution(row: CaseRow) -> Sums:
    """The measures of one case by cell."""
    sums: Sums = {}
    add_contribution(sums, row, 1)
    return sums


def add_contribution(sums: Sums, row: CaseRow, sign: int) -> None:
    """Add the measures of one case to sums, or subtract them with `sign` -1."""
    if not counted(row):
        return
    kind = PART if row.parent else row.kind
    by_day: dict[int, list[int]] = {}
    for day, measure, value in _measures(row):
        values = by_day.get(day)
        if values is None:
            cell = (day, row.department, row.region, row.item, kind)
            values = by_day[day] = sums.setdefault(cell, [0] * len(MEASURES))
        values[_INDEX[measure]] += sign * value


def _measures(row: CaseRow) -> Iterator[tuple[int, str, int]]:
    if row.day0 is not None:
        yield row.day0, "accepted", 1
        if row.ended_day is not None:
            yield row.day0, "cohort_done", 1
    ended = row.ended_day
    finished = ended is not None and row.result in FINISHED
    if ended is not None and row.day0 is not None:  # one that was never accepted has not left the open ones either
        yield ended, "done" if finished else "dropped", 1
    if row.due_day is not None and (ended is None or finished):
        in_time = bool(row.in_time)
        yield row.due_day, "due", 1
        yield row.due_day, "in_time", int(in_time)
        settled = ended if in_time and ended is not None else row.due_day
        yield settled, "live_due", 1
        yield settled, "live_in_time", int(in_time)
    if row.plain_day is not None and (ended is None or finished):
        yield row.plain_day, "plain_due", 1
        yield row.plain_day, "plain_in_time", int(ended is not None and ended <= row.plain_day)
    if finished and ended is not None:
        if row.used is not None and row.unit == "working_days":
            yield ended, "used_sum", row.used
            yield ended, "used_n", 1
            if row.statutory:
                yield ended, "saved_sum", round(1000 * row.used / row.statutory)
                yield ended, "saved_n", 1
        if row.natural is not None:
            yield ended, "natural_sum", row.natural
            yield ended, "natural_n", 1


def used_cell(row: CaseRow) -> Used | None:
    """The cell of the histogram of working days used; None for a case that is not in it."""
    if row.ended_day is None or row.used is None or row.unit != "working_days" or row.state != "closed":
        return None
    if row.result not in FINISHED:
        return None
    return month_of(row.ended_day), row.department, PART if row.parent else row.kind, row.used


def month_of(day: int) -> int:
    """The month of a day's ordinal, as 202602."""
    at = date.fromordinal(day)
    return at.year * 100 + at.month


def difference(before: CaseRow | None, after: CaseRow | None, sums: Sums) -> None:
    """Add to sums what changes when `after` replaces `before`; None stands for no row."""
    if before is not None:
        add_contribution(sums, before, -1)
    if after is not None:
        add_contribution(sums, after, 1)
