"""The limit of a case: where it begins, how long it is, what suspends it. Pure.

Sources: 行政许可法 art. 32 (notice within five days), 42 and 43 (limits and extensions), 45 (what is not counted).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from feeds.cases import words
from feeds.cases.items import UNITS, ApprovalItem
from feeds.cases.model import CaseExtension, CaseSuspension, FoldedCase, Moment
from feeds.workdays.calendar import ONE_DAY, Unpublished, WorkCalendar
from feeds.workdays.clock import Deadline, ExcludedSpan, LimitUnit, Margin, Term, deadline, notice_day
from feeds.workdays.local_time import local_date, midnight
from feeds.workdays.office import OFFICE_HOURS, OfficeHours

JOINT_EXTENSION = 15
DEFAULT_ITEM = ApprovalItem(code="")
STATUTORY_DEFAULTS = {"promise": 20, "upward": 20, "joint": 45, "disclosure": 20, "publication": 20}
"""Working days of the law where neither the case nor its item says (art. 42, 43; 政府信息公开条例 art. 26 and 33)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLimit:
    """The limit of one case. `term` is None before acceptance, and where neither case, item nor law sets a length.

    `promised_term` is the term as promised, without extensions and suspensions. `stops_at` is when the clock stopped:
    the end, or the submission to a higher authority. `flags` are words of feeds.cases.words.
    """

    term: Term | None
    promised_term: Term | None
    start: float | None
    stops_at: float | None
    extended_by: int = 0
    flags: tuple[str, ...] = ()


def case_limit(
    case: FoldedCase, item: ApprovalItem | None, calendar: WorkCalendar, now: float, hours: OfficeHours = OFFICE_HOURS
) -> CaseLimit:
    """The limit of a case at a moment. Never raises."""
    flags: list[str] = []
    start = _start(case, calendar, now, flags)
    stops_at = _stops_at(case)
    unit, n = _length(case, item, flags)
    if start is None or (n is None and unit is not LimitUnit.SAME_DAY):
        if start is not None:
            flags.append(words.NO_LIMIT)
        return CaseLimit(term=None, promised_term=None, start=start, stops_at=stops_at, flags=tuple(flags))
    margin = (item or DEFAULT_ITEM).margin
    spans = _spans(case.suspensions, flags)
    promised_term = Term(start=start, n=n or 0, unit=unit, margin=margin, hours=hours)
    extended_by = _extended(case, item, calendar, promised_term, spans, flags)
    term = Term(start=start, n=(n or 0) + extended_by, unit=unit, pauses=spans, margin=margin, hours=hours)
    return CaseLimit(
        term=term,
        promised_term=promised_term,
        start=start,
        stops_at=stops_at,
        extended_by=extended_by,
        flags=tuple(flags),
    )


def _start(case: FoldedCase, calendar: WorkCalendar, now: float, flags: list[str]) -> float | None:
    """The instant whose date is day 0."""
    if case.parent and case.handed_over is not None:
        return case.handed_over
    if case.kind == "supplement":
        received = [supplement.received for supplement in case.supplements if supplement.received is not None]
        if received:
            return max(received)
    if case.kind == "disclosure":
        received = [supplement.received for supplement in case.supplements if supplement.received is not None]
        return max([at for at in (*received, case.accepted, case.applied) if at is not None], default=None)
    if case.accepted is not None:
        return case.accepted
    if case.applied is not None and deemed_at(case, calendar, now):
        flags.append(words.DEEMED)
        return case.applied
    return None


def notice_limit(case: FoldedCase, calendar: WorkCalendar) -> float | None:
    """The end of the five days for the one-time notice. None without a pending notice or a published calendar."""
    if case.applied is None or case.accepted is not None or case.supplements:
        return None
    try:
        return midnight(notice_day(calendar, case.applied) + ONE_DAY)
    except Unpublished:
        return None


