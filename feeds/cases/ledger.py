"""Application of facts to the store: group by case, fold, assess, and write row, events and sums.

Applying facts twice changes nothing, so a batch may be repeated after a kill.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from feeds.cases.assess import Assessor, CaseRow
from feeds.cases.contributions import Sums, difference
from feeds.cases.facts import CaseFact, Effect, FactSet, Identity
from feeds.cases.fold import fold_facts
from feeds.cases.model import FoldedCase
from feeds.cases.store import CaseEvent, CaseStore, CaseWrite
from feeds.mapping.expressions import identifier
from feeds.workdays import office
from feeds.workdays.calendar import Unpublished
from feeds.workdays.clock import Light
from feeds.workdays.local_time import local_date

CORRECTED = ("item", "department", "region", "kind", "started_at", "ended_at", "due_day", "n", "result", "in_time")
"""Columns whose change is an event "corrected", with the old and the new value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedCase:
    """One case that facts have changed: its former row, if any, its new row and its new fold."""

    before: CaseRow | None
    after: CaseRow
    case: FoldedCase


@dataclass(slots=True, kw_only=True)
class ApplySummary:
    """Counts of one batch of facts by effect."""

    facts: int = 0
    changed: int = 0
    repeated: int = 0
    stale: int = 0
    same_stamp: int = 0


class CaseLedger:
    """Applies facts to a store. One writer at a time: it counts ids and change numbers itself."""

    def __init__(self, store: CaseStore, assessor: Assessor) -> None:
        self.store, self.assessor = store, assessor
        self.last_id = self.last_seq = 0
        self.summary = ApplySummary()

    async def open(self) -> None:
        """Read the counters."""
        self.last_id, self.last_seq = await self.store.last_numbers()

    def identity(self, fact: CaseFact) -> Identity:
        """The case that a fact is about. Systems in the order of precedence share their numbers."""
        precedence = self.assessor.precedence
        system = precedence[0] if fact.system in precedence else fact.system
        return system, fact.number

    async def apply(self, facts: Iterable[CaseFact], now: float) -> list[AppliedCase]:
        """Apply facts in one transaction. Returns the cases that changed, in the order of their first fact."""
        grouped: dict[Identity, list[CaseFact]] = defaultdict(list)
        for fact in facts:
            grouped[self.identity(fact)].append(fact)
        stored = await self.store.find_all(list(grouped))
        writes: list[CaseWrite] = []
        applied: list[AppliedCase] = []
        change: Sums = {}
        summary = ApplySummary(facts=sum(map(len, grouped.values())))
        seq = self.last_seq
        for identity, group in grouped.items():
            before, facts_of = stored.get(identity, (None, FactSet()))
            added = [(fact, facts_of.add(_bare(fact))) for fact in group]
            self._count(summary, [effect for _, effect in added])
            used = [fact for fact, effect in added if effect in ("new", "replaced", "same_stamp")]
            if not used:
                continue
            seq += 1
            write, case = self._write(identity, before, facts_of, used, now, seq)
            writes.append(write)
            applied.append(AppliedCase(before=before, after=write.after, case=case))
            difference(before, write.after, change)
        if writes:
            await self.store.write(writes, change, local_date(now).toordinal())
        self.last_seq, self.summary = seq, summary
        return applied

    async def recount(self, rows: Sequence[CaseRow], facts: Mapping[int, FactSet], now: float) -> list[CaseRow]:
        """Assess cases again, after a change of calendars or items. Returns the rows that differ."""
        writes: list[CaseWrite] = []
        change: Sums = {}
        seq = self.last_seq
        for before in rows:
            fact_set = facts[before.id]
            case = fold_facts(before.system, before.number, fact_set, self.assessor.precedence)
            after = msgspec.structs.replace(self.assessor.row(case, now), id=before.id, seq=before.seq)
            if after == before:
                continue
            seq += 1
            after.seq = seq
            events = [msgspec.structs.replace(event, cause="calendar") for event in events_of(before, after, now)]
            writes.append(CaseWrite(before=before, after=after, facts=fact_set, events=events))
            difference(before, after, change)
        if writes:
            await self.store.write(writes, change, local_date(now).toordinal())
        self.last_seq = seq
        return [write.after for write in writes]

    def _write(
        self, identity: Identity, before: CaseRow | None, facts: FactSet, used: Sequence[CaseFact], now: float, seq: int
    ) -> tuple[CaseWrite, FoldedCase]:
        case = fold_facts(*identity, facts, self.assessor.precedence)
        after = self.assessor.row(case, now)
        after.seq = seq
        if before is None:
            self.last_id += 1
            after.id = self.last_id
        else:
            after.id = before.id
        write = CaseWrite(
            before=before,
            after=after,
            facts=facts,
            aliases={kind: identifier(value) for kind, value in case.aliases.items() if identifier(value)},
            persons={"/".join(fact.slot): (fact.sealed, fact.macs) for fact in used if fact.sealed},
            steps=visits(case, self.assessor) if case.steps else None,
            events=events_of(before, after, now),
        )
        return write, case

    @staticmethod
    def _count(summary: ApplySummary, effects: Sequence[Effect]) -> None:
        tally = Counter(effects)
        summary.changed += tally["new"] + tally["replaced"] + tally["same_stamp"]
        summary.repeated += tally["repeated"]
        summary.stale += tally["stale"]
        summary.same_stamp += tally["same_stamp"]


