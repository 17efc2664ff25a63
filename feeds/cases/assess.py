"""Assessment of a case at a moment: its row, with limit, light and the values for figures. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from feeds.cases import words
from feeds.cases.items import ApprovalItem, ItemCatalogue
from feeds.cases.limits import CaseLimit, case_limit, day_of, notice_limit
from feeds.cases.model import FoldedCase
from feeds.workdays import office
from feeds.workdays.calendar import CalendarBook, Unpublished, WorkCalendar
from feeds.workdays.clock import Deadline, Light, LimitUnit, Term, deadline, next_moment, standing, used
from feeds.workdays.local_time import local_date
from feeds.workdays.office import OFFICE_HOURS, OfficeHours

AHEAD = 300.0
"""Seconds by which a stamp may lie in the future. A later one sets the flag FUTURE and is ignored."""


class CaseRow(msgspec.Struct, kw_only=True, gc=False):
    """One case as the store has it: a column each. Days are ordinals of local dates, times epoch seconds.

    `due_day`, `limit_at` and `warn_at` are None without a limit or a published calendar. `next_at`: when the light may
    change next. `left` is set while the count is frozen or the case has ended. `in_time` None: neither yet.
    `plain_day` is the due day as promised, without extensions and suspensions. `used` are working days (of a same-day
    case: office minutes), `natural` days from application to the end.
    """

    id: int = 0
    system: str
    number: str
    item: str = ""
    kind: str = "other"
    department: str = ""
    region: str = ""
    parent: str = ""
    channel: str = ""
    state: str = "open"
    result: str = ""
    light: str = ""
    step: str = ""
    flags: str = ""
    n: int | None = None
    unit: str = ""
    left: int | None = None
    overdue: int = 0
    day0: int | None = None
    applied_day: int | None = None
    due_day: int | None = None
    plain_day: int | None = None
    ended_day: int | None = None
    limit_at: float | None = None
    warn_at: float | None = None
    next_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    in_time: bool | None = None
    used: int | None = None
    natural: int | None = None
    statutory: int | None = None
    reviewed: int | None = None
    received_at: float = 0.0
    changed_at: float = 0.0
    stamp: float = 0.0
    seq: int = 0


COLUMNS: tuple[str, ...] = tuple(field.name for field in msgspec.structs.fields(CaseRow))


@dataclass(frozen=True, slots=True)
class Assessor:
    """Assesses cases by calendars, items and office hours. `precedence`: see ApprovalsSettings."""

    book: CalendarBook
    catalogue: ItemCatalogue
    hours: OfficeHours = OFFICE_HOURS
    precedence: tuple[str, ...] = ()
    local_required: frozenset[str] = frozenset()
    """Regions whose own calendar must be there."""

    def calendar(self, region: str) -> WorkCalendar:
        """The calendar of a region."""
        return self.book.of(region)

    def limit(self, case: FoldedCase, now: float) -> CaseLimit:
        """The case's limit."""
        return case_limit(case, self.item(case), self.calendar(case.region), now, self.hours)

    def item(self, case: FoldedCase) -> ApprovalItem | None:
        """The version of the case's item that holds on its day 0."""
        start = case.accepted if case.accepted is not None else case.applied
        return self.catalogue.of(case.item, None if start is None else local_date(start))

    def row(self, case: FoldedCase, now: float) -> CaseRow:
        """The case's row at a moment."""
        return _row(self, case, now)


def _row(assessor: Assessor, case: FoldedCase, now: float) -> CaseRow:
    flags = list(case.notes)
    case = _without_future(case, now, flags)
    calendar = assessor.calendar(case.region)
    limit = assessor.limit(case, now)
    flags += limit.flags
    row = CaseRow(
        system=case.system,
        number=case.number,
        item=case.item,
        kind=case.kind,
        department=case.department,
        region=case.region,
        parent=case.parent,
        channel=case.channel,
        state=_state(case, limit),
        result=case.result if case.ended is not None else "",
        step=_step(case),
        day0=day_of(limit.start),
        applied_day=day_of(case.applied),
        started_at=limit.start,
        ended_at=case.ended,
        ended_day=day_of(case.ended),
        statutory=_statutory(case, assessor.item(case)),
        reviewed=case.reviews[-1].satisfaction if case.reviews else None,
        received_at=case.received_at,
        changed_at=case.changed_at,
        stamp=case.stamp,
    )
    if case.reopened and case.ended is None:
        flags.append(words.REOPENED)
    if case.ended is not None and limit.start is not None and case.ended < limit.start:
        flags.append(words.ENDED_FIRST)
    _clock(row, case, limit, calendar, now, flags)
    if row.region in assessor.local_required and row.day0 is not None:
        year = date.fromordinal(row.due_day or row.day0).year
        if year not in calendar.local_years:
            flags.append(words.NO_LOCAL)
    row.flags = " ".join(sorted(set(flags)))
    return row


