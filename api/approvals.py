"""Access of the API to the store of cases, and the records that its routes answer with."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec

from feeds import wire
from feeds.cases import masking
from feeds.cases.assess import Assessor, CaseRow
from feeds.cases.facts import FactSet
from feeds.cases.fold import fold_facts
from feeds.cases.limits import case_limit
from feeds.cases.reader import CaseReader
from feeds.cases.sealing import SealBroken, Sealer
from feeds.workdays.calendar import Unpublished
from feeds.workdays.clock import deadline, resumed, standing
from feeds.workdays.local_time import local_date
from feeds.workdays.sheet import sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsAccess:
    """The store, calendars and sealer. `unmask` and `supervise` name the accounts with that right; no role has it."""

    reader: CaseReader
    assessor: Callable[[], Assessor]
    sealer: Sealer
    unmask: Callable[[], frozenset[str]] = frozenset
    supervise: Callable[[], frozenset[str]] = frozenset
    looks: dict[str, deque[float]] = field(default_factory=dict)

    def rights_of(self, name: str) -> Iterator[str]:
        """The rights that the settings give to an account: supervise, unmask."""
        if name in self.supervise():
            yield "supervise"
        if name in self.unmask():
            yield "unmask"

    def namer(self, dimension: str) -> Callable[[str], str]:
        """The names of a dimension's keys: of departments and items those of the catalogue, "" of others."""
        catalogue = self.assessor().catalogue
        if dimension == "department":
            return lambda key: catalogue.departments.get(key, key)
        if dimension == "item":
            return lambda key: item.name if (item := catalogue.of(key, None)) is not None else key
        return lambda key: ""

    def looked(self, name: str, at: float) -> int:
        """Count a look at personal values. Returns the person's looks within the last day."""
        looks = self.looks.setdefault(name, deque())
        while looks and looks[0] < at - 86_400:
            looks.popleft()
        looks.append(at)
        return len(looks)

    async def person(self, key: int) -> dict[str, str]:
        """The personal values of a case, by name. Values sealed with another key are left out."""
        values: dict[str, str] = {}
        for _, sealed in sorted((await self.reader.sealed(key)).items()):
            try:
                values |= self.sealer.open(sealed)
            except SealBroken:
                continue
        return values


def row_record(row: CaseRow, assessor: Assessor, now: float) -> dict[str, Any]:
    """A case in a list, with the names of item and department, and the days left at `now`."""
    item = assessor.catalogue.of(row.item, None)
    return {
        "id": f"{row.system}:{row.number}",
        "key": row.id,
        "system": row.system,
        "number": row.number,
        "item": row.item,
        "item_name": item.name if item is not None else "",
        "kind": row.kind,
        "department": row.department,
        "department_name": assessor.catalogue.departments.get(row.department, row.department),
        "region": row.region,
        "state": row.state,
        "result": row.result,
        "light": row.light,
        "step": row.step,
        "flags": row.flags.split(),
        "parent": row.parent,
        "n": row.n,
        "unit": row.unit,
        "left": left_of(row, assessor, now),
        "due": _day(row.due_day),
        "limit_at": wire.iso(row.limit_at),
        "started_at": wire.iso(row.started_at),
        "ended_at": wire.iso(row.ended_at),
        "in_time": row.in_time,
        "used": row.used,
        "changed_at": wire.iso(row.changed_at),
    }


def left_of(row: CaseRow, assessor: Assessor, now: float) -> int | None:
    """Counted days left at `now`, below 0 when overdue. A stopped count keeps its value. None: not known."""
    if row.left is not None or row.state not in ("open", "applied"):
        return row.left
    if row.due_day is None or row.unit == "office_minutes":
        return None
    calendar, due, today = assessor.calendar(row.region), date.fromordinal(row.due_day), local_date(now)
    try:
        return calendar.between(today, due) if today <= due else -calendar.between(due, today)
    except Unpublished:
        return None


def detail_record(row: CaseRow, facts: FactSet, assessor: Assessor, now: float) -> dict[str, Any]:
    """A case without personal values: its fields, steps and other rows, and its clock day by day."""
    case = fold_facts(row.system, row.number, facts, assessor.precedence)
    parts = {
        name: [_public(part) for part in getattr(case, name)]
        for name in ("steps", "suspensions", "extensions", "supplements", "fees", "reviews")
    }
    times = ("applied", "accepted", "handed_over", "decided", "submitted_up", "delivered")
    return (
        row_record(row, assessor, now)
        | parts
        | {name: wire.iso(getattr(case, name)) for name in times}
        | {
            "channel": case.channel,
            "systems": list(case.systems),
            "aliases": dict(case.aliases),
            "due_source": case.due_source,
            "disagreements": {
                name: {system: wire.iso(at) for system, at in values.items()} for name, values in case.values.items()
            },
            "clock": _clock(case, row, assessor, now),
        }
    )


def _clock(case: Any, row: CaseRow, assessor: Assessor, now: float) -> dict[str, Any] | None:
    calendar = assessor.calendar(case.region)
    start = case.accepted if case.accepted is not None else case.applied
    item = assessor.catalogue.of(case.item, None if start is None else local_date(start))
    limit = case_limit(case, item, calendar, now, assessor.hours)
    if limit.term is None:
        return None
    term, until = limit.term, min(limit.stops_at or now, now)
    end = deadline(calendar, term)
    stands = standing(calendar, term, end, until)
    today = local_date(until)
    if_resumed = deadline(calendar, resumed(term, today)).due if end.paused else None
    days = sheet(calendar, term, end, until)
    return {
        "day0": term.day0.isoformat(),
        "n": term.n,
        "promised": limit.promised_term.n if limit.promised_term is not None else None,
        "extended_by": limit.extended_by,
        "unit": term.unit.value,
        "due": None if end.due is None else end.due.isoformat(),
        "limit_at": wire.iso(end.limit_at),
        "yellow_at": wire.iso(end.warn_at),
        "paused": end.paused,
        "if_resumed_today": None if if_resumed is None else if_resumed.isoformat(),
        "unpublished": end.unpublished,
        "left": stands.left,
        "left_most": stands.left_most,
        "overdue": stands.overdue,
        "days": [msgspec.to_builtins(day) for day in days],
    }


def _public(part: Any) -> dict[str, Any]:
    """A part of a case with its instants as RFC 3339; whole days stay dates."""
    shown = msgspec.to_builtins(part)
    for name in ("started", "ended", "decided", "notified", "received", "paid", "at", "settled", "told_at"):
        if isinstance(shown.get(name), float | int):
            shown[name] = wire.iso(float(shown[name]))
    return dict(shown)


def masked_person(values: Mapping[str, str], *, public: bool) -> dict[str, Any]:
    """The applicant without personal values: masked name, and whether id and phone are on record.

    `public` masks company names too.
    """
    name = values.get("name", "")
    return {
        "name": masking.masked_name(name, public=public),
        "company": masking.is_company(name),
        "has_id": bool(values.get("id")),
        "has_phone": bool(values.get("phone")),
        "masked": True,
    }


def _day(ordinal: int | None) -> str | None:
    return None if ordinal is None else date.fromordinal(ordinal).isoformat()