def _bare(fact: CaseFact) -> CaseFact:
    """The fact without its personal values, which are kept apart."""
    return msgspec.structs.replace(fact, sealed=b"", macs={}) if fact.sealed or fact.macs else fact


def events_of(before: CaseRow | None, after: CaseRow, now: float) -> list[CaseEvent]:
    """The events of a change by facts: light, corrections, and changes of state."""
    events: list[CaseEvent] = []

    def tell(name: str, at: float, body: Mapping[str, Any]) -> None:
        events.append(CaseEvent(case_id=after.id, at=at, seen=now, name=name, cause="fact", body=dict(body)))

    was = before.light if before is not None else ""
    if after.light != was and (after.light in (Light.YELLOW, Light.RED, Light.GREY) or before is not None):
        at = {Light.YELLOW: after.warn_at, Light.RED: after.limit_at}.get(Light(after.light)) if after.light else None
        tell("light", min(at, now) if at is not None else now, {"from": was, "to": after.light})
    if before is None:
        return events
    changed = {
        name: [getattr(before, name), getattr(after, name)]
        for name in CORRECTED
        if getattr(before, name) is not None
        and getattr(before, name) != ""
        and getattr(before, name) != getattr(after, name)
    }
    if changed:
        tell("corrected", now, changed)
    if after.state != before.state:
        tell("state", now, {"from": before.state, "to": after.state})
    return events


def visits(case: FoldedCase, assessor: Assessor) -> list[dict[str, Any]]:
    """The ended visits of steps, for the figures. A visit whose end is unknown has no minutes."""
    calendar, hours = assessor.calendar(case.region), assessor.hours
    rows = []
    for step in case.steps:
        ended = step.started if step.end_unknown and step is not case.steps[-1] else step.ended
        if step.started is None or ended is None:
            continue
        minutes, over = None, False
        if not step.end_unknown:
            with suppress(Unpublished):
                minutes = round(office.minutes_between(calendar, step.started, ended, hours))
                days = calendar.between(local_date(step.started), local_date(ended))
                over = step.limit is not None and days > step.limit
        rows.append(
            {
                "seq": step.seq,
                "item": case.item,
                "department": case.department,
                "name": step.five or step.name,
                "owner": step.owner,
                "ended_day": local_date(ended).toordinal(),
                "minutes": minutes,
                "over": over,
            }
        )
    return rows