def deemed_at(case: FoldedCase, calendar: WorkCalendar, now: float) -> bool:
    """True when the case counts as accepted because no notice came within five working days (art. 32)."""
    limit, at = notice_limit(case, calendar), now if case.ended is None else min(now, case.ended)
    return limit is not None and at >= limit


def _stops_at(case: FoldedCase) -> float | None:
    if case.kind == "upward" and case.submitted_up is not None:
        return case.submitted_up if case.ended is None else min(case.submitted_up, case.ended)
    return case.ended


def _length(case: FoldedCase, item: ApprovalItem | None, flags: list[str]) -> tuple[LimitUnit, int | None]:
    """The unit and the number: the lesser of what is promised and what the law says."""
    unit = UNITS.get(case.unit) if case.unit else (item or DEFAULT_ITEM).unit
    promised = case.promised if case.promised is not None else item.promised if item is not None else None
    statutory = case.statutory if case.statutory is not None else item.statutory if item is not None else None
    if case.unit == "小时":
        promised, statutory = (value * 60 if value is not None else None for value in (promised, statutory))
    if unit is not LimitUnit.MINUTES and (case.kind == "instant" or promised == 0):
        return LimitUnit.SAME_DAY, 0
    if promised is not None and statutory is not None and promised > statutory:
        flags.append(words.PROMISE_OVER)
    if statutory is None and unit is LimitUnit.WORKING:
        statutory = STATUTORY_DEFAULTS.get(case.kind) if promised is None else None
    return unit or LimitUnit.WORKING, min((n for n in (promised, statutory) if n is not None), default=None)


def span_of(suspension: CaseSuspension) -> ExcludedSpan:
    """The instants of a suspension; a date names its whole day."""
    return ExcludedSpan(_begin(suspension.started), None if suspension.ended is None else _end(suspension.ended))


def _begin(moment: Moment) -> float:
    return midnight(date.fromisoformat(moment)) if isinstance(moment, str) else moment


def _end(moment: Moment) -> float:
    return midnight(date.fromisoformat(moment) + ONE_DAY) if isinstance(moment, str) else moment


def _spans(suspensions: tuple[CaseSuspension, ...], flags: list[str]) -> tuple[ExcludedSpan, ...]:
    spans = []
    for suspension in suspensions:
        if suspension.flaw:
            flags.append(suspension.flaw)
        elif suspension.excluded:
            spans.append(span_of(suspension))
    return tuple(spans)


def _extended(
    case: FoldedCase,
    item: ApprovalItem | None,
    calendar: WorkCalendar,
    promised: Term,
    spans: tuple[ExcludedSpan, ...],
    flags: list[str],
) -> int:
    """The days of valid extensions: signed, with a notice, decided before the limit that then held, few enough."""
    most = JOINT_EXTENSION if case.kind == "joint" else (item or DEFAULT_ITEM).extension_days
    if case.kind == "disclosure":
        most = 20
    days = 0
    for extension in sorted(case.extensions, key=lambda extension: extension.decided or 0.0):
        held = deadline(calendar, Term(start=promised.start, n=promised.n + days, unit=promised.unit, pauses=spans))
        if extension_is_valid(extension, held) and days + extension.days <= most:
            days += extension.days
        else:
            flags.append(words.BAD_EXTENSION)
    if days:
        flags.append(words.EXTENDED)
    return days


def extension_is_valid(extension: CaseExtension, held: Deadline) -> bool:
    """True when an extension adds its days. `held` is the limit in force when it was decided."""
    if not (extension.approver and extension.notice and extension.decided is not None and 0 < extension.days <= 60):
        return False
    return held.limit_at is None or extension.decided < held.limit_at


def used_margin(item: ApprovalItem | None) -> Margin:
    """The margin of an item's light."""
    return (item or DEFAULT_ITEM).margin


def day_of(at: float | None) -> int | None:
    """The local date of an instant as an ordinal, for the store."""
    return None if at is None else local_date(at).toordinal()