def _statutory(case: FoldedCase, item: ApprovalItem | None) -> int | None:
    """The limit of the law: the case's own, else that of its item."""
    return case.statutory if case.statutory is not None else item.statutory if item is not None else None


def _without_future(case: FoldedCase, now: float, flags: list[str]) -> FoldedCase:
    """The case without an acceptance or end in the future, which set the flag FUTURE."""
    ahead: dict[str, Any] = {
        name: None for name in ("accepted", "ended") if (at := getattr(case, name)) is not None and at > now + AHEAD
    }
    if ahead:
        flags.append(words.FUTURE)
        return msgspec.structs.replace(case, **ahead)
    return case


def _state(case: FoldedCase, limit: CaseLimit) -> str:
    if not case.has_base_row:
        return "shelf"
    if case.deleted:
        return "deleted"
    if case.ended is not None:
        return "closed"
    return "open" if limit.start is not None else "applied"


def _step(case: FoldedCase) -> str:
    """The one of the five steps at which the case stands, or its own name."""
    if case.ended is not None:
        return ""
    step = case.step
    if step is not None:
        return step.five or step.name
    return "承办" if case.accepted is not None else "受理"


def _clock(
    row: CaseRow, case: FoldedCase, limit: CaseLimit, calendar: WorkCalendar, now: float, flags: list[str]
) -> None:
    """Fill in limit, light and remaining days."""
    term = limit.term
    if term is None:
        row.light = Light.DONE if row.state == "closed" else ""
        if row.state == "applied":
            row.next_at = notice_limit(case, calendar)
            row.light = Light.GREEN
        return
    end = deadline(calendar, term)
    row.n, row.unit = term.n, term.unit
    row.limit_at, row.warn_at = end.limit_at, end.warn_at
    row.due_day = None if end.due is None else end.due.toordinal()
    plain = deadline(calendar, limit.promised_term) if limit.promised_term is not None else Deadline()
    row.plain_day = None if plain.due is None else plain.due.toordinal()
    if end.unpublished:
        flags.append(words.UNPUBLISHED)
    if end.due is not None and calendar.provisional(end.due):
        flags.append(words.PROVISIONAL)
    if limit.stops_at is not None:
        _stopped(row, case, limit, term, end, calendar, flags)
        return
    if end.paused:
        flags.append(words.PAUSED)
    stands = standing(calendar, term, end, now)
    row.light, row.overdue = stands.light, stands.overdue
    row.left = stands.left if end.paused else None
    row.next_at = next_moment(end, now)


def _stopped(
    row: CaseRow,
    case: FoldedCase,
    limit: CaseLimit,
    term: Term,
    end: Deadline,
    calendar: WorkCalendar,
    flags: list[str],
) -> None:
    """A case that has ended, or was submitted to a higher authority: its clock no longer runs."""
    stops_at = limit.stops_at
    assert stops_at is not None
    row.light = Light.DONE if case.ended is not None else Light.GREEN
    if case.ended is None:
        flags.append(words.SUBMITTED)
    row.in_time = None if end.limit_at is None else stops_at < end.limit_at
    if case.ended is None:
        return
    row.used = _used(calendar, term, stops_at)
    if row.used is not None and term.unit is LimitUnit.WORKING:
        row.left = term.n - row.used
    began = case.applied if case.applied is not None else limit.start
    if began is not None:
        row.natural = max(0, (local_date(case.ended) - local_date(began)).days)


def _used(calendar: WorkCalendar, term: Term, until: float) -> int | None:
    """Working days used, or office minutes of a same-day case; None where the calendar does not know."""
    try:
        if term.unit in (LimitUnit.SAME_DAY, LimitUnit.MINUTES):
            spans = [(span.start, span.end) for span in term.pauses]
            return round(office.minutes_between(calendar, term.start, until, term.hours, spans))
        return used(calendar, term, local_date(until))
    except Unpublished:
        return None


Assess = Callable[[FoldedCase, float], CaseRow]
